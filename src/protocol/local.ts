/** What one process holds of a session: the machine's state, running calls, open streams, the view for handlers. */

import type { CallHost, RunningCall } from './call.ts'
import type { AskError } from './errors.ts'
import type { SessionView } from './handler.ts'
import { openState, type State } from './machine.ts'
import type { Principal } from './principal.ts'
import type { Caller } from './register.ts'
import type { Session } from './session.ts'
import type { Stream } from './stream.ts'
import type { RequestId } from './types/index.ts'

/** A question whose answer a handler awaits. */
export interface Waiting {
  resolve(result: unknown): void
  reject(failure: AskError): void
  stopTimer: () => void
}

export class Local {
  readonly state: State
  readonly calls = new Map<RequestId, RunningCall>()
  readonly waiting = new Map<RequestId, Waiting>()
  /** Streams that may still get events, by id. */
  readonly streams = new Map<string, Stream>()
  /** Those of them that a GET opened, oldest first. */
  readonly listening: Stream[] = []
  /** What the host does for this session's calls. */
  readonly host: CallHost
  readonly view: SessionView
  /** Who sent the newest request. */
  principal: Principal | undefined

  constructor(session: Session, inFlight: number, host: (local: Local) => CallHost) {
    this.state = openState(session, inFlight)
    this.host = host(this)
    this.view = new LocalView(this)
  }

  get session(): Session {
    return this.state.session
  }

  /** Whether something goes on that must keep the session alive. */
  get busy(): boolean {
    return this.calls.size > 0 || this.listening.some((stream) => stream.live)
  }

  /** The stream for a message that belongs to no request: the newest that is read, else the newest that can be resumed. */
  get outward(): Stream | undefined {
    return this.listening.findLast((stream) => stream.live) ?? this.listening.at(-1)
  }

  /** Ends every stream: the session is over, and nobody adds to them any more. */
  end(): void {
    for (const stream of this.streams.values()) stream.end()
    this.streams.clear()
    this.listening.length = 0
  }

  /** Forgets a stream that has ended. */
  drop(stream: Stream): void {
    this.streams.delete(stream.id)
    const place = this.listening.indexOf(stream)
    if (place >= 0) this.listening.splice(place, 1)
  }
}

class LocalView implements SessionView {
  readonly #local: Local

  constructor(local: Local) {
    this.#local = local
  }

  get id() {
    return this.#local.session.id
  }

  get revision() {
    return this.#local.session.revision
  }

  get client() {
    return this.#local.session.client
  }

  get principal() {
    return this.#local.principal as Caller
  }

  get data() {
    return this.#local.session.data
  }

  get update(): SessionView['update'] {
    return async (data) => this.#local.host.remember({ change: 'data', data })
  }

  get listChanged(): SessionView['listChanged'] {
    return (list) => this.#local.host.listChanged(list)
  }
}
