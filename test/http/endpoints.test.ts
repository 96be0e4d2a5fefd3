/** Several endpoints in one API, and the tools they share. */
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire, { DeclarationError, type HandwireOptions } from '../../src/http/index.ts'
import { LoopbackPeer } from '../support/loopback.ts'

const identity = { name: 'acme', version: '1' }

async function listen(app: FastifyInstance): Promise<string> {
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return address
}

const api = async (options: HandwireOptions): Promise<FastifyInstance> => {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(handwire, options)
  return app
}

async function toolNames(url: string): Promise<string[]> {
  const peer = await LoopbackPeer.open(url)
  const { result } = await (await peer.request('tools/list')).json()
  return result.tools.map(({ name }: { name: string }) => name)
}

test('endpoints under prefixes share tools that are a plain plugin, and have their own', async () => {
  const app = await api({})
  const shared = async (scope: FastifyInstance): Promise<void> => {
    scope.mcp.tool('shared', {}, () => 'both')
  }
  app.register(
    async (v1) => {
      v1.mcp.serve({ name: 'acme', version: '1.9.0' })
      v1.register(shared)
      v1.mcp.tool('old', {}, () => 'old')
    },
    { prefix: '/mcp/v1' }
  )
  app.register(
    async (v2) => {
      v2.mcp.serve({ name: 'acme', version: '2.0.0' })
      v2.register(shared)
    },
    { prefix: '/mcp/v2' }
  )
  const address = await listen(app)
  expect(await toolNames(`${address}/mcp/v1`)).toEqual(['old', 'shared'])
  expect(await toolNames(`${address}/mcp/v2`)).toEqual(['shared'])
  expect(await toolNames(`${address}/mcp/v2/`)).toEqual(['shared'])
})

test('a session of one endpoint is unknown to the other', async () => {
  const app = await api({})
  for (const path of ['/a', '/b'])
    app.register(async (scope) => {
      scope.mcp.serve({ ...identity, path })
      scope.mcp.tool('t', {}, () => path)
    })
  const address = await listen(app)
  const peer = await LoopbackPeer.open(`${address}/a`)
  const other = await fetch(`${address}/b`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': peer.session
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
  })
  expect(other.status).toBe(404)
})

test('what the plugin was given holds for every endpoint, and an endpoint may say otherwise', async () => {
  const app = await api({ teach: true, limits: { pageSize: 1, bodyBytes: 2000 } })
  app.register(async (scope) => scope.mcp.serve({ ...identity, path: '/a' }))
  app.register(async (scope) => scope.mcp.serve({ ...identity, path: '/b', teach: false, limits: { pageSize: 2 } }))
  const limits: object[] = []
  app.register(async (scope) => {
    scope.mcp.serve({ ...identity, path: '/c' })
    limits.push(scope.mcp.host.limits)
  })
  const address = await listen(app)
  const said = async (path: string): Promise<object> => {
    const peer = await LoopbackPeer.open(`${address}${path}`)
    return (await (await peer.request('no/such')).json()).error ?? {}
  }
  expect(await said('/a')).toHaveProperty('data')
  expect(await said('/b')).not.toHaveProperty('data')
  expect(limits).toMatchObject([{ pageSize: 1, bodyBytes: 2000 }])
})

test('a scope speaks of the nearest endpoint, and of the one around it where it has none', async () => {
  const app = await api(identity)
  app.mcp.tool('outer', {}, () => 'outer')
  app.register(async (inner) => {
    inner.mcp.tool('in-scope', {}, () => 'of the outer endpoint')
  })
  app.register(async (inner) => {
    inner.mcp.serve({ ...identity, path: '/inner' })
    inner.mcp.tool('inner', {}, () => 'inner')
  })
  const address = await listen(app)
  expect(await toolNames(`${address}/mcp`)).toEqual(['outer', 'in-scope'])
  expect(await toolNames(`${address}/inner`)).toEqual(['inner'])
})

test('what was taken before serve speaks of what is served after', async () => {
  const app = await api({})
  const { mcp } = app
  mcp.serve(identity)
  mcp.tool('late', {}, () => 'late')
  expect(await toolNames(`${await listen(app)}/mcp`)).toEqual(['late'])
})

test('a tool without an endpoint is refused with the mend', async () => {
  const app = await api({})
  onTestFinished(() => app.close())
  expect(() => app.mcp.tool('t', {}, () => '')).toThrow(DeclarationError)
  expect(() => app.mcp.tool('t', {}, () => '')).toThrow('call mcp.serve() first')
})

test('two endpoints in one scope are refused', async () => {
  const app = await api(identity)
  onTestFinished(() => app.close())
  expect(() => app.mcp.serve(identity)).toThrow('in a scope of its own')
})

test('closing the API ends the streams of every endpoint', async () => {
  const app = await api({})
  for (const path of ['/a', '/b']) app.register(async (scope) => scope.mcp.serve({ ...identity, path }))
  const address = await listen(app)
  const gets = await Promise.all(['/a', '/b'].map(async (path) => (await LoopbackPeer.open(`${address}${path}`)).get()))
  await app.close()
  await Promise.all(gets.map((get) => get.closed))
})
