/** A bare host with the three rooms, a lent clock and counting ids, and peers that talk to it without any transport. */
import { type Prompts, prompts } from '../../src/prompts/index.ts'
import type { Claims } from '../../src/protocol/checks.ts'
import { Host, type HostOptions } from '../../src/protocol/host.ts'
import { defaultLimits } from '../../src/protocol/limits.ts'
import type { TappedFrame } from '../../src/protocol/ports.ts'
import { type Resources, resources } from '../../src/resources/index.ts'
import { type Tools, tools } from '../../src/tools/index.ts'
import { countingIds, TestClock } from './clock.ts'
import { RecordingLog, RecordingOutlet, RecordingReader } from './recording.ts'

export const clientInfo = { name: 'test', version: '0' }

/** The request that opens a session. */
export function initialize(capabilities: object = {}): object {
  const params = { protocolVersion: '2025-06-18', capabilities, clientInfo }
  return { jsonrpc: '2.0', id: 0, method: 'initialize', params }
}

export class Bench {
  readonly clock = new TestClock()
  readonly log = new RecordingLog()
  readonly frames: TappedFrame[] = []
  readonly mcp: Tools & Resources & Prompts
  readonly host: Host

  constructor(options: Partial<HostOptions> = {}) {
    const pageSize = options.limits?.pageSize ?? defaultLimits.pageSize
    const rooms = [
      tools(pageSize, { clock: options.clock ?? this.clock }),
      resources(pageSize),
      prompts(pageSize)
    ] as const
    this.mcp = { ...rooms[0].api, ...rooms[1].api, ...rooms[2].api }
    this.host = new Host({
      info: { name: 'bench', version: '0' },
      features: rooms.map((room) => room.feature),
      clock: this.clock,
      ids: countingIds(),
      logger: this.log,
      tap: (frame) => this.frames.push(frame),
      ...options
    })
  }

  /** Sends what may be no message at all, outside of any session. */
  raw(text: string, claims: Partial<Claims> = {}): RecordingOutlet {
    const outlet = new RecordingOutlet()
    void this.host.receive(text, { session: undefined, revision: undefined, ...claims }, outlet)
    return outlet
  }

  /** A session after its handshake; without `ready` before notifications/initialized. */
  async open(capabilities: object = {}, ready = true): Promise<Peer> {
    const outlet = this.raw(JSON.stringify(initialize(capabilities)))
    await outlet.ended
    if (outlet.session === undefined) throw new Error('no session was opened')
    const peer = new Peer(this.host, outlet.session)
    if (ready) await peer.notify('notifications/initialized').ended
    return peer
  }
}

export class Peer {
  readonly #host: Host
  readonly session: string
  #ids = 0

  constructor(host: Host, session: string) {
    this.#host = host
    this.session = session
  }

  send(message: object): RecordingOutlet {
    const outlet = new RecordingOutlet()
    void this.#host.receive(JSON.stringify({ jsonrpc: '2.0', ...message }), this.claims, outlet)
    return outlet
  }

  request(method: string, params?: object, id: string | number = ++this.#ids): RecordingOutlet {
    return this.send({ id, method, params })
  }

  /** tools/call; with a progress token that is the id. */
  call(name: string, args: object = {}, id: string | number = ++this.#ids): RecordingOutlet {
    return this.request('tools/call', { name, arguments: args, _meta: { progressToken: id } }, id)
  }

  notify(method: string, params?: object): RecordingOutlet {
    return this.send({ method, params })
  }

  cancel(requestId: string | number): RecordingOutlet {
    return this.notify('notifications/cancelled', { requestId })
  }

  async listen(lastEventId?: string): Promise<RecordingReader & { leave(): void }> {
    const reader = new RecordingReader()
    const listening = await this.#host.listen(this.claims, lastEventId)
    listening.attach(reader)
    return Object.assign(reader, { leave: () => listening.detach(reader) })
  }

  get claims(): Claims {
    return { session: this.session, revision: undefined }
  }
}
