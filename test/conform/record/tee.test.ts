/** The tee around a real process: bytes, ends, signals and outcomes go through, and what crossed is on the tape. */
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { bufferOf, type PipeEvent } from '../../../src/conform/record/capture.ts'
import { Tee } from '../../../src/conform/record/tee.ts'

const node = (code: string): string[] => [process.execPath, '-e', code]
const cat = node('process.stdin.pipe(process.stdout)')

interface Started {
  tee: Tee
  input: PassThrough
  output: PassThrough
  /** What the client has read. */
  read(): Buffer
}

async function started(command: string[], highWaterMark = 64 * 1024): Promise<Started> {
  const input = new PassThrough()
  const output = new PassThrough({ highWaterMark })
  const chunks: Buffer[] = []
  const tee = await Tee.start({ command, input, output })
  output.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { tee, input, output, read: () => Buffer.concat(chunks) }
}

const events = async (tee: Tee): Promise<PipeEvent[]> => (await tee.tape.events()).events as PipeEvent[]
const bytesFrom = (all: PipeEvent[], from: 'client' | 'server'): Buffer =>
  Buffer.concat(all.flatMap((event) => ('chunk' in event && event.from === from ? [bufferOf(event.chunk)] : [])))

/** Every byte there is, line ends of every kind, halves of characters, and no line end at the end. */
const bytes = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('{"jsonrpc":"2.0"}\r\n\n\u2028é'),
  Buffer.from([0xe2, 0x82]),
  Buffer.from('no end')
])

describe('the tee', () => {
  test('passes bytes both ways unchanged, and notes them as they came', async () => {
    const { tee, input, read } = await started(cat)
    for (const byte of bytes) input.write(Buffer.from([byte]))
    input.end()
    expect(await tee.exited).toEqual({ code: 0, signal: null })
    expect(read().equals(bytes)).toBe(true)
    const all = await events(tee)
    expect(bytesFrom(all, 'client').equals(bytes)).toBe(true)
    expect(bytesFrom(all, 'server').equals(bytes)).toBe(true)
    expect(all.filter((event) => 'chunk' in event && event.from === 'client').length).toBe(bytes.length)
  })

  test('passes eight mebibytes past a client that is slow to read', async () => {
    const { tee, input, output, read } = await started(cat, 1024)
    const big = Buffer.alloc(8 * 1024 * 1024, '0123456789abcde\n')
    output.pause()
    input.end(big)
    output.resume()
    await tee.exited
    expect(read().equals(big)).toBe(true)
  })

  test('passes on that stdin has ended, and notes both ends and the outcome', async () => {
    const { tee, input } = await started(node('process.stdin.resume().on("end", () => { process.exitCode = 7 })'))
    input.end()
    expect(await tee.exited).toEqual({ code: 7, signal: null })
    expect(await events(tee)).toMatchObject([
      { from: 'client', end: true },
      { from: 'server', end: true },
      { exit: { code: 7, signal: null } }
    ])
  })

  test('passes a signal on', async () => {
    const { tee, output } = await started(node('process.stdin.resume(); console.log("ready")'))
    await new Promise((ready) => output.once('data', ready))
    tee.signal('SIGTERM')
    expect(await tee.exited).toEqual({ code: null, signal: 'SIGTERM' })
    expect((await events(tee)).filter((event) => 'signal' in event)).toMatchObject([
      { from: 'client', signal: 'SIGTERM' }
    ])
  })

  test('lets a command decide what a signal means', async () => {
    const code = 'process.on("SIGINT", () => process.exit(3)); process.stdin.resume(); console.log("ready")'
    const { tee, output } = await started(node(code))
    await new Promise((ready) => output.once('data', ready))
    tee.signal('SIGINT')
    expect(await tee.exited).toEqual({ code: 3, signal: null })
  })

  test('closes the pipe of a command whose client reads no more', async () => {
    const code =
      'process.stdout.on("error", ({ code }) => process.exit(code === "EPIPE" ? 9 : 8)); setInterval(() => console.log("x".repeat(1000)), 1)'
    const { tee, output } = await started(node(code))
    await new Promise((ready) => output.once('data', ready))
    output.destroy(new Error('gone'))
    expect(await tee.exited).toEqual({ code: 9, signal: null })
  })

  test('closes the pipe of a client whose command reads no more', async () => {
    const { tee, input, output } = await started(
      node('require("fs").closeSync(0); console.log("ready"); setTimeout(() => {}, 60000)')
    )
    await new Promise((ready) => output.once('data', ready))
    const closed = new Promise((resolve) => input.once('close', resolve))
    const writing = setInterval(() => input.write('x'), 1)
    await closed
    clearInterval(writing)
    tee.signal('SIGKILL')
    await tee.exited
  })

  test('does not wait for a process that the command left behind with its output', async () => {
    const child =
      'require("child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 3000)"], { stdio: "inherit", detached: true }).unref()'
    const { tee } = await started(node(`${child}; console.log("done")`))
    const { tee: other } = await started(node('setTimeout(() => {}, 60000)'))
    // the one is over although somebody holds on to its output; the other is not
    expect(await Promise.race([tee.exited, other.exited])).toEqual({ code: 0, signal: null })
    other.signal('SIGKILL')
    await other.exited
  })

  test('is rejected for a command that cannot be started', async () => {
    const start = Tee.start({
      command: ['no-such-command-anywhere'],
      input: new PassThrough(),
      output: new PassThrough()
    })
    await expect(start).rejects.toThrow('ENOENT')
  })
})
