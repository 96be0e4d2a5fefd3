/** handwire record as a process: bytes, signals, outcomes, and the official client through it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { record } from '../../../scripts/record/recorder.ts'
import { commandServers } from '../../../scripts/record/servers.ts'
import { sessions } from '../../../scripts/record/sessions.ts'
import { httpTarget } from '../../../src/conform/http-peer.ts'
import { grow, handOf } from '../../../src/conform/record/grow.ts'
import { socketExchange } from '../../../src/conform/socket.ts'
import { runFile } from '../../support/command.ts'
import { listeningReference } from '../../support/reference.ts'
import { streamTarget } from '../../support/targets.ts'
import { greeting, initialized, place, replayed, talk } from './talking.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const entry = 'src/cli/index.ts'

interface Around {
  child: ChildProcess
  ended: Promise<{ code: number | null; signal: string | null }>
  out(): Buffer
  err(): string
}

/** The command around a script, with its bytes as they are. */
function around(out: string, script: string): Around {
  const args = [entry, 'record', '--out', out, '--stdio', '--', process.execPath, '-e', script]
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: root })
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => undefined)
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as { code: number; signal: string })
  return { child, ended, out: () => Buffer.concat(stdout), err: () => Buffer.concat(stderr).toString() }
}

describe('handwire record', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'over HTTP ends at %s with the case written, which replays green',
    async (signal) => {
      const { app, url: reference } = await listeningReference()
      const { exchange, close } = socketExchange()
      onTestFinished(async () => {
        close()
        await app.close()
      })
      const { out, fixture } = place()
      const command = runFile(entry, ['record', '--listen', '0', '--target', reference, '--out', out])
      const [url = ''] = /http:\S+/.exec(await command.line(/passes on/)) ?? []
      await talk(url, [{ jsonrpc: '2.0', id: 2, method: 'ping' }])
      command.child.kill(signal)
      expect(await command.exited).toEqual({ code: 0, signal: null })
      expect(await replayed(fixture(), httpTarget({ url: reference, exchange }))).toBe('pass')
    }
  )

  test('on stdio ends with its command and the case written, which replays green', async () => {
    const { out, fixture } = place()
    const server = commandServers().reference.command
    const command = runFile(entry, ['record', '--out', out, '--stdio', '--', ...server])
    command.write(greeting, initialized)
    command.write({ id: 2, method: 'tools/call', params: { name: 'test_tool_with_logging' } })
    await command.out.answer(2)
    command.child.stdin.end()
    expect(await command.exited).toEqual({ code: 0, signal: null })
    expect(fixture()).toMatchObject({ transports: ['http', 'stdio'], provenance: { transport: 'stdio' } })
    expect(await replayed(fixture(), streamTarget())).toBe('pass')
  })

  test('on stdio passes every byte, stderr and the exit code', async () => {
    const { out, raw } = place()
    const script = 'process.stdin.pipe(process.stdout); console.error("hi there"); process.exitCode = 5'
    const { child, ended, out: read, err } = around(out, script)
    const odd = Buffer.from([0, 255, 10, 226, 130])
    const bytes = Buffer.concat([Buffer.from('{"jsonrpc":"2.0"}\r\n'), odd, Buffer.from('no end')])
    child.stdin!.end(bytes)
    expect(await ended).toEqual({ code: 5, signal: null })
    expect(read().equals(bytes)).toBe(true)
    expect(err()).toMatch(/^hi there$/m)
    expect(readFileSync(raw, 'utf8')).not.toContain('hi there')
  })

  test('on stdio passes a signal on, and still writes the files', async () => {
    const { out, raw } = place()
    const { child, ended } = around(out, 'process.stdin.resume(); console.log("ready")')
    await once(child.stdout!, 'data')
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 128 + 15, signal: null })
    expect(readFileSync(raw, 'utf8')).toContain('{"code":null,"signal":"SIGTERM"}')
  })

  test('on stdio writes no secret, also of a line that came in pieces', async () => {
    const { out, written } = place()
    const { child, ended, out: read } = around(out, 'process.stdin.pipe(process.stdout)')
    child.stdin!.write('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"api_key":"sesa')
    await once(child.stdout!, 'data')
    child.stdin!.end('me-123"}}\nAuthorization: Bearer sesame-456\n')
    await ended
    expect(read().toString()).toContain('sesame-123')
    expect(written()).toContain('[redacted]')
    expect(written()).not.toMatch(/sesame|sesa"/)
  })

  test('with a command line that is wrong ends with 2', async () => {
    const command = runFile(entry, ['record', '--out', 'a.txt'])
    expect((await command.exited).code).toBe(2)
    expect(command.errors).toContain('it ends in .json')
  })
})

test('the official client over stdio does not notice, and its session replays green', async () => {
  const session = sessions.find(({ name }) => name === 'sdk-v1-client/stdio-elicitation')!
  const capture = await record(session, commandServers().reference, '2026-11-22')
  const { fixture } = grow(capture, 'recordings/a/b', handOf(undefined))
  expect(fixture.provenance).toMatchObject({ transport: 'stdio', client: { name: '@modelcontextprotocol/sdk' } })
  expect(await replayed(fixture, streamTarget())).toBe('pass')
})
