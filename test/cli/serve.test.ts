/** The command line as a process: exit codes, banner, port and path. */
import { METHODS } from 'node:http'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { version } from '../../src/cli/version.ts'
import { type Command, handwire } from '../support/command.ts'
import { until } from '../support/gate.ts'
import { LoopbackPeer, send } from '../support/loopback.ts'

/** A serving process and the address that its banner names. */
async function serving(args: string[], env: Record<string, string> = {}): Promise<Command & { url: string }> {
  const command = handwire(['serve', ...args], env)
  const line = await command.line(/speaks MCP/)
  return Object.assign(command, { url: line.slice(line.indexOf('http')) })
}

/** A port that is taken. */
function taken(): Promise<string> {
  const server = createServer()
  onTestFinished(() => void server.close())
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(String(typeof address === 'object' ? address?.port : address))
    })
  })
}

test('--version prints the version of the package', async () => {
  const command = handwire(['--version'])
  expect(await command.exited).toEqual({ code: 0, signal: null })
  expect(command.out.lines).toEqual([version])
})

test('--help names the commands, serve --help the options', async () => {
  const [main, serve] = [handwire(['--help']), handwire(['serve', '--help'])]
  expect((await main.exited).code).toBe(0)
  expect((await serve.exited).code).toBe(0)
  expect(main.out.lines.join('\n')).toContain('handwire serve')
  for (const option of ['--port', '--host', '--path', '--stdio', '--grace-ms', '--log-level'])
    expect(serve.out.lines.join('\n')).toContain(option)
})

test.each<[string, string[], string]>([
  ['no command', [], 'a command is missing'],
  ['an unknown command', ['sevre'], 'there is no command "sevre"'],
  ['an unknown option', ['serve', '--prot', '1'], 'See handwire serve --help'],
  ['a path of a health check', ['serve', '--path', '/readyz'], 'choose another path'],
  ['a bad grace period', ['serve', '--grace-ms', '1s'], 'give a number of milliseconds'],
  ['a bad port', ['serve', '--port', 'http'], 'give a number from 0 to 65535']
])('%s exits with 2 and says what to do', async (_, args, said) => {
  const command = handwire(args)
  expect(await command.exited).toEqual({ code: 2, signal: null })
  expect(command.errors).toContain(said)
  expect(command.errors).not.toContain('    at ')
  expect(command.out.lines).toEqual([])
})

test('a port that is taken exits with 3 and says what to do', async () => {
  const port = await taken()
  const command = handwire(['serve', '--port', port])
  expect(await command.exited).toEqual({ code: 3, signal: null })
  expect(command.errors).toContain(`port ${port} is taken: choose another with --port N`)
  expect(command.errors).not.toContain('    at ')
})

test('an address that is not of this machine exits with 3 and says what to do', async () => {
  const command = handwire(['serve', '--port', '0', '--host', '192.0.2.1'])
  expect(await command.exited).toEqual({ code: 3, signal: null })
  expect(command.errors).toContain('leave --host out to bind 127.0.0.1')
})

test('the banner names the address, a curl, Claude Code and the inspector', async () => {
  const { out, url, line } = await serving(['--port', '0'])
  await line(/Ctrl-C/)
  const banner = out.lines.join('\n')
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
  expect(banner).toContain(`handwire ${version}`)
  expect(banner).toContain(`curl -i ${url}`)
  expect(banner).toContain(`claude mcp add --transport http handwire ${url}`)
  expect(banner).toContain('@modelcontextprotocol/inspector')
})

test('the body of the curl in the banner opens a session', async () => {
  const { url, line } = await serving(['--port', '0'])
  const body = /-d '([^']*)'/.exec(await line(/curl/))?.[1] ?? ''
  const reply = await send(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect(reply.headers['mcp-session-id']).toMatch(/^[\x21-\x7e]{22,}$/)
})

test('PORT, HOST and --path are where it serves', async () => {
  const { url } = await serving(['--path', '/tools'], { PORT: '0', HOST: 'localhost' })
  expect(url).toMatch(/^http:\/\/localhost:\d+\/tools$/)
  const peer = await LoopbackPeer.open(url)
  expect((await (await peer.request('ping')).json()).result).toEqual({})
  expect((await send(new URL('/mcp', url).href, { method: 'POST' })).status).toBe(404)
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends open streams and exits with 0', async (signal) => {
  const server = await serving(['--port', '0'])
  const peer = await LoopbackPeer.open(server.url)
  const get = await peer.get()
  server.child.kill(signal)
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(await get.closed).toEqual({ whole: true })
})

test('a server bound to every address is reached under each, and by no foreign name', async () => {
  const { url } = await serving(['--port', '0', '--host', '0.0.0.0'])
  const peer = await LoopbackPeer.open(url)
  expect((await peer.post({ id: 1, method: 'ping' }, { host: 'evil.example' })).status).toBe(403)
})

test('a public URL is in the banner, and its name and origin are let in', async () => {
  const { url, out, line } = await serving(['--port', '0', '--public-url', 'https://mcp.example/mcp'])
  await line(/Ctrl-C/)
  const [local = '', shown = ''] = url.split(', which is ')
  expect(shown).toBe('https://mcp.example/mcp')
  expect(out.lines.join('\n')).toContain(`claude mcp add --transport http handwire ${shown}`)
  const peer = await LoopbackPeer.open(local)
  const ping = async (headers: Record<string, string>) => (await peer.post({ id: 1, method: 'ping' }, headers)).status
  expect(await ping({ host: 'mcp.example', origin: 'https://mcp.example' })).toBe(200)
  expect(await ping({ host: 'mcp.example:444' })).toBe(403)
  expect(await ping({ host: 'mcp.example', origin: 'https://evil.example' })).toBe(403)
})

test('further hosts and origins are let in beside the local ones', async () => {
  const { url } = await serving(['--port', '0', '--allow-host', 'a.example'], {
    HANDWIRE_ORIGINS: 'https://app.example'
  })
  const peer = await LoopbackPeer.open(url)
  const ping = async (headers: Record<string, string>) => (await peer.post({ id: 1, method: 'ping' }, headers)).status
  expect(await ping({})).toBe(200)
  expect(await ping({ host: 'A.example', origin: 'https://app.example' })).toBe(200)
  expect(await ping({ host: 'b.example' })).toBe(403)
})

test('every method that Node lets through and the endpoint does not take is 405 with Allow', async () => {
  const { url } = await serving(['--port', '0'])
  const wrong: string[] = []
  for (const method of METHODS) {
    if (['GET', 'POST', 'DELETE', 'CONNECT'].includes(method)) continue
    const reply = await send(url, { method })
    if (reply.status !== 405 || reply.headers.allow !== 'GET, POST, DELETE') wrong.push(method)
  }
  expect(wrong).toEqual([])
})

test('the health checks are on, for any Host', async () => {
  const { url } = await serving(['--port', '0'])
  for (const path of ['/healthz', '/readyz']) {
    const reply = await send(new URL(path, url).href, { headers: { host: 'probe.example' } })
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual({ status: 'ok' })
  }
})

test('SIGTERM while a call runs: not ready, nothing new, the call is answered, and then the end', async () => {
  const server = await serving(['--port', '0', '--grace-ms', '60000'])
  const peer = await LoopbackPeer.open(server.url, { elicitation: {} })
  const [get, call] = [await peer.get(), await peer.call('test_elicitation', { message: 'Who?' })]
  const question = await call.next()
  server.child.kill('SIGTERM')
  await get.closed
  const at = (path: string): string => new URL(path, server.url).href
  await until(async () => (await send(at('/readyz'), {})).status, 503)
  expect((await send(at('/healthz'), {})).status).toBe(200)
  const refused = await peer.request('tools/list')
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
  const answered = await peer.post({ id: question?.message.id, result: { action: 'decline' } })
  expect(answered.status).toBe(202)
  expect((await call.rest()).at(-1)?.message.result.content).toHaveLength(1)
  expect(await server.exited).toEqual({ code: 0, signal: null })
})

test('the line of each request is in the log at debug, and not unless it is asked for', async () => {
  const lines: string[] = []
  for (const args of [[], ['--log-level', 'debug']]) {
    const { url, out, line } = await serving(['--port', '0', ...args])
    await (await (await LoopbackPeer.open(url)).request('tools/list')).closed
    await (await send(url, { method: 'PUT' })).closed
    if (args.length > 0) await line(/"wrongHttpMethod"/)
    lines.push(out.lines.filter((line) => line.includes('"mcp"')).join('\n'))
  }
  expect(lines[0]).toBe('')
  expect(lines[1]).toContain('"method":"tools/list"')
})
