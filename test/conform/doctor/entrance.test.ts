/** Servers that a client does not even get into: each is told from the others, and what to do about it is said. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createSecure } from 'node:https'
import { createServer as createTcp, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import handwire from '../../../src/http/index.ts'
import { handwire as runHandwire } from '../../support/command.ts'
import { type Break, head, instead, look, type StandOptions, stand, wrong } from './stand.ts'

const post = ({ method, url }: { method: string; url: string }): boolean => method === 'POST' && url === '/mcp'
const page = (title: string): string => `<!doctype html><html><title>${title}</title></html>`

/** The first message is answered with a status and a body. */
function answered(status: number, body: unknown, type = 'application/json'): StandOptions {
  return { open: true, server: instead(post, (reply) => reply.code(status).type(type).send(body)) }
}

test.each<[what: string, options: StandOptions, says: string, mend: RegExp]>([
  [
    'a Host that the server does not know',
    {
      open: true,
      server: (app) =>
        app.addHook('onRequest', async ({ raw }) => {
          raw.headers.host = 'mcp.example'
        })
    },
    'The server does not take its own name',
    /option `hosts`: \['127\.0\.0\.1:\d+'\]/
  ],
  [
    'a Host that another server does not know',
    answered(403, { jsonrpc: '2.0', error: { code: -32000, message: 'Invalid Host header' }, id: null }),
    'The server seems to refuse its own name',
    /DNS rebinding/
  ],
  [
    'a server that wants an Origin',
    answered(403, { error: 'Origin required' }),
    'The server refuses a client without Origin',
    /clients of MCP do not/
  ],
  ['a firewall', answered(403, { error: 'denied' }), 'A client without a token is forbidden to enter', /firewall/],
  [
    'a login wall',
    answered(403, page('Sign in'), 'text/html'),
    'A page for people came in place of an answer',
    /login wall/
  ],
  [
    'a website',
    answered(200, page('Acme'), 'text/html'),
    'A page for people came in place of an answer',
    /let the proxy pass it/
  ],
  [
    'a proxy without its server',
    answered(502, page('502 Bad Gateway'), 'text/html'),
    'A page for people came in place of an answer',
    /the proxy cannot reach the server/
  ],
  ['a gateway that gives up', answered(504, { error: 'timeout' }), 'The server failed', /cannot reach the server/],
  ['a server that fails', answered(500, { error: 'oops' }), 'The server failed', /look into its log/],
  ['an endpoint for GET alone', answered(405, { error: 'no' }), 'The endpoint takes no POST', /let POST through/],
  ['a strict Accept', answered(406, { error: 'no' }), 'The server does not accept what clients accept', /any order/],
  [
    'a strict media type',
    answered(415, { error: 'no' }),
    'The server does not take the media type of clients',
    /charset/
  ],
  [
    'an initialize that is refused',
    answered(400, { error: 'no' }),
    'The server refuses a correct initialize',
    /no session/
  ],
  ['too many requests', answered(429, { error: 'later' }), 'The server has had enough requests', /limits/],
  ['something else', answered(200, { hello: 'world' }), 'What came is no answer of MCP', /something else/],
  [
    'an error for initialize',
    answered(200, { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'too new' } }),
    'The server answers initialize with an error',
    /revision 2025-06-18/
  ],
  [
    'a stream without its answer',
    answered(200, ': wait\n\n', 'text/event-stream'),
    'The stream of the answer brought no answer',
    /proxy_buffering off/
  ]
])('%s is found', async (_, options, says, mend) => {
  const { url } = await stand(options)
  const diagnosis = await look(url)
  expect(wrong(diagnosis)).toEqual([`problem entrance/initialize: ${says}`])
  expect(diagnosis.first[0]).toMatch(mend)
  expect(diagnosis.conclusion).toBe('wrong')
})

test('a wrong path is found, and the right one near by', async () => {
  const { origin } = await stand({ open: true })
  const diagnosis = await look(`${origin}/sse`)
  expect(wrong(diagnosis)).toEqual(['problem entrance/initialize: There is no endpoint at this path'])
  expect(diagnosis.first).toEqual([`give clients ${origin}/mcp: MCP is spoken there`])
})

test('the transport of 2024-11-05 is told by its stream', async () => {
  const { origin } = await stand({
    open: true,
    server: (app) =>
      app.get('/sse', (_request, reply) =>
        reply.type('text/event-stream').send('event: endpoint\ndata: /messages?session=1\n\n')
      )
  })
  expect(wrong(await look(`${origin}/sse`))).toEqual([
    'problem entrance/initialize: The server speaks HTTP with SSE, the transport of 2024-11-05'
  ])
})

test('pages of every site in a server that checks no Origin are found', async () => {
  const careless: Break = (app) =>
    app.addHook('onRequest', async ({ raw }) => {
      delete raw.headers.origin
    })
  const open = await look((await stand({ open: true, server: careless })).url)
  expect(wrong(open)).toEqual(['problem entrance/origin: Any page in a browser on this machine can use the server'])
  expect(open.findings.find(({ check }) => check === 'entrance/origin')?.requirements).toEqual(['SEC-01'])
})

describe('a redirect', () => {
  const to = (status: number, location: (origin: string) => string): Break =>
    instead(
      ({ url }) => url.startsWith('/old'),
      (reply, { headers }) =>
        reply
          .code(status)
          .header('location', location(`http://${headers.host}`))
          .send()
    )

  test.each<[what: string, status: number, from: string, level: string, says: string]>([
    ['that takes the POST away', 301, '/old', 'problem', 'The endpoint redirects'],
    ['that keeps the POST', 308, '/old', 'warning', 'The endpoint redirects']
  ])('%s is found, and the server behind it looked at', async (_, status, from, level, says) => {
    const { origin } = await stand({ open: true, server: to(status, () => '/mcp') })
    const diagnosis = await look(`${origin}${from}`)
    expect(wrong(diagnosis)).toEqual([`${level} reach/redirect: ${says}`])
    expect(diagnosis.first).toEqual([`give clients ${origin}/mcp, the URL that answers`])
    expect(diagnosis.server?.name).toBe('acme')
  })

  test('for a slash says so', async () => {
    const { origin } = await stand({
      open: true,
      server: instead(
        ({ url }) => url === '/mcp/',
        (reply) => reply.code(307).header('location', '/mcp').send()
      )
    })
    expect(wrong(await look(`${origin}/mcp/`))).toEqual([
      'warning reach/redirect: The endpoint redirects: the slash at the end is taken off'
    ])
  })

  test('to https says so', async () => {
    const { origin } = await stand({
      open: true,
      server: instead(
        ({ url }) => url === '/mcp',
        (reply, { headers }) => reply.code(308).header('location', `https://${headers.host}/mcp`).send()
      )
    })
    const diagnosis = await look(`${origin}/mcp`)
    expect(wrong(diagnosis)[0]).toBe('problem reach/redirect: The endpoint redirects: http goes on to https')
    expect(diagnosis.first[0]).toBe(`give clients ${origin.replace('http:', 'https:')}/mcp, the URL that answers`)
  })

  test('to another host is not followed', async () => {
    const { origin } = await stand({ open: true, server: to(302, () => 'https://login.invalid/?next=abc') })
    const diagnosis = await look(`${origin}/old`)
    expect(wrong(diagnosis)[0]).toBe('problem reach/redirect: The endpoint redirects to another host')
    expect(JSON.stringify(diagnosis)).not.toContain('abc')
  })

  test('in a ring ends', async () => {
    const { origin } = await stand({ open: true, server: to(307, () => '/old') })
    const diagnosis = await look(`${origin}/old`)
    expect(wrong(diagnosis).at(-1)).toBe('problem entrance/initialize: The endpoint redirects instead of answering')
  })
})

describe('a server that cannot be reached', () => {
  function port(server: Server): Promise<number> {
    onTestFinished(() => void server.close())
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
  }

  test('because nobody listens is not reachable', async () => {
    const { conclusion, findings } = await look('http://127.0.0.1:9/mcp')
    expect(conclusion).toBe('unreachable')
    expect(findings).toMatchObject([
      { check: 'reach/answer', level: 'problem', received: 'nobody listens at 127.0.0.1:9' }
    ])
  })

  test('because its name is not known is not reachable', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    const network = { resolve: () => Promise.reject(unknown) }
    const { conclusion, findings } = await look('https://mcp.example/mcp', { network })
    expect(conclusion).toBe('unreachable')
    expect(findings[0]?.received).toBe('the name mcp.example has no address (ENOTFOUND)')
  })

  test('because it says nothing is not reachable', async () => {
    const silent = await port(createTcp())
    const { conclusion, first } = await look(`http://127.0.0.1:${silent}/mcp`, { timeoutMs: 50 })
    expect(conclusion).toBe('unreachable')
    expect(first[0]).toMatch(/firewall/)
  })

  test('because it hangs up is not reachable', async () => {
    const rude = await port(createTcp((socket) => socket.destroy()))
    expect((await look(`http://127.0.0.1:${rude}/mcp`)).findings[0]?.received).toMatch(/closed without an answer/)
  })

  test('because it speaks no TLS is told to speak http', async () => {
    const { origin } = await stand({ open: true })
    const { conclusion, first } = await look(`${origin.replace('http:', 'https:')}/mcp`)
    expect(conclusion).toBe('unreachable')
    expect(first[0]).toMatch(/give clients http:\/\//)
  })

  test('because something else speaks there is told so', async () => {
    const other = await port(createTcp((socket) => socket.end('220 mail.example ESMTP\r\n')))
    const { findings } = await look(`http://127.0.0.1:${other}/mcp`)
    expect(findings[0]?.received).toMatch(/what came is no HTTP/)
  })

  /** A certificate of this machine's own, for two days. */
  function certificate(): { key: Buffer; cert: Buffer; file: string } {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const name = ['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    execFileSync('openssl', ['req', '-x509', ...curve, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: readFileSync(key), cert: readFileSync(cert), file: cert }
  }

  test('because its certificate is signed by itself is told so', async () => {
    const secure = await port(createSecure(certificate()))
    const { conclusion, findings, first } = await look(`https://127.0.0.1:${secure}/mcp`)
    expect(conclusion).toBe('unreachable')
    expect(findings[0]?.received).toBe('the certificate is signed by itself')
    expect(first[0]).toMatch(/public authority/)
  })

  test('soon, because its certificate ends, is warned', async () => {
    const { file, ...https } = certificate()
    const app = Fastify({ https, forceCloseConnections: true })
    onTestFinished(() => void app.close())
    await app.register(handwire, { name: 'acme', version: '1' })
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
    // which authorities are trusted is settled when a process begins
    const command = runHandwire(['doctor', url, '--json'], { NODE_EXTRA_CA_CERTS: file })
    expect((await command.exited).code).toBe(0)
    const diagnosis = JSON.parse(command.out.lines.join('\n'))
    expect(wrong(diagnosis)).toEqual([
      expect.stringMatching(/^warning reach\/certificate: The certificate ends soon, on \d{4}-\d{2}-\d{2}$/)
    ])
  })
})

describe('a public server', () => {
  const address = '93.184.216.34'
  const names: Record<string, string> = {
    'mcp.example': address,
    'login.example': address,
    'inner.example': '10.0.0.7'
  }
  const network = {
    resolve: async (name: string) => [names[name] ?? '127.0.0.1'],
    dial: () => '127.0.0.1'
  }
  /** The stand under a public name. */
  async function publicly(options: StandOptions, issuer?: (port: string) => string): Promise<string> {
    const { origin } = await stand({
      ...options,
      resource: (own) => {
        const { port } = new URL(own)
        const servers = issuer === undefined ? {} : { authorization_servers: [issuer(port)] }
        return { resource: `http://mcp.example:${port}/mcp`, ...servers }
      },
      server: async (app) => {
        app.addHook('onRequest', async ({ raw }) => {
          raw.headers.host = raw.headers.host?.replace('mcp.example', '127.0.0.1')
        })
        head(
          (_, { statusCode }) => statusCode === 401,
          (reply) => {
            const header = String(reply.getHeader('www-authenticate'))
            reply.header('www-authenticate', header.replace('127.0.0.1', 'mcp.example'))
          }
        )(app)
        await options.server?.(app)
      }
    })
    return `http://mcp.example:${new URL(origin).port}/mcp`
  }

  test('without TLS is found', async () => {
    const diagnosis = await look(await publicly({ open: true }), { network })
    expect(wrong(diagnosis)).toEqual([
      'problem reach/tls: Everything is sent in the clear, tokens too',
      'warning entrance/initialize: The server is open to everybody who can reach it'
    ])
  })

  test.each<[what: string, issuer: (port: string) => string]>([
    ['a loopback address', (port) => `http://127.0.0.1:${port}`],
    ['the name of this machine', (port) => `http://localhost:${port}`],
    ['a private address', () => 'https://192.168.1.1'],
    ['a private address in IPv6', () => 'https://[::ffff:10.1.2.3]'],
    ['a name that means a private address', () => 'https://inner.example'],
    ['the address that clouds keep their keys at', () => 'https://169.254.169.254']
  ])('that sends clients to %s is found, and it is not asked', async (_, issuer) => {
    const asked: string[] = []
    const url = await publicly(
      { server: (app) => app.addHook('onRequest', async ({ url }) => void asked.push(url)) },
      issuer
    )
    const diagnosis = await look(url, { network })
    const found = diagnosis.findings.find(({ check }) => check === 'issuer/reach')
    expect(found).toMatchObject({ level: 'problem', requirements: ['SECBP-27'] })
    expect(found?.says).toBe('The authorization server is in a private network')
    expect(asked.filter((path) => path.includes('authorization-server') || path.includes('openid'))).toEqual([])
  })

  test('whose challenge sends clients to their own machine is found', async () => {
    const url = await publicly({
      server: head(
        (_, { statusCode }) => statusCode === 401,
        (reply) => {
          const header = String(reply.getHeader('www-authenticate'))
          reply.header('www-authenticate', header.replace(/mcp\.example/, '127.0.0.1'))
        }
      )
    })
    expect(wrong(await look(url, { network }))).toContain(
      'problem challenge/resource-metadata: The challenge sends clients to their own machine'
    )
  })

  test('behind a proxy that ends TLS is found by its http', async () => {
    const url = await publicly({})
    const found = (await look(url, { network })).findings.find(({ check }) => check === 'challenge/resource-metadata')
    expect(found?.mend).toMatch(/behind a proxy that ends TLS it believes that it is http/)
  })
})
