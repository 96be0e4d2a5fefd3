/** A public server that leads the doctor into its network by the addresses of its name: what was judged is connected to. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { isPrivate } from '../../../src/conform/doctor/address.ts'
import type { Diagnosis } from '../../../src/conform/index.ts'
import { look } from './stand.ts'

const open = '93.184.216.34'
const inner = '10.255.255.1'

interface Visited {
  diagnosis: Diagnosis
  /** Addresses that were connected to, each once. */
  dialled: string[]
  /** What was asked of the place that the metadata sends clients to. */
  asked: string[]
}

/** The doctor at a server whose name has these addresses, by how often they were asked for. */
async function visit(addresses: (time: number) => string[]): Promise<Visited> {
  const asked: string[] = []
  const dialled = new Set<string>()
  let port = 0
  let times = 0
  const server = createServer(({ url = '', headers }, reply) => {
    const origin = `http://evil.example:${port}`
    if (headers.host?.startsWith('inner.example') === true) {
      asked.push(url)
      reply.writeHead(404).end()
    } else if (url.startsWith('/mcp')) {
      const place = `${origin}/.well-known/oauth-protected-resource/mcp`
      reply.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${place}"` }).end()
    } else {
      const document = { resource: `${origin}/mcp`, authorization_servers: [`http://inner.example:${port}`] }
      reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  port = (server.address() as AddressInfo).port
  const network = {
    resolve: async (name: string) => {
      if (name !== 'evil.example') return ['10.0.0.8']
      times += 1
      return addresses(times)
    },
    dial: (address: string) => {
      dialled.add(address)
      return '127.0.0.1'
    }
  }
  const diagnosis = await look(`http://evil.example:${port}/mcp`, { network })
  return { diagnosis, dialled: [...dialled], asked }
}

const ledInside = ({ findings }: Diagnosis): boolean =>
  findings.some(({ says }) => says === 'The authorization server is in a private network')

test.each([
  ['a public address', [open]],
  ['a public and a private address', [open, inner]],
  ['a private and a public address', [inner, open]]
])('a server with %s is public: it leads nowhere inside', async (_, addresses) => {
  const { diagnosis, dialled, asked } = await visit(() => addresses)
  expect(dialled).toEqual([open])
  expect(asked).toEqual([])
  expect(ledInside(diagnosis)).toBe(true)
})

test('a name that means a private address from the second time on is still the public one', async () => {
  const { diagnosis, dialled, asked } = await visit((time) => (time === 1 ? [open] : [inner]))
  expect(dialled).toEqual([open])
  expect(asked).toEqual([])
  expect(ledInside(diagnosis)).toBe(true)
})

test('a name that means a public address from the second time on is connected to where it was judged to be', async () => {
  const { dialled } = await visit((time) => (time === 1 ? [inner] : [open]))
  expect(dialled).toContain(inner)
  expect(dialled).not.toContain(open)
})

test.each(['::127.0.0.1', '::7f00:1', '64:ff9b:1::7f00:1', '100::1', '2001:0:7f00:1::', '2002:7f00:1::', 'fec0::1'])(
  '%s, which carries or is an address of a private network, is private',
  (address) => expect(isPrivate(address)).toBe(true)
)
