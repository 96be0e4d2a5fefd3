/** handwire record: what it writes and says, and when it does neither. As a process it is in process.test.ts. */
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readRecordOptions, record, type World } from '../../../src/cli/record.ts'
import { loadFixtures } from '../../../src/conform/fixture.ts'
import { httpTarget } from '../../../src/conform/http-peer.ts'
import type { Json } from '../../../src/conform/json.ts'
import { socketExchange } from '../../../src/conform/socket.ts'
import { listeningReference } from '../../support/reference.ts'
import { place, replayed, talk } from './talking.ts'

interface Recording {
  /** Where the client has to go. */
  url: string
  said: string[]
  code: Promise<number>
  /** Ends the recording and gives its exit code. */
  stop(): Promise<number>
}

/** Starts a recording in this process, with a world of its own. */
function started(args: string[]): { input: PassThrough; output: PassThrough } & Omit<Recording, 'url'> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const said: string[] = []
  let signalled: (signal: NodeJS.Signals) => void = () => undefined
  const world: World = {
    input,
    output,
    say: (text) => said.push(text),
    onSignal(listener) {
      signalled = listener
    }
  }
  const code = record(readRecordOptions(args, {}), world)
  const stop = (): Promise<number> => {
    signalled('SIGINT')
    return code
  }
  return { input, output, said, code, stop }
}

async function recording(target: string, out: string, more: string[] = []): Promise<Recording> {
  const { output, ...rest } = started(['--listen', '0', '--target', target, '--out', out, ...more])
  const [banner] = (await once(output, 'data')) as [Buffer]
  return { ...rest, url: /http:\S+/.exec(String(banner))?.[0] ?? '' }
}

const call = (id: number, name: string, params: { [member: string]: Json } = {}): Json => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, ...params }
})
const ping = { jsonrpc: '2.0', id: 2, method: 'ping' }

describe('over HTTP', () => {
  let app: FastifyInstance
  let reference: string
  const { exchange, close } = socketExchange()
  beforeAll(async () => {
    const listening = await listeningReference()
    app = listening.app
    reference = listening.url
  })
  afterAll(async () => {
    close()
    await app.close()
  })
  const replay = (fixture: Parameters<typeof replayed>[0]): Promise<string> =>
    replayed(fixture, httpTarget({ url: reference, exchange }))

  test('a case and its capture are written, and the case replays green', async () => {
    const { out, raw, directory, fixture } = place()
    const { url, stop, said } = await recording(reference, out)
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
    await talk(url, [list, call(3, 'test_tool_with_progress', { _meta: { progressToken: 't' } })])
    expect(await stop()).toBe(0)
    expect(existsSync(raw)).toBe(true)
    expect(await loadFixtures(directory)).toEqual([fixture()])
    expect(fixture()).toMatchObject({
      id: 'recordings/case',
      level: 'MAY',
      transports: ['http', 'stdio'],
      provenance: { from: 'recording', client: { name: 'tester' }, server: { name: 'handwire-reference' } }
    })
    expect(await replay(fixture())).toBe('pass')
    expect(said).toContain('loosened, for you to confirm: tools/list /result/tools')
    expect(said.join('\n')).toContain(`handwire conform --fixtures ${directory} --only recordings/case ${reference}`)
  })

  test('no secret reaches a file or is said, whatever it was in', async () => {
    const { out, written } = place()
    const { url, stop, said } = await recording(reference, out)
    const calls = [
      call(2, 'test_simple_text', { arguments: { password: 'sesame-member' } }),
      call(3, 'test_simple_text', { arguments: { text: JSON.stringify({ secret: 'sesame-nested' }) } }),
      // the server repeats in an error what it was sent
      call(4, 'test_tool_with_progress', {
        _meta: { progressToken: 't' },
        arguments: { client_secret: 'sesame-streamed' }
      })
    ]
    const headers = { authorization: 'Bearer sesame-header', cookie: 'sid=sesame-cookie', 'x-api-key': 'sesame-key' }
    await talk(`${url}?api_key=sesame-query`, calls, headers)
    expect(await stop()).toBe(0)
    expect(written()).not.toContain('sesame')
    expect(written().match(/\[redacted\]/g)?.length).toBeGreaterThan(7)
    expect(said.join('\n')).toContain('blanked as secret: ')
    expect(said.join('\n')).not.toContain('sesame')
  })

  test('no secret of an event stream reaches a file, wherever its chunks end', async () => {
    const text = `data: ${JSON.stringify({ jsonrpc: '2.0', id: 2, result: { token: 'sesame-streamed' } })}\n\n`
    const server = createServer((request, reply) => {
      request.resume().on('end', async () => {
        reply.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const character of text) await new Promise((written) => reply.write(character, written))
        reply.end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { out, written } = place()
    const { url, stop } = await recording(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, out)
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ping)
    })
    expect(await answer.text()).toBe(text)
    expect(await stop()).toBe(0)
    expect(written()).toContain('redacted')
    expect(written()).not.toMatch(/sesame|"chunk":"s"},?\n.*"chunk":"e"/)
  })

  test('a case that is there keeps the words somebody gave it', async () => {
    const { out, fixture } = place()
    const again = async (): Promise<void> => {
      const { url, stop } = await recording(reference, out)
      await talk(url, [ping])
      expect(await stop()).toBe(0)
    }
    await again()
    writeFileSync(
      out,
      JSON.stringify({ ...fixture(), title: 'Ping is answered', level: 'MUST', requirements: ['PING-01'] })
    )
    await again()
    expect(fixture()).toMatchObject({ title: 'Ping is answered', level: 'MUST', requirements: ['PING-01'] })
  })

  test('--title gives the case its title, also one that is there', async () => {
    const { out, fixture } = place()
    for (const title of ['One', 'Another']) {
      const { url, stop } = await recording(reference, out, ['--title', title])
      await talk(url, [ping])
      await stop()
      expect(fixture().title).toBe(title)
    }
  })

  test('--raw says where the capture goes', async () => {
    const { out, raw, directory } = place()
    const elsewhere = join(directory, 'captures', 'raw.jsonl')
    const { url, stop } = await recording(reference, out, ['--raw', elsewhere])
    await talk(url, [ping])
    await stop()
    expect([out, raw, elsewhere].map(existsSync)).toEqual([true, false, true])
  })

  test('each session becomes a case of its own', async () => {
    const { out, directory } = place()
    const { url, stop } = await recording(reference, out, ['--title', 'Both'])
    await talk(url, [ping])
    await talk(url, [call(2, 'test_simple_text')])
    expect(await stop()).toBe(0)
    const fixtures = await loadFixtures(directory)
    expect(fixtures.map(({ id, title }) => `${id}: ${title}`).sort()).toEqual([
      'recordings/case-2: Both (session 2)',
      'recordings/case: Both'
    ])
    expect(existsSync(join(directory, 'recordings', 'case-2.jsonl'))).toBe(true)
    for (const fixture of fixtures) expect(await replay(fixture)).toBe('pass')
  })

  test('what is no JSON is sent again as it stands', async () => {
    const { out, fixture } = place()
    const { url, stop } = await recording(reference, out)
    await talk(url, ['{"jsonrpc": "2.0", "id": 2, ', { ...ping, id: 3 }])
    await stop()
    expect(fixture()).toMatchObject({
      transports: ['http'],
      steps: [
        { http: { raw: '{"jsonrpc": "2.0", "id": 2, ' }, expect: { status: 400 } },
        { request: { method: 'ping' } }
      ]
    })
    expect(await replay(fixture())).toBe('pass')
  })

  test('a member that is there twice is in the capture, and no case is made of it', async () => {
    const { out, raw } = place()
    const { url, stop, said } = await recording(reference, out)
    await talk(url, ['{"jsonrpc":"2.0","id":2,"method":"ping","id":3}'])
    expect(await stop()).toBe(3)
    expect(readFileSync(raw, 'utf8')).toContain('\\"id\\":2,\\"method\\":\\"ping\\",\\"id\\":3')
    expect(existsSync(out)).toBe(false)
    expect(said.join('\n')).toContain('the member "id" is there twice')
  })

  test('nothing is written when nothing was recorded', async () => {
    const { out, raw } = place()
    const { stop, said } = await recording(reference, out)
    expect(await stop()).toBe(3)
    expect([out, raw].filter(existsSync)).toEqual([])
    expect(said).toEqual(['nothing was recorded, so nothing is written'])
  })

  test('a server that is not there is told of', async () => {
    const { out } = place()
    const { url, stop, said } = await recording('http://127.0.0.1:9/mcp', out)
    await expect(fetch(url)).rejects.toThrow()
    expect(await stop()).toBe(3)
    expect(said[0]).toMatch(/^127\.0\.0\.1:9 did not answer: ECONN/)
  })
})

describe('on stdio', () => {
  test('the outcome of the command comes before everything else', async () => {
    const { out, raw } = place()
    const { input, code } = started(['--out', out, '--stdio', '--', process.execPath, '-e', 'process.exitCode = 5'])
    input.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
    expect(await code).toBe(5)
    expect(existsSync(raw)).toBe(true)
  })

  test('a command that said nothing to nobody leaves no file', async () => {
    const { out, raw } = place()
    const { input, code } = started(['--out', out, '--stdio', '--', process.execPath, '-e', ''])
    input.end()
    expect(await code).toBe(3)
    expect([out, raw].filter(existsSync)).toEqual([])
  })

  test('a secret on the command line is not said', async () => {
    const { out } = place()
    const command = [process.execPath, '-e', 'process.stdin.pipe(process.stdout)', 'sesame']
    const { input, code, said } = started(['--out', out, '--stdio', '--', ...command])
    input.end(`${JSON.stringify(ping)}\n`)
    await code
    expect(said.length).toBeGreaterThan(0)
    expect(said.join('\n')).not.toContain('sesame')
  })
})

describe('a recording does not begin', () => {
  const http = ['--listen', '0', '--target', 'http://127.0.0.1:9/mcp']
  const byHand = {
    id: 'recordings/case',
    title: 'By hand',
    revision: ['2025-06-18'],
    level: 'MUST',
    kind: 'positive',
    requirements: [],
    transports: ['http'],
    steps: [{ request: { id: 1, method: 'ping' } }],
    provenance: { from: 'hand' }
  }

  test.each([
    ['no case', '{"a": 1}', 'case.json'],
    ['a case that was written by hand', JSON.stringify(byHand), 'case.json'],
    ['no capture', 'precious', 'case.jsonl']
  ])('over a file that holds %s', async (what, text, name) => {
    const { out, directory } = place()
    const file = join(directory, 'recordings', name)
    mkdirSync(join(directory, 'recordings'))
    writeFileSync(file, text)
    const { code, said } = started([...http, '--out', out])
    expect(await code).toBe(3)
    expect(said.join()).toContain(`holds ${what}: it is not overwritten`)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('where a file would be a directory above', async () => {
    const { directory } = place()
    writeFileSync(join(directory, 'recordings'), '')
    const { code } = started([...http, '--out', join(directory, 'recordings', 'case.json')])
    expect(await code).toBe(3)
  })

  test('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const { code, said } = started(['--listen', String(port), ...http.slice(2), '--out', place().out])
    expect(await code).toBe(3)
    expect(said.join()).toContain(`could not listen on 127.0.0.1:${port}`)
  })

  test('with a command that is not there', async () => {
    const { out } = place()
    const { code, said } = started(['--out', out, '--stdio', '--', 'no-such-command-anywhere'])
    expect(await code).toBe(3)
    expect(said.join()).toContain('no-such-command-anywhere cannot be started')
  })
})
