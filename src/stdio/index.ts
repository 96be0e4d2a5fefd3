/** The stdio door: the same tools, resources and prompts for a client that starts the server as a subprocess (basic/transports#stdio). */
import type { Readable, Writable } from 'node:stream'
import { type Prompts, prompts } from '../prompts/index.ts'
import type { Claims } from '../protocol/checks.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { serverInfo } from '../protocol/handshake.ts'
import { Host } from '../protocol/host.ts'
import { readPorts } from '../protocol/lent-ports.ts'
import { defaultLimits, type Limits } from '../protocol/limits.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { LentPorts, Logger, Observer, Tap } from '../protocol/ports.ts'
import { type Resources, resources } from '../resources/index.ts'
import { type CallLimits, type Tools, tools } from '../tools/index.ts'
import { LineWriter, readLines } from './lines.ts'
import { stderrLogger } from './log.ts'
import { LineOutlet } from './outlet.ts'

export type { Prompts } from '../prompts/index.ts'
export type { Resources } from '../resources/index.ts'
export type { Tools } from '../tools/index.ts'

/** Options of a stdio server. Only `name` and `version` have no default. */
export interface StdioOptions {
  /** serverInfo of the handshake. */
  name: string
  version: string
  title?: string
  /** A hint for models on how to use the server. */
  instructions?: string
  limits?: Partial<Limits>
  /** Limits of all calls of tools together, beside those of each tool; none by default. */
  calls?: CallLimits
  /** Every how many milliseconds a client that gave a progress token is told that its call still runs; not at all by default. */
  heartbeatMs?: number
  /** Whether error data cites the requirement that was broken; off by default. */
  teach?: boolean
  /** Told of every frame that crosses. */
  onFrame?: Tap
  /** Told of every request, its end, refusals and sessions: `metrics()`, `telemetry()`, or one of your own. */
  observers?: readonly Observer[]
  /** Where what handlers log and what goes wrong in them goes, such as pino to stderr; warnings and errors go to stderr by default. */
  logger?: Logger
  /** Standard input and output by default. */
  input?: Readable
  output?: Writable
  /** Parts of the host to lend. */
  ports?: LentPorts
}

const members: Members<StdioOptions> = {
  name: true,
  version: true,
  title: true,
  instructions: 'text',
  limits: 'object',
  calls: true,
  heartbeatMs: true,
  teach: 'boolean',
  onFrame: 'function',
  observers: 'list',
  logger: 'port',
  input: 'object',
  output: 'object',
  ports: 'object'
}

/** A server that tools, resources and prompts plug into; `serve` takes over input and output. */
export type StdioServer = Tools &
  Resources &
  Prompts & {
    readonly host: Host
    /** Serves until the input ends or `close` is called; by then every answer that could be given is written. */
    serve(): Promise<void>
    /** Ends as at the end of the input. */
    close(): void
  }

/**
 * A stdio server. While it serves, `console.log` and everything else that writes to stdout goes to stderr (STDIO-06).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { PassThrough } from 'node:stream'
 * import { stdio } from 'handwire/stdio'
 *
 * const [input, output] = [new PassThrough(), new PassThrough()]
 * const server = stdio({ name: 'acme', version: '1.0.0', input, output }) // the process's own by default
 * server.tool('hello', {}, () => 'world')
 * const served = server.serve()
 *
 * input.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
 * await served
 * assert.equal(String(output.read()), '{"jsonrpc":"2.0","id":1,"result":{}}\n')
 * ```
 */
export function stdio(options: StdioOptions): StdioServer {
  checkMembers('stdio', options, members)
  const pageSize = options.limits?.pageSize ?? defaultLimits.pageSize
  const { calls, heartbeatMs } = options
  const ports = readPorts(options.ports)
  const room = tools(pageSize, { clock: ports.clock, limits: calls, heartbeatMs })
  const rooms = [room, resources(pageSize), prompts(pageSize)] as const
  const { input = process.stdin, output = process.stdout } = options
  const host = new Host({
    info: serverInfo(options),
    features: rooms.map((room) => room.feature),
    limits: options.limits ?? {},
    teach: options.teach ?? false,
    logger: options.logger ?? stderrLogger(),
    ...(options.instructions === undefined ? {} : { instructions: options.instructions }),
    ...(options.observers === undefined ? {} : { observers: options.observers }),
    ...(options.onFrame === undefined ? {} : { tap: options.onFrame }),
    ...ports
  })
  const close = (): void => void input.destroy()
  const serve = async (): Promise<void> => {
    const writer = output === process.stdout ? takeStdout() : new LineWriter(output)
    output.on('error', close)
    await converse(host, input, writer, close)
    // the timers of the host keep no process alive, and calls have their grace period
    const awake = setInterval(() => undefined, 60_000)
    try {
      await host.close()
      await writer.drained()
    } finally {
      clearInterval(awake)
    }
  }
  return { ...rooms[0].api, ...rooms[1].api, ...rooms[2].api, host, serve, close }
}

/** Hands every line to the host, one after the other, until the input ends. */
async function converse(host: Host, input: Readable, writer: LineWriter, close: () => void): Promise<void> {
  const claims: Claims = { session: undefined, revision: undefined, implicit: true }
  const begun = (session: string): void => {
    claims.session = session
  }
  try {
    for await (const line of readLines(input, host.limits.bodyBytes)) {
      const outlet = new LineOutlet(writer, host.limits, begun, close)
      if ('fault' in line) {
        host.refuse(new ProtocolError(line.fault), { outlet })
        continue
      }
      const before = claims.session
      await host.receive(line.text, claims, outlet)
      if (claims.session !== undefined && before === undefined) {
        const listening = await host.listen(claims, undefined)
        listening.attach({ write: (event) => writer.line(event.text), end() {} })
      }
      await writer.room(host.limits.backlogBytes)
    }
  } catch (error) {
    // the input was closed under us: the end, as well
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
      host.logger.error({ err: error }, 'input failed')
  }
}

/** Keeps stdout for frames: whoever else writes to it writes to stderr from now on. */
function takeStdout(): LineWriter {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  return new LineWriter(process.stdout, (text, done) => write(text, done))
}
