/** handwire doctor: its options, and the process with its exit codes. */
import { describe, expect, test } from 'vitest'
import { newToken, staticTokens } from '../../src/auth/index.ts'
import { readDoctorOptions } from '../../src/cli/doctor.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { handwire } from '../support/command.ts'
import { listening } from '../support/listening.ts'

const url = 'http://127.0.0.1:3000/mcp'

describe('options', () => {
  test('an address is enough', () => {
    expect(readDoctorOptions([url], {})).toEqual({
      url: new URL(url),
      options: { headers: {}, register: false },
      strict: false,
      quiet: false,
      json: false
    })
  })

  test.each<[string, string[], Record<string, string>, object]>([
    ['--token', ['--token', 't'], {}, { options: { headers: { authorization: 'Bearer t' } } }],
    ['HANDWIRE_TOKEN', [], { HANDWIRE_TOKEN: 'e' }, { options: { headers: { authorization: 'Bearer e' } } }],
    ['--header', ['--header', 'X-Key: k'], {}, { options: { headers: { 'x-key': 'k' } } }],
    ['--origin', ['--origin', 'https://app.example'], {}, { options: { origin: 'https://app.example' } }],
    ['--register', ['--register'], {}, { options: { register: true } }],
    [
      '--listen and --timeout',
      ['--listen', '40', '--timeout', '0.5'],
      {},
      { options: { listenMs: 40_000, timeoutMs: 500 } }
    ],
    ['--strict, --quiet and --json', ['--strict', '--quiet', '--json'], {}, { strict: true, quiet: true, json: true }]
  ])('%s is read', (_, args, environment, expected) => {
    expect(readDoctorOptions([...args, url], environment)).toMatchObject(expected)
  })

  test.each<[string, string[]]>([
    ['no address', []],
    ['two addresses', [url, url]],
    ['an address that is none', ['localhost:3000']],
    ['credentials in the address', ['http://ann:secret@localhost/mcp']],
    ['an origin with a path', [url, '--origin', 'https://app.example/']],
    ['an origin that is none', [url, '--origin', 'app.example']],
    ['no time', [url, '--timeout', '0']],
    ['a time that is no number', [url, '--listen', 'long']],
    ['an unknown option', [url, '--stdio']]
  ])('%s is a usage error', (_, args) => {
    expect(() => readDoctorOptions(args, {})).toThrow(UsageError)
  })
})

describe('the process', () => {
  async function run(...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
    const command = handwire(['doctor', ...args])
    const { code } = await command.exited
    return { code, out: command.out.lines.join('\n'), errors: command.errors }
  }

  test('exits 0 at a healthy server, without colour where there is no terminal', async () => {
    const server = await listening({ realTime: true })
    const { code, out, errors } = await run(server.url)
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(out.split('\n').at(-1)).toMatch(/^healthy: 0 problems, 0 warnings/)
  })

  test('exits 1 where something is wrong, says what, and no token', async () => {
    const { token } = newToken()
    const auth = staticTokens([{ name: 'ci', sha256: newToken().sha256 }])
    const server = await listening({ realTime: true, plugin: { auth } })
    const { code, out } = await run(server.url, '--token', token)
    expect(code).toBe(1)
    expect(out).toContain('The server refuses the token')
    expect(out).toContain('What to do first')
    expect(out).not.toContain(token)
  })

  test('exits 1 for a warning under --strict alone', async () => {
    const offer = { realTime: true, before: (app: Awaited<ReturnType<typeof listening>>['app']) => openStreams(app) }
    const server = await listening(offer)
    expect((await run(server.url)).code).toBe(0)
    expect((await run(server.url, '--strict')).code).toBe(1)
  })

  test('exits 2 for a wrong command line', async () => {
    const { code, out, errors } = await run('localhost')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(errors).toContain('no address')
  })

  test('exits 3 where nobody answers, and says so on standard output', async () => {
    const { code, out } = await run('http://127.0.0.1:9/mcp')
    expect(code).toBe(3)
    expect(out).toContain('nobody listens at 127.0.0.1:9')
  })

  test('--json prints the diagnosis and nothing else', async () => {
    const server = await listening({ realTime: true })
    const { code, out } = await run(server.url, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      format: 'handwire-doctor/1',
      url: server.url,
      conclusion: 'healthy',
      server: { name: 'test' },
      counts: { problem: 0, warning: 0 }
    })
  })
})

/** Opens streams without a session, which is worth a warning. */
function openStreams(app: Awaited<ReturnType<typeof listening>>['app']): void {
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    if (method === 'GET' && headers['mcp-session-id'] === undefined) await reply.type('text/event-stream').send(':\n\n')
  })
}
