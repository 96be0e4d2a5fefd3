/** The sessions that this process holds: found in the store, opened, changed, and ended with all that belongs to them. */
import type { CallHost } from './call.ts'
import { type Claims, checkSession } from './checks.ts'
import { ProtocolError } from './errors.ts'
import { Local } from './local.ts'
import type { Input } from './machine.ts'
import type { Awaitable, EventLog, SessionStore } from './ports.ts'
import { ownerOf, type Principal } from './principal.ts'
import type { Session, SessionChange } from './session.ts'

interface SessionsHost {
  store: SessionStore
  events: EventLog
  /** Whether they were lent: what a lent store has may outlive this process, and be another's too. */
  lent: { store: boolean; events: boolean }
  /** Requests of one session that may be open at one time. */
  inFlight: number
  /** Resources that one session may be subscribed to. */
  subscriptions: number
  /** What the calls of a session may do. */
  hostFor(local: Local): CallHost
  /** Tells the machine, and performs what it wants done. */
  feed(local: Local, input: Input): Awaitable<void>
  fault(error: unknown, what: string): void
}

export class Sessions {
  /** By session id. */
  readonly locals = new Map<string, Local>()
  readonly #host: SessionsHost

  constructor(host: SessionsHost) {
    this.#host = host
    host.store.onExpired((id) => this.#expired(id))
  }

  /** How many sessions, streams and calls there are. */
  get load(): { sessions: number; streams: number; calls: number } {
    let streams = 0
    let calls = 0
    for (const local of this.locals.values()) {
      streams += local.streams.size
      calls += local.calls.size
    }
    return { sessions: this.locals.size, streams, calls }
  }

  /** The session that a message belongs to. Throws what checkSession throws. */
  find(claims: Claims): Awaitable<Local> {
    const session = claims.session === undefined ? undefined : this.#host.store.read(claims.session)
    if (session instanceof Promise) return session.then((record) => this.#found(claims, record))
    return this.#found(claims, session)
  }

  /** Whether the sender has a session with the id that it claims. */
  async has({ session, principal }: Claims): Promise<boolean> {
    if (session === undefined) return false
    const record = await this.#host.store.read(session)
    return record !== undefined && record.owner === ownerOf(principal)
  }

  /** Takes a fresh session in. Throws tooManySessions. */
  async open(session: Session, principal: Principal | undefined): Promise<void> {
    if (!(await this.#host.store.create(session))) throw new ProtocolError('tooManySessions')
    this.#local(session).principal = principal
  }

  /** Changes a record; at once where the store is in this process. Throws tooManySubscriptions. */
  remember(local: Local, change: SessionChange): Promise<void> | undefined {
    const { subscriptions } = local.session
    if (
      change.change === 'subscribe' &&
      subscriptions.length >= this.#host.subscriptions &&
      !subscriptions.includes(change.uri)
    ) {
      throw new ProtocolError('tooManySubscriptions', { expected: `at most ${this.#host.subscriptions}` })
    }
    const stored = this.#host.store.change(local.session.id, change)
    if (stored === undefined) return undefined
    return stored.then(async () => {
      const fresh = await this.#host.store.read(local.session.id)
      if (fresh !== undefined) local.state.session = fresh
    })
  }

  /** Ends a session: its calls are stopped, its streams ended, its events forgotten. */
  async end(id: string, reason: string): Promise<void> {
    const local = this.locals.get(id)
    this.locals.delete(id)
    await this.#host.store.remove(id)
    if (local !== undefined) await this.#letGo(local, reason)
    await this.#host.events.forget(id)
  }

  /** Ends what this process holds, and closes the store after `settled`; sessions and events stay in stores that were lent. */
  async close(settled: () => Promise<void>): Promise<void> {
    const { store, events, lent } = this.#host
    for (const [id, local] of [...this.locals]) {
      this.locals.delete(id)
      if (!lent.store) await store.remove(id)
      await this.#letGo(local, 'the server is closing')
      if (!lent.events) await events.forget(id)
    }
    await settled()
    await store.close()
  }

  async #letGo(local: Local, reason: string): Promise<void> {
    await this.#host.feed(local, { is: 'ended', reason })
    local.end()
  }

  #found(claims: Claims, record: Session | undefined): Local {
    const local = this.#local(checkSession(claims, record))
    local.principal = claims.principal
    return local
  }

  #local(session: Session): Local {
    let local = this.locals.get(session.id)
    if (local === undefined) {
      local = new Local(session, this.#host.inFlight, this.#host.hostFor)
      this.locals.set(session.id, local)
    }
    local.state.session = session
    return local
  }

  #expired(id: string): void {
    const failed = (error: unknown): void => this.#host.fault(error, 'session store failed')
    if (this.locals.get(id)?.busy === true) Promise.resolve(this.#host.store.touch(id)).catch(failed)
    else this.end(id, 'the session ran out').catch(failed)
  }
}
