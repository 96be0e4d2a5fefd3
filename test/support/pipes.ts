/** A stdio server in this process, between two pipes. */
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { type StdioOptions, type StdioServer, stdio } from '../../src/stdio/index.ts'
import { clientInfo } from './bench.ts'
import { countingIds, TestClock } from './clock.ts'
import { RecordingLog, type Seen } from './recording.ts'

/** Lines as they come out of a readable. */
export class LineReader {
  readonly lines: string[] = []
  #rest = ''
  #over = false
  #waiting: (() => void)[] = []

  constructor(output: Readable) {
    output.setEncoding('utf8')
    output.on('data', (chunk: string) => {
      const lines = (this.#rest + chunk).split('\n')
      this.#rest = lines.pop() ?? ''
      this.lines.push(...lines)
      this.#tell()
    })
    output.on('close', () => {
      this.#over = true
      this.#tell()
    })
  }

  /** What came after the last line end. */
  get unfinished(): string {
    return this.#rest
  }

  get messages(): Seen[] {
    return this.lines.map((line) => JSON.parse(line))
  }

  /** The first message that fits, as soon as it has come; throws when the output is closed without it. */
  async find(fits: (message: Seen) => boolean): Promise<Seen> {
    for (;;) {
      const found = this.messages.find(fits)
      if (found !== undefined) return found
      if (this.#over) throw new Error(`the output ended without it: ${this.lines.join('\n')}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** The answer to a request. */
  answer(id: string | number): Promise<Seen> {
    return this.find((message) => message.id === id && message.method === undefined)
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const heard of waiting) heard()
  }
}

export interface Piped {
  server: StdioServer
  input: PassThrough
  out: LineReader
  clock: TestClock
  log: RecordingLog
  served: Promise<void>
  write(...messages: object[]): void
}

/** Serves until the test ends; the handshake is the test's. */
export function piped(
  offer: (server: StdioServer) => unknown = () => {},
  options: Partial<StdioOptions> = {},
  output: Writable & Readable = new PassThrough()
): Piped {
  const input = new PassThrough()
  const clock = new TestClock()
  const log = new RecordingLog()
  const ports = { clock, ids: countingIds() }
  const server = stdio({ name: 'piped', version: '0', input, output, logger: log, ports, ...options })
  offer(server)
  const out = new LineReader(output)
  const served = server.serve()
  onTestFinished(() => {
    input.destroy()
    setImmediate(() => clock.pass(10_000_000))
  })
  const write = (...messages: object[]): void => {
    for (const message of messages) input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }
  return { server, input, out, clock, log, served, write }
}

/** The messages of a handshake; the request has the id `hello`. */
export function handshake(capabilities: object = {}): object[] {
  const params = { protocolVersion: '2025-06-18', capabilities, clientInfo }
  return [{ id: 'hello', method: 'initialize', params }, { method: 'notifications/initialized' }]
}
