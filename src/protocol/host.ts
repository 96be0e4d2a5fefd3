/**
 * Where the protocol meets the world: the host feeds the machine with what arrives, and performs the machine's effects
 * through the ports and the outlets that a shell lends. HTTP and stdio differ only in the outlets they bring.
 */

import type { CallHost } from './call.ts'
import { Calls } from './calls.ts'
import { type Claims, checkParams } from './checks.ts'
import { completion } from './completion.ts'
import { ProtocolError } from './errors.ts'
import type { Feature, MethodFunction } from './feature.ts'
import { FrameError, type Message, printError, printResult, type RequestMessage, readFrame } from './frame.ts'
import { initializeResult, openSession } from './handshake.ts'
import { type Limits, readLimits } from './limits.ts'
import { ListChanges } from './list-changes.ts'
import type { Local } from './local.ts'
import { type Effect, type Input, step } from './machine.ts'
import { MemoryLog, MemorySessions, randomIds, systemClock } from './memory.ts'
import { Observation, type WatchedCall } from './observation.ts'
import type {
  Awaitable,
  Clock,
  EventLog,
  Ids,
  LentPorts,
  Load,
  Logger,
  Observer,
  Outlet,
  Refused,
  SessionStore,
  Tap
} from './ports.ts'
import { ownerOf, type Principal } from './principal.ts'
import { reachable } from './reachable.ts'
import type { Visible } from './registry.ts'
import { Sessions } from './sessions.ts'
import { type Listening, Streams } from './streams.ts'
import { type ShowFrame, tapped } from './tap.ts'
import { logThrown } from './thrown.ts'
import type { Implementation, InitializeParams, RequestId } from './types/index.ts'

/** What a host is made of. Everything but `info` and `features` has a default that lives in this process. */
export interface HostOptions extends LentPorts {
  /** serverInfo of the handshake. */
  info: Implementation
  instructions?: string
  features: readonly Feature[]
  limits?: Partial<Limits>
  /** Whether error data cites the requirement that was broken. */
  teach?: boolean
  logger?: Logger
  /** Told of every frame that crosses. */
  tap?: Tap
  /** Told of requests, notifications, refusals and sessions, in this order. */
  observers?: readonly Observer[]
}

/** A message that has arrived, and its way back. */
export interface Arrival {
  /** Number of the exchange that carries it. */
  exchange: number
  session: string | undefined
  outlet: Outlet
  /** Handed to handlers as `ctx.request`. */
  lent: unknown
  /** Who sent it. */
  principal: Principal | undefined
  /** What a refusal would answer. */
  refused: Refused
  /** Id of the request, once it is known. */
  id: RequestId | undefined
  /** The message, once it is read. */
  message: Message | undefined
  /** What observers are told by, where the host itself serves it. */
  watched?: WatchedCall | undefined
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

export class Host {
  readonly limits: Limits
  readonly clock: Clock
  readonly logger: Logger
  /** Streams of the sessions that this process holds. */
  readonly streams: Streams
  readonly #options: HostOptions
  readonly #ids: Ids
  readonly #sessions: Sessions
  readonly #calls: Calls
  readonly #observation: Observation | undefined
  readonly #stores: readonly [SessionStore, EventLog]
  /** Shows frames as they cross; undefined where nobody looks. */
  readonly #show: ShowFrame | undefined
  #exchanges = 0
  #closing = false
  #idle: (() => void) | undefined

  constructor(options: HostOptions) {
    const { features, clock = systemClock, ids = randomIds(), logger = silent, teach = false } = options
    this.#options = options
    this.limits = readLimits(options.limits)
    this.clock = clock
    this.logger = logger
    this.#ids = ids
    const { observers = [] } = options
    this.#observation = observers.length === 0 ? undefined : new Observation(observers, clock, logger)
    const events = options.events ?? new MemoryLog(clock, this.limits)
    const store = options.sessions ?? new MemorySessions(clock, this.limits.sessions, this.limits.sessionIdleMs)
    this.#stores = [store, events]
    const fault = (error: unknown, what: string): ProtocolError => this.#fault(error, what)
    this.#show = tapped(options.tap, clock, fault)
    const feed = (local: Local, input: Input): Awaitable<void> => this.#feed(local, input)
    const methods = new Map<string, MethodFunction>(features.flatMap((feature) => Object.entries(feature.methods)))
    methods.set('completion/complete', completion(features))
    const hostFor = (local: Local): CallHost => this.#calls.hostFor(local)
    this.#sessions = new Sessions({
      store,
      events,
      lent: { store: options.sessions !== undefined, events: options.events !== undefined },
      inFlight: this.limits.inFlight,
      subscriptions: this.limits.subscriptions,
      hostFor,
      feed,
      fault
    })
    this.streams = new Streams({ limits: this.limits, clock, ids, events, fault }, this.#sessions.locals)
    this.#calls = new Calls(
      {
        limits: this.limits,
        clock,
        ids,
        logger,
        teach,
        observation: this.#observation,
        feed,
        answer: (session, to, text, error) => this.#answer(session, to, text, error),
        remember: (local, change) => this.#sessions.remember(local, change)
      },
      methods
    )
    const lists = new ListChanges((list, seen) => this.#tellAll({ is: 'changed', list }, seen))
    for (const feature of features) {
      feature.watch((change) => {
        if ('list' in change) lists.note(change.list, change.visible)
        else
          this.#tellAll({ is: 'updated', uri: change.uri }, change.visible === undefined ? undefined : [change.visible])
      })
    }
    this.#observe(store)
  }

  /** How many sessions, streams and calls this process holds. */
  get load(): Load {
    return this.#sessions.load
  }

  /** Whether new requests are served: not while the host closes, nor when a store cannot be reached. */
  async ready(): Promise<boolean> {
    if (this.#closing) return false
    try {
      await reachable(this.#stores, this.clock)
      // it may have begun to close in the meantime
      return !this.#closing
    } catch (error) {
      logThrown(this.logger, 'warn', error, 'a store cannot be reached')
      return false
    }
  }

  /**
   * Takes one frame. Resolves when the message has been dispatched, which for a request is long before its answer;
   * a shell whose messages are ordered awaits it before the next. Never rejects: what is wrong goes to the outlet.
   * @param lent handed to handlers as `ctx.request`
   */
  receive(text: string, claims: Claims, outlet: Outlet, lent?: unknown): Awaitable<void> {
    const exchange = ++this.#exchanges
    const arrival: Arrival = {
      exchange,
      session: claims.session,
      outlet,
      lent,
      principal: claims.principal,
      refused: 'frame',
      id: undefined,
      message: undefined
    }
    this.#show?.('in', exchange, claims.session, text)
    try {
      const later = this.#take(readFrame(text), claims, arrival)
      if (later !== undefined) return later.catch((error) => this.#wrong(error, arrival))
    } catch (error) {
      this.#wrong(error, arrival)
    }
  }

  /** Answers an exchange with an error of the table; shells use it for what they find wrong themselves. */
  refuse(error: ProtocolError, arrival: Pick<Arrival, 'outlet'> & Partial<Arrival>): void {
    const text = printError(error.body(this.#options.teach === true), arrival.id)
    this.#show?.('out', arrival.exchange ?? ++this.#exchanges, arrival.session, text, error)
    if (arrival.watched !== undefined) arrival.watched.answered(error)
    else this.#observation?.refused(error, arrival)
    arrival.outlet.refuse(error, text, arrival.refused ?? 'frame')
  }

  /** Opens a stream of the session's own, or finds the one to resume. Throws noSession, unknownSession, wrongRevision, tooManyStreams, unknownEvent, streamOver, closing. */
  listen(claims: Claims, lastEventId: string | undefined): Promise<Listening> {
    return this.#masked(async () => {
      // a stream that is there already may be read on: a running call still answers on it
      if (this.#closing && lastEventId === undefined) throw new ProtocolError('closing')
      const local = await this.#sessions.find(claims)
      return this.streams.listen(local, ++this.#exchanges, lastEventId)
    })
  }

  /** Ends a session at the client's wish (SESS-13). Throws noSession, unknownSession, wrongRevision. */
  remove(claims: Claims): Promise<void> {
    return this.#masked(async () => {
      const local = await this.#sessions.find(claims)
      await this.#sessions.end(local.session.id, 'the session was ended')
      this.#observation?.session('ended')
    })
  }

  /** Refuses new requests and ends the sessions' own streams; running calls may finish within the grace period, then they are answered with an error and everything ends. */
  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    for (const local of this.#sessions.locals.values()) this.streams.endListening(local)
    if (this.load.calls > 0)
      await this.#withinGrace(
        new Promise<void>((resolve) => {
          this.#idle = resolve
        })
      )
    for (const local of this.#sessions.locals.values()) this.#calls.abandon(local)
    // answers go to their logs and their readers before anybody is told that all has ended
    await this.#sessions.close(() => this.#withinGrace(this.streams.settled()))
    this.#observation?.closed()
  }

  /** Waits for something as long as the grace period at most. */
  #withinGrace(done: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const stopGrace = this.clock.after(this.limits.graceMs, resolve)
      void done.then(() => {
        stopGrace()
        resolve()
      })
    })
  }

  /** Dispatches a message; at once where the store answers at once. */
  #take(message: Message, claims: Claims, arrival: Arrival): Awaitable<void> {
    arrival.refused = message.is
    arrival.message = message
    if (message.is === 'request') {
      arrival.id = message.id
      if (this.#closing) throw new ProtocolError('closing')
      if (message.method === 'initialize') return this.#initialize(message, claims, arrival)
      // pings are answered before there is a session, where the transport needs none (LIFE-10)
      if (message.method === 'ping' && claims.implicit === true && claims.session === undefined) {
        this.#answer('', arrival, printResult(message.id, '{}'))
        return
      }
    }
    const local = this.#sessions.find(claims)
    const arrived = (found: Local): Awaitable<void> => {
      if (message.is === 'notification') this.#observation?.notified(message, arrival)
      return this.#perform(found, step(found.state, { is: 'arrived', message }), arrival)
    }
    return local instanceof Promise ? local.then(arrived) : arrived(local)
  }

  #wrong(error: unknown, arrival: Arrival): void {
    if (error instanceof FrameError) arrival.id = error.id
    this.refuse(
      error instanceof ProtocolError ? error : this.#fault(error, 'message could not be served', arrival),
      arrival
    )
  }

  async #initialize(message: RequestMessage, claims: Claims, arrival: Arrival): Promise<void> {
    if (await this.#sessions.has(claims)) {
      throw new ProtocolError('initializedAlready', { expected: 'initialize without Mcp-Session-Id' })
    }
    checkParams(message)
    const session = openSession(
      this.#ids.session(),
      message.params as unknown as InitializeParams,
      this.#options.features,
      ownerOf(claims.principal)
    )
    arrival.watched = this.#observation?.call(message, arrival, session)
    await this.#sessions.open(session, claims.principal)
    this.#observation?.session('opened')
    arrival.outlet.begin(session.id)
    const result = initializeResult(session, this.#options.info, this.#options.instructions)
    arrival.watched?.answered(undefined)
    this.#answer(session.id, arrival, printResult(message.id, JSON.stringify(result)))
  }

  #feed(local: Local, input: Input): Awaitable<void> {
    return this.#perform(local, step(local.state, input))
  }

  /** Tells every session, or those that could see something. */
  #tellAll(input: Input, seen?: readonly Visible[]): void {
    for (const local of this.#sessions.locals.values()) {
      // that a list changed is told once too often rather than never; what a resource is called is told to its readers alone
      const unsure = input.is === 'changed'
      if (input.is === 'updated' && !local.session.subscriptions.includes(input.uri)) continue
      if (seen === undefined || seen.some((visible) => this.#couldSee(local, visible, unsure)))
        void this.#feed(local, input)
    }
  }

  /** A `visible` that throws is a fault, and `unsure` is what follows from it. */
  #couldSee(local: Local, visible: Visible, unsure: boolean): boolean {
    try {
      return visible(local.view)
    } catch (error) {
      this.#fault(error, 'visible failed')
      return unsure
    }
  }

  /** Performs effects in order. `arrival` is what has just arrived, where that is their cause. */
  #perform(local: Local, effects: readonly Effect[], arrival?: Arrival): Awaitable<void> {
    for (let place = 0; place < effects.length; place += 1) {
      const effect = effects[place] as Effect
      const later =
        effect.do === 'remember' ? this.#sessions.remember(local, effect.change) : this.#do(local, effect, arrival)
      if (later !== undefined) return later.then(() => this.#perform(local, effects.slice(place + 1), arrival))
    }
  }

  #do(local: Local, effect: Exclude<Effect, { do: 'remember' }>, arrival: Arrival | undefined): undefined {
    switch (effect.do) {
      case 'run':
        this.#calls.run(local, effect.request, arrival as Arrival)
        return
      case 'answer':
        this.#served(local, arrival as Arrival)
        this.#answer(local.session.id, arrival as Arrival, printResult(effect.request, effect.result.text))
        return
      case 'accept':
        arrival?.outlet.accept()
        return
      case 'refuse':
        this.refuse(effect.error, { ...(arrival as Arrival), id: effect.id, session: local.session.id })
        return
      case 'send':
        this.#send(local, effect)
        return
      case 'stop': {
        const call = local.calls.get(effect.request)
        if (call?.outlet.committed === false) call.stop(effect.reason)
        this.logger.debug({ mcp: { id: effect.request, reason: effect.reason } }, 'request stopped')
        return
      }
      case 'end':
        local.calls.get(effect.request)?.watched?.cancelled()
        local.calls.get(effect.request)?.outlet.end()
        local.calls.delete(effect.request)
        this.#ended()
        return
      case 'wake':
        this.#calls.wake(local, effect)
        return
      case 'warn':
        this.logger.warn({ mcp: effect.about }, effect.what)
    }
  }

  #send(local: Local, { on, text, loose }: Effect & { do: 'send' }): void {
    if (on !== undefined) {
      const call = local.calls.get(on)
      if (call === undefined) return
      this.#show?.('out', call.exchange, local.session.id, text)
      call.outlet.message(text, loose === true)
      return
    }
    const stream = local.outward
    if (stream === undefined) {
      this.logger.debug({}, 'no stream is open for a notification; it was dropped')
      return
    }
    this.#show?.('out', stream.exchange, local.session.id, text)
    stream.push(text)
  }

  #answer(session: string, to: { exchange: number; outlet: Outlet }, text: string | null, error?: ProtocolError): void {
    this.#show?.('out', to.exchange, session, text, error)
    if (text !== null) to.outlet.answer(text, error)
    this.#ended()
  }

  /** A request was served in the moment it came, as pings are. */
  #served(local: Local, arrival: Arrival): void {
    if (this.#observation === undefined || arrival.message?.is !== 'request') return
    this.#observation.call(arrival.message, arrival, local.session).answered(undefined)
  }

  /** Lends observers the counts, and tells them of sessions that ran out. */
  #observe(store: SessionStore): void {
    this.#observation?.started(() => this.load)
    if (this.#observation === undefined) return
    // the sessions were told first: one that is kept, because it is busy, is still there
    store.onExpired((id) => {
      if (!this.#sessions.locals.has(id)) this.#observation?.session('expired')
    })
  }

  /** A call has ended; whoever waits for the last one is told. */
  #ended(): void {
    if (this.#idle !== undefined && this.load.calls === 0) this.#idle()
  }

  /** What fails in a store is told to the log alone. */
  async #masked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw error instanceof ProtocolError ? error : this.#fault(error, 'store failed')
    }
  }

  /** Something of ours went wrong: the log gets all of it, the peer nothing (TOOLS-38). */
  #fault(error: unknown, what: string, arrival?: Arrival): ProtocolError {
    if (arrival === undefined) logThrown(this.logger, 'error', error, what)
    else logThrown(arrival.outlet.logger ?? this.logger, 'error', error, what, { mcp: { id: arrival.id } })
    return new ProtocolError('internal')
  }
}
