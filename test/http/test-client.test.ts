/** The test client that an embedding API is given: through the real endpoint and the hooks around it, without a port. */
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import handwire, {
  type EndpointOptions,
  type Mcp,
  ProtocolError,
  type TestClient,
  type TestOptions,
  ToolError
} from '../../src/http/index.ts'
import { gate, until } from '../support/gate.ts'

interface Api {
  app: FastifyInstance
  mcp: Mcp
  open(options?: TestOptions): Promise<TestClient>
}

interface ApiOptions {
  plugin?: Partial<EndpointOptions>
  fastify?: FastifyServerOptions
  /** Before the plugin is registered. */
  before?: (app: FastifyInstance) => unknown
}

/** An API with the plugin in it, closed when the test ends; its clients are left open, so that every test closes over them. */
async function api(offer: (mcp: Mcp) => unknown, options: ApiOptions = {}): Promise<Api> {
  const app = Fastify(options.fastify ?? {})
  onTestFinished(() => app.close())
  options.before?.(app)
  await app.register(handwire, { name: 'test', version: '0', ...options.plugin })
  offer(app.mcp)
  return { app, mcp: app.mcp, open: (given) => app.mcp.test(given) }
}

const Text = Type.Object({ text: Type.String() })
const Sum = { input: Type.Object({ a: Type.Number(), b: Type.Number() }), output: Type.Object({ sum: Type.Number() }) }

describe('calls', () => {
  test('a call gives the whole result', async () => {
    const { open } = await api((mcp) => mcp.tool('add', Sum, ({ a, b }) => ({ sum: a + b })))
    const client = await open()
    expect(await client.call('add', { a: 2, b: 3 })).toEqual({
      content: [{ type: 'text', text: '{"sum":5}' }],
      structuredContent: { sum: 5 }
    })
  })

  test('text and data give what a test wants of a result', async () => {
    const { open } = await api((mcp) => {
      mcp.tool('echo', { input: Text }, ({ text }) => text)
      mcp.tool('add', Sum, ({ a, b }) => ({ sum: a + b }))
    })
    const client = await open()
    expect(await client.text('echo', { text: 'hi' })).toBe('hi')
    expect((await client.data<{ sum: number }>('add', { a: 2, b: 3 })).sum).toBe(5)
    await expect(client.data('echo', { text: 'hi' })).rejects.toThrow('echo gave no structuredContent, but: hi')
  })

  test('a failed tool is a result for call, and thrown by text and data', async () => {
    const { open } = await api((mcp) =>
      mcp.tool('no', {}, () => {
        throw new ToolError('The user said no.')
      })
    )
    const client = await open()
    expect(await client.call('no')).toMatchObject({ isError: true, content: [{ text: 'The user said no.' }] })
    await expect(client.text('no')).rejects.toThrow(new ToolError('The user said no.'))
    await expect(client.data('no')).rejects.toThrow(ToolError)
  })

  test('a handler that throws is masked, and its result names the request to look for', async () => {
    const { open } = await api((mcp) =>
      mcp.tool('broken', {}, () => {
        throw new Error('password is hunter2')
      })
    )
    const client = await open()
    const { content, isError } = await client.call('broken')
    expect(isError).toBe(true)
    expect(JSON.stringify(content)).toMatch(/under request 2/)
    expect(client.transcript.toString()).not.toContain('hunter2')
  })

  test('a JSON-RPC error is thrown with its code, message and data', async () => {
    const { open } = await api((mcp) => mcp.tool('echo', { input: Text }, ({ text }) => text), {
      plugin: { teach: true }
    })
    const client = await open()
    await expect(client.call('echo', { text: 1 })).rejects.toMatchObject({
      name: 'TestError',
      code: -32602,
      message: 'Invalid arguments: /text must be string',
      data: { requirement: 'TOOLS-35' },
      status: 200
    })
  })

  test('progress comes in order to who asked for it, and is a notification like others', async () => {
    const { open } = await api((mcp) =>
      mcp.tool('steps', {}, async function* () {
        yield { progress: 1, total: 2, message: 'half' }
        yield { progress: 2, total: 2 }
        return 'done'
      })
    )
    const client = await open()
    const steps: number[] = []
    expect(await client.text('steps', {}, { onProgress: ({ progress }) => steps.push(progress) })).toBe('done')
    expect(steps).toEqual([1, 2])
    expect((await client.next('notifications/progress')).params.message).toBe('half')
    expect(await client.text('steps')).toBe('done')
    expect(client.notifications).toHaveLength(2)
  })

  test('what a progress listener throws is what the call rejects with', async () => {
    const { open } = await api((mcp) =>
      mcp.tool('steps', {}, async function* () {
        yield { progress: 1 }
        return 'done'
      })
    )
    const client = await open()
    const onProgress = (): never => {
      throw new Error('not what the test expected')
    }
    await expect(client.call('steps', {}, { onProgress })).rejects.toThrow('not what the test expected')
  })

  test('a signal cancels the call: the handler is told, and the call rejects with the reason', async () => {
    const started = gate()
    const stopped = gate<unknown>()
    const { open } = await api((mcp) =>
      mcp.tool('long', {}, async (_, { signal }) => {
        signal.addEventListener('abort', () => stopped.open(signal.reason))
        started.open()
        await stopped.passed
      })
    )
    const client = await open()
    const cancel = new AbortController()
    const call = client.call('long', {}, { signal: cancel.signal })
    await started.passed
    cancel.abort(new Error('never mind'))
    await expect(call).rejects.toThrow('never mind')
    expect(await stopped.passed).toEqual(new Error('never mind'))
    await expect(client.call('long', {}, { signal: cancel.signal })).rejects.toThrow('never mind')
  })

  test('a call that is answered before it is cancelled is answered', async () => {
    const { open } = await api((mcp) => mcp.tool('echo', { input: Text }, ({ text }) => text))
    const client = await open()
    const cancel = new AbortController()
    expect(await client.text('echo', { text: 'hi' }, { signal: cancel.signal })).toBe('hi')
    cancel.abort()
    await client.ping()
    expect(client.transcript.toString()).not.toContain('cancelled')
  })
})

describe('everything else that a server offers', () => {
  test('lists are read over all their pages', async () => {
    const { open } = await api(
      (mcp) => {
        for (const name of ['a', 'b', 'c', 'd', 'e']) {
          mcp.tool(name, {}, () => name)
          mcp.prompt(name, {}, () => name)
          mcp.resource(`x://${name}`, {}, () => name)
          mcp.resource(`x://{v}/${name}`, {}, () => name)
        }
      },
      { plugin: { limits: { pageSize: 2 } } }
    )
    const client = await open()
    expect((await client.list('tools')).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect((await client.list('prompts')).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect((await client.list('resources')).map(({ uri }) => uri)).toContain('x://e')
    expect((await client.list('resourceTemplates')).map(({ uriTemplate }) => uriTemplate)).toContain('x://{v}/e')
  })

  test('resources are read, whole and in pieces, and a missing one is -32002', async () => {
    const { open } = await api((mcp) => {
      mcp.resource('x://text', { mimeType: 'text/plain' }, () => 'whole')
      mcp.resource('x://{day}/log', {}, async function* ({ day }) {
        yield day
        yield ' in pieces'
      })
    })
    const client = await open()
    expect((await client.read('x://text')).contents).toEqual([
      { uri: 'x://text', mimeType: 'text/plain', text: 'whole' }
    ])
    expect((await client.read('x://monday/log')).contents).toEqual([
      { uri: 'x://monday/log', text: 'monday in pieces' }
    ])
    await expect(client.read('x://nope')).rejects.toMatchObject({ code: -32002, data: { uri: 'x://nope' } })
  })

  test('a resource in pieces that was read to its end counts as sent', async () => {
    const frames: (string | null)[] = []
    const { open } = await api(
      (mcp) =>
        mcp.resource('x://log', {}, async function* () {
          yield 'in pieces'
        }),
      { plugin: { onFrame: ({ frame }) => frames.push(frame) } }
    )
    const client = await open()
    await client.read('x://log')
    await until(() => frames.length, 5)
    expect(frames.slice(-1)).toEqual([null])
  })

  test('prompts are filled in, and their arguments completed in the light of the others', async () => {
    const { open } = await api((mcp) =>
      mcp.prompt(
        'greet',
        {
          arguments: Type.Object({ language: Type.String(), name: Type.String() }),
          complete: { name: (value, context) => [`${value}-${context.arguments['language']}`] }
        },
        ({ language, name }) => `${language}: ${name}`
      )
    )
    const client = await open()
    expect((await client.prompt('greet', { language: 'de', name: 'Ada' })).messages).toMatchObject([
      { content: { text: 'de: Ada' } }
    ])
    const ref = { type: 'ref/prompt', name: 'greet' } as const
    expect((await client.complete(ref, { name: 'name', value: 'A' }, { language: 'de' })).values).toEqual(['A-de'])
    expect(await client.complete(ref, { name: 'language', value: '' })).toMatchObject({ values: [] })
  })

  test('a change of a resource is told to who subscribed, until it unsubscribes', async () => {
    const { mcp, open } = await api((offered) => {
      offered.resource('x://{name}', {}, ({ name }) => name)
    })
    const client = await open()
    await client.subscribe('x://a')
    await client.subscribe('x://b')
    mcp.updated('x://a')
    expect((await client.next('notifications/resources/updated')).params.uri).toBe('x://a')
    await client.unsubscribe('x://a')
    mcp.updated('x://a')
    mcp.updated('x://b')
    expect((await client.next('notifications/resources/updated')).params.uri).toBe('x://b')
  })

  test('log messages come from the level on that was set', async () => {
    const { open } = await api((mcp) =>
      mcp.tool('log', {}, (_, { message }) => {
        message('info', 'small')
        message('error', { large: true }, 'disk')
      })
    )
    const client = await open()
    await client.setLevel('warning')
    await client.call('log')
    expect(client.logs).toEqual([{ level: 'error', logger: 'disk', data: { large: true } }])
  })

  test('the handshake is there to look at', async () => {
    const { open } = await api((mcp) => mcp.tool('t', {}, () => ''), { plugin: { instructions: 'Be brief.' } })
    const client = await open({ revision: '2024-11-05' })
    expect(client.server).toEqual({
      protocolVersion: '2025-06-18',
      capabilities: { logging: {}, tools: { listChanged: true } },
      serverInfo: { name: 'test', version: '0' },
      instructions: 'Be brief.'
    })
    expect(client.transcript.frames[0]?.message?.params).toMatchObject({ protocolVersion: '2024-11-05' })
  })

  test('any request and any notification may be sent', async () => {
    const { open } = await api((mcp) => mcp.tool('t', { description: 'one' }, () => ''))
    const client = await open()
    await client.ping()
    expect(await client.request('tools/list', {})).toMatchObject({ tools: [{ description: 'one' }] })
    await expect(client.request('no/such')).rejects.toMatchObject({ code: -32601 })
    await client.notify('notifications/roots/list_changed')
    expect(client.transcript.frames.at(-1)?.message?.method).toBe('notifications/roots/list_changed')
  })
})

describe('questions', () => {
  const asking = (mcp: Mcp): void => {
    mcp.tool('elicit', {}, async (_, { elicit }) => {
      const answer = await elicit('Sure?', Type.Object({ sure: Type.Boolean() }))
      return answer.action === 'accept' ? `sure: ${answer.content.sure}` : answer.action
    })
    mcp.tool('sample', {}, async (_, { sample }) => {
      const message = { role: 'user', content: { type: 'text', text: 'Capital of France?' } } as const
      const { content, model } = await sample({ messages: [message], maxTokens: 10 })
      return content.type === 'text' ? `${content.text} by ${model}` : content.type
    })
    mcp.tool('roots', {}, async (_, { roots }) => (await roots()).map(({ uri }) => uri).join())
    mcp.tool('ping', {}, async (_, { ping }) => {
      await ping()
      return 'there'
    })
  }

  test('an elicitation is accepted, declined and cancelled', async () => {
    const { open } = await api(asking)
    const accepting = await open({ elicit: { action: 'accept', content: { sure: true } } })
    expect(await accepting.text('elicit')).toBe('sure: true')
    expect(await (await open({ elicit: { action: 'decline' } })).text('elicit')).toBe('decline')
    expect(await (await open({ elicit: { action: 'cancel' } })).text('elicit')).toBe('cancel')
  })

  test('a function answers in the light of the question', async () => {
    const { open } = await api(asking)
    const asked: unknown[] = []
    const client = await open({
      elicit: async ({ message, requestedSchema }) => {
        asked.push(message, Object.keys(requestedSchema.properties))
        return { action: 'accept', content: { sure: false } }
      }
    })
    expect(await client.text('elicit')).toBe('sure: false')
    expect(asked).toEqual(['Sure?', ['sure']])
  })

  test('a sampling is answered with a message or its text, and refused', async () => {
    const { open } = await api(asking)
    expect(await (await open({ sample: 'Paris' })).text('sample')).toBe('Paris by test')
    const message = { role: 'assistant', content: { type: 'text', text: 'Paris' }, model: 'big' } as const
    expect(await (await open({ sample: () => message })).text('sample')).toBe('Paris by big')
    const refusing = await open({
      sample: () => {
        throw new Error('User rejected sampling request')
      }
    })
    await expect(refusing.text('sample')).rejects.toThrow('Sampling failed: User rejected sampling request')
    expect(refusing.transcript.frames.find(({ message }) => message?.error)?.message?.error?.code).toBe(-1)
  })

  test('roots and pings are answered', async () => {
    const { open } = await api(asking)
    const client = await open({ roots: [{ uri: 'file:///home' }, { uri: 'file:///tmp' }] })
    expect(await client.text('roots')).toBe('file:///home,file:///tmp')
    expect(await client.text('ping')).toBe('there')
  })

  test('capabilities follow from the answerers, and others may be declared beside', async () => {
    const { open } = await api(asking)
    const declared = async (options: TestOptions): Promise<unknown> =>
      (await open(options)).transcript.frames[0]?.message?.params?.['capabilities']
    expect(await declared({})).toEqual({})
    expect(await declared({ elicit: { action: 'cancel' }, sample: '', roots: [] })).toEqual({
      elicitation: {},
      sampling: {},
      roots: { listChanged: true }
    })
    expect(await declared({ capabilities: { experimental: { x: {} } } })).toEqual({ experimental: { x: {} } })
  })

  test('what nobody answers is unsupported, or refused where it was declared all the same', async () => {
    const { open } = await api(asking)
    await expect((await open()).text('elicit')).rejects.toThrow('Client does not support elicitation')
    const client = await open({ capabilities: { elicitation: {} } })
    await expect(client.text('elicit')).rejects.toThrow('Elicitation failed: Method not found: elicitation/create')
  })
})

describe('notifications', () => {
  test('a changed list is told, and awaited whether it came before or after', async () => {
    const { mcp, open } = await api((offered) => offered.tool('t', {}, () => ''))
    const client = await open()
    const waiting = client.next('notifications/tools/list_changed')
    mcp.removeTool('t')
    await waiting
    mcp.tool('u', {}, () => '')
    await until(() => client.notifications.length, 2)
    await client.next('notifications/tools/list_changed')
  })

  test('next gives out each notification once, and a predicate chooses', async () => {
    const { open } = await api((mcp) =>
      mcp.tool('log', {}, (_, { message }) => {
        for (const data of ['a', 'b', 'c']) message('info', data)
      })
    )
    const client = await open()
    await client.call('log')
    const isB = await client.next(({ params }) => (params as { data?: unknown }).data === 'b')
    expect(isB.params).toMatchObject({ data: 'b' })
    expect((await client.next('notifications/message')).params.data).toBe('a')
    expect((await client.next('notifications/message')).params.data).toBe('c')
  })

  test('next gives up in words', async () => {
    const { open } = await api((mcp) => mcp.tool('log', {}, (_, { message }) => message('info', 'a')))
    const client = await open({ timeoutMs: 1 })
    await client.call('log')
    await expect(client.next('notifications/prompts/list_changed')).rejects.toThrow(
      'notifications/prompts/list_changed did not come within 1 ms; not yet given out: notifications/message'
    )
    await client.next('notifications/message')
    await expect(client.next(() => true)).rejects.toThrow('a notification that fits did not come within 1 ms')
  })
})

describe('which endpoint it is', () => {
  const two = async (): Promise<{ app: FastifyInstance; scopes: FastifyInstance[] }> => {
    const app = Fastify()
    onTestFinished(() => app.close())
    await app.register(handwire, {})
    const scopes: FastifyInstance[] = []
    for (const version of ['1', '2'])
      app.register(
        async (scope) => {
          scope.mcp.serve({ name: 'test', version })
          scopes.push(scope)
        },
        { prefix: `/mcp/v${version}` }
      )
    await app.ready()
    return { app, scopes }
  }

  test('the one of the scope', async () => {
    const { scopes } = await two()
    const clients = await Promise.all(scopes.map((scope) => scope.mcp.test()))
    expect(clients.map(({ server }) => server.serverInfo.version)).toEqual(['1', '2'])
    expect(scopes.map(({ mcp }) => mcp.url)).toEqual(['/mcp/v1', '/mcp/v2'])
  })

  test('the one at a path, where the scope has none', async () => {
    const { app } = await two()
    expect((await app.mcp.test({ path: '/mcp/v2' })).server.serverInfo.version).toBe('2')
    await expect(app.mcp.test()).rejects.toThrow('no MCP endpoint is served in this scope')
  })

  test('below a prefix, an endpoint with a path of its own', async () => {
    const app = Fastify()
    onTestFinished(() => app.close())
    await app.register(
      async (scope) => {
        await scope.register(handwire, { name: 'test', version: '0', prefix: '/v1', path: '/tools' })
        expect(scope.mcp.url).toBe('/api/v1/tools')
      },
      { prefix: '/api' }
    )
    await app.ready()
  })
})

test('two clients have sessions of their own', async () => {
  const { mcp, open } = await api((offered) => {
    offered.resource('x://a', {}, () => 'a')
    offered.tool('count', {}, async (_, { session }) => {
      const count = Number(session.data['count'] ?? 0) + 1
      await session.update({ count })
      return String(count)
    })
  })
  const [one, two] = await Promise.all([open(), open()])
  expect(one.sessionId).not.toBe(two.sessionId)
  expect([await one.text('count'), await one.text('count'), await two.text('count')]).toEqual(['1', '2', '1'])
  await one.subscribe('x://a')
  mcp.updated('x://a')
  await one.next('notifications/resources/updated')
  await two.ping()
  expect(two.notifications).toEqual([])
})

describe('the API around the endpoint', () => {
  const guarded = (app: FastifyInstance): unknown =>
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers.authorization !== 'Bearer good')
        return reply.code(401).header('www-authenticate', 'Bearer realm="api"').send({ theirs: 'no key' })
    })

  test('its authorization lets in who has the header', async () => {
    const { open } = await api(
      (mcp) => mcp.tool('who', {}, (_, { request }) => String((request as { headers: object }).headers !== undefined)),
      { before: guarded }
    )
    const client = await open({ headers: { Authorization: 'Bearer good' } })
    expect(await client.text('who')).toBe('true')
  })

  test('its refusal is told in words', async () => {
    const { open } = await api((mcp) => mcp.tool('t', {}, () => ''), { before: guarded })
    await expect(open()).rejects.toMatchObject({
      name: 'TestError',
      status: 401,
      code: undefined,
      message:
        'initialize: POST /mcp was answered 401 Unauthorized (WWW-Authenticate: Bearer realm="api"): {"theirs":"no key"}'
    })
  })

  test('a refusal in the middle of a session is told in words, also when it is an answer that is refused', async () => {
    let closed = false
    const { open } = await api(
      (mcp) => mcp.tool('ask', {}, async (_, { elicit }) => (await elicit('?', Type.Object({}))).action),
      {
        plugin: { limits: { graceMs: 1 } },
        before: (app) =>
          app.addHook('preHandler', async (request, reply) => {
            const frame = JSON.parse(String(request.body ?? '{}'))
            if (closed && (frame.result !== undefined || frame.method === 'ping')) return reply.code(403).send('shut')
          })
      }
    )
    const client = await open({ elicit: { action: 'cancel' } })
    closed = true
    await expect(client.ping()).rejects.toThrow('ping: POST /mcp was answered 403 Forbidden: shut')
    await expect(client.call('ask')).rejects.toThrow(
      'the answer to elicitation/create: POST /mcp was answered 403 Forbidden: shut'
    )
  })

  test('an endpoint that is not there, or that another route answers for, is told in words', async () => {
    const { app } = await api(() => undefined, {
      before: (outer) => outer.post('/page', (_, reply) => reply.type('text/html').send('<p>hello</p>'))
    })
    await expect(app.mcp.test({ path: '/nowhere' })).rejects.toThrow('POST /nowhere was answered 404 Not Found')
    await expect(app.mcp.test({ path: '/page' })).rejects.toThrow(
      'initialize: POST /page was answered 200 OK, which is no answer to it: <p>hello</p>'
    )
  })

  test('an answer that breaks off is told in words', async () => {
    const { open } = await api((mcp) =>
      mcp.resource('a://b', {}, async function* () {
        yield 'x'
        throw new Error('half')
      })
    )
    const reading = (await open()).read('a://b')
    await expect(reading).rejects.toThrow('POST /mcp was answered 200, and the answer broke off')
    await expect(reading).rejects.toMatchObject({ name: 'TestError', status: 200 })
  })

  test('a refusal of the endpoint itself has its code too', async () => {
    const { open } = await api(() => undefined, { plugin: { limits: { sessions: 1 } } })
    await open()
    await expect(open()).rejects.toMatchObject({
      status: 503,
      code: -32000,
      message: 'initialize: POST /mcp was answered 503 Service Unavailable: Too many sessions are open'
    })
  })

  test('its log and its hooks see every exchange', async () => {
    const lines: string[] = []
    const seen: string[] = []
    const { open } = await api((mcp) => mcp.tool('log', {}, (_, { log }) => log.info({ mine: 1 }, 'from the tool')), {
      fastify: { logger: { level: 'info', stream: { write: (line: string) => void lines.push(line) } } },
      before: (app) =>
        app.addHook('onResponse', async ({ method }, { statusCode }) => void seen.push(`${method} ${statusCode}`))
    })
    const client = await open()
    await client.call('log')
    await client.close()
    await until(() => seen.length, 5)
    expect(seen.sort()).toEqual(['DELETE 204', 'GET 200', 'POST 200', 'POST 200', 'POST 202'])
    expect(lines.some((line) => line.includes('from the tool') && line.includes('"reqId"'))).toBe(true)
  })

  test('an API on HTTP/2 is tested like any other', async () => {
    const app = Fastify({ http2: true }) as unknown as FastifyInstance
    onTestFinished(() => app.close())
    await app.register(handwire, { name: 'test', version: '0' })
    app.mcp.tool('steps', {}, async function* () {
      yield { progress: 1 }
      return 'done'
    })
    const client = await app.mcp.test()
    expect(await client.text('steps', {}, { onProgress: () => undefined })).toBe('done')
    await client.close()
  })

  test('an endpoint whose path has parameters is reached where the test says', async () => {
    const { app } = await api(() => undefined, { plugin: { path: '/tenants/:tenant/mcp' } })
    app.mcp.tool('tenant', {}, (_, { request }) => (request as { params: { tenant: string } }).params.tenant)
    const client = await app.mcp.test({ path: '/tenants/acme/mcp' })
    expect(await client.text('tenant')).toBe('acme')
  })
})

describe('the wire', () => {
  test('the transcript has every frame both ways, and prints itself', async () => {
    const { open } = await api((mcp) =>
      mcp.tool('greet', { input: Text }, async ({ text }, { progress, elicit }) => {
        progress({ progress: 1 })
        await elicit('Sure?', Type.Object({ sure: Type.Boolean() }))
        return text
      })
    )
    const client = await open({ clientInfo: { name: 'c', version: '1' }, elicit: { action: 'decline' } })
    await client.call('greet', { text: 'hi' }, { onProgress: () => undefined })
    const ask = client.transcript.frames.find(({ message }) => message?.method === 'elicitation/create')?.message?.id
    expect(client.transcript.toString().replaceAll(String(ask), 'ask').split('\n')).toEqual([
      '#1 → {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}}',
      '#1 ← {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"logging":{},"tools":{"listChanged":true}},"serverInfo":{"name":"test","version":"0"}}}',
      '#2 → {"jsonrpc":"2.0","method":"notifications/initialized"}',
      '#4 → {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"greet","arguments":{"text":"hi"},"_meta":{"progressToken":2}}}',
      '#4 ← {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":1}}',
      '#4 ← {"jsonrpc":"2.0","id":"ask","method":"elicitation/create","params":{"message":"Sure?","requestedSchema":{"type":"object","required":["sure"],"properties":{"sure":{"type":"boolean"}}}}}',
      '#5 → {"jsonrpc":"2.0","id":"ask","result":{"action":"decline"}}',
      '#4 ← {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"hi"}]}}'
    ])
  })

  test('a malformed frame is sent as it is, and what comes back is given as it is', async () => {
    const { open } = await api((mcp) => mcp.tool('t', {}, () => ''))
    const client = await open()
    const { status, headers, text, message } = await client.raw('{"jsonrpc":"2.0",')
    expect(status).toBe(400)
    expect(headers['content-type']).toMatch('application/json')
    expect(message?.error?.code).toBe(-32700)
    expect(JSON.parse(text)).toEqual(message)
    expect(client.transcript.toString().split('\n').slice(-2)).toEqual(['#4 → {"jsonrpc":"2.0",', `#4 ← 400 ${text}`])
    await client.ping()
  })

  test('a raw frame may be an object, bytes or nothing, with other headers and another method', async () => {
    const { open } = await api((mcp) => mcp.tool('t', {}, () => 'ran'))
    const client = await open()
    const call = { jsonrpc: '2.0', id: null, method: 'tools/call', params: { name: 't' } }
    expect((await client.raw({ body: call })).message?.error?.message).toBe('A request id is never null')
    expect((await client.raw({ body: { ...call, id: 7 } })).message).toMatchObject({ id: 7, result: {} })
    expect((await client.raw({ body: new Uint8Array([0xff]) })).message?.error?.message).toContain('UTF-8')
    expect((await client.raw('')).message?.error?.code).toBe(-32700)
    expect((await client.raw({ body: call, headers: { 'Content-Type': 'text/plain' } })).status).toBe(415)
    expect((await client.raw({ body: { ...call, id: 8 }, headers: { 'mcp-session-id': null } })).status).toBe(400)
    expect((await client.raw({ method: 'PUT' })).status).toBe(405)
    const get = await client.raw({ method: 'GET' })
    expect([get.status, get.text, get.message]).toEqual([200, '', undefined])
  })

  test('a raw frame whose answer is a stream gives the text of the stream and its last message', async () => {
    const { open } = await api((mcp) => mcp.tool('log', {}, (_, { message }) => message('info', 'first')))
    const client = await open()
    const call = { jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'log' } }
    const { text, message } = await client.raw({ body: call })
    expect(text.match(/^data: /gm)).toHaveLength(2)
    expect(message).toMatchObject({ id: 9, result: { content: [] } })
    expect(client.logs).toHaveLength(1)
  })
})

describe('the end', () => {
  test('close deletes the session, ends what waits, and may be called again', async () => {
    const { mcp, open } = await api((offered) => offered.tool('t', {}, () => ''))
    const client = await open()
    const waiting = client.next('notifications/tools/list_changed')
    const over = expect(waiting).rejects.toThrow('this test client is closed')
    expect(mcp.host.load).toMatchObject({ sessions: 1 })
    await client.close()
    await client.close()
    await over
    expect(mcp.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
    await expect(client.ping()).rejects.toThrow('this test client is closed')
    await expect(client.next('notifications/tools/list_changed')).rejects.toThrow('closed')
  })

  test('a call that runs when the client closes is stopped', async () => {
    const started = gate<AbortSignal>()
    const { open } = await api((mcp) =>
      mcp.tool('long', {}, (_, { signal }) => {
        started.open(signal)
        return new Promise<never>(() => undefined)
      })
    )
    const client = await open()
    const stopped = expect(client.call('long')).rejects.toThrow('was answered 200 OK, which is no answer to it')
    const signal = await started.passed
    await client.close()
    await stopped
    expect(signal.aborted).toBe(true)
  })

  test('await using closes', async () => {
    const { mcp, open } = await api((offered) => offered.tool('t', {}, () => 'hi'))
    {
      await using client = await open()
      expect(await client.text('t')).toBe('hi')
    }
    expect(mcp.host.load.sessions).toBe(0)
  })

  test('an API closes with clients that are open and calls that run, and they may be closed after it', async () => {
    const started = gate()
    const { app, open } = await api(
      (mcp) =>
        mcp.tool('long', {}, () => {
          started.open()
          return new Promise<never>(() => undefined)
        }),
      { plugin: { limits: { graceMs: 1 } } }
    )
    const [calling, idle] = await Promise.all([open(), open()])
    const stopped = expect(calling.call('long')).rejects.toThrow('The server is closing')
    await started.passed
    await app.close()
    await stopped
    await calling.close()
    await idle[Symbol.asyncDispose]()
    await expect(open()).rejects.toThrow('closed')
  })

  test('a session that is over already is closed without complaint', async () => {
    const { open } = await api(() => undefined)
    const client = await open()
    expect((await client.raw({ method: 'DELETE' })).status).toBe(204)
    await client.close()
  })

  test('a refused close is told in words, lets go of streams and calls all the same, and leaves no fault in the log', async () => {
    const ended: string[] = []
    const lines: string[] = []
    const started = gate()
    const { open } = await api(
      (mcp) =>
        mcp.tool('long', {}, () => {
          started.open()
          return new Promise<never>(() => undefined)
        }),
      {
        plugin: { limits: { graceMs: 1 } },
        fastify: { logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } },
        before: (app) =>
          app.addHook('onRequest', async ({ method }, reply) => {
            reply.raw.once('close', () => ended.push(method))
            if (method === 'DELETE') return reply.code(403).send('stay')
          })
      }
    )
    const client = await open()
    const stopped = expect(client.call('long')).rejects.toThrow('this test client is closed')
    await started.passed
    await expect(client.close()).rejects.toThrow('close: DELETE /mcp was answered 403 Forbidden: stay')
    await stopped
    await until(() => ended.includes('GET'), true)
    expect(lines).toEqual([])
  })

  test('a handshake that fails half-way leaves no session behind', async () => {
    const { mcp, open } = await api(() => undefined, {
      before: (app) =>
        app.addHook('onRequest', async ({ method }, reply) => {
          if (method === 'GET') return reply.code(429).send('slowly')
        })
    })
    await expect(open()).rejects.toThrow('listening: GET /mcp was answered 429 Too Many Requests: slowly')
    expect(mcp.host.load.sessions).toBe(0)
  })
})

test('an error that a handler throws from the table reaches the test with its code', async () => {
  const { open } = await api((mcp) =>
    mcp.tool('gone', {}, () => {
      throw new ProtocolError('resourceNotFound', { data: { uri: 'x://gone' } })
    })
  )
  const client = await open()
  await expect(client.call('gone')).rejects.toMatchObject({ code: -32002, data: { uri: 'x://gone' } })
})
