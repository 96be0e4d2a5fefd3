/** How observers are told: each in its turn, about requests, notifications, refusals and sessions, and none can break what it looks at. */
import type { AskMethod } from './asks.ts'
import { DeclarationError, type ProtocolError } from './errors.ts'
import { isObject, type Message, type RequestMessage } from './frame.ts'
import { notificationMethods, requestMethods } from './methods.ts'
import type {
  Clock,
  Load,
  Logger,
  ObservedCall,
  ObservedOutcome,
  ObservedSession,
  Observer,
  Outlet,
  Refused
} from './ports.ts'
import type { Principal } from './principal.ts'
import type { Revision } from './revisions.ts'
import type { Session } from './session.ts'
import { logThrown } from './thrown.ts'
import type { RequestId } from './types/index.ts'

/** What is known of the exchange in which something happened. */
interface Exchange {
  outlet: Outlet
  lent: unknown
  principal: Principal | undefined
}

export class Observation {
  readonly clock: Clock
  readonly #observers: readonly Observer[]
  readonly #logger: Logger
  #closed: (() => void)[] = []

  /** Throws a DeclarationError for an observer that would be told nothing. */
  constructor(observers: readonly Observer[], clock: Clock, logger: Logger) {
    for (const observer of observers) checkObserver(observer)
    this.#observers = observers
    this.clock = clock
    this.#logger = logger
  }

  /** Lends observers the live counts until `closed`. */
  started(load: () => Load): void {
    this.tell((observer) => {
      const closed = observer.started?.(load)
      if (closed !== undefined) this.#closed.push(closed)
    })
  }

  closed(): void {
    const closed = this.#closed
    this.#closed = []
    for (const tell of closed) this.guard(tell)
  }

  /** A request begins to run. */
  call(message: RequestMessage, exchange: Exchange, session: Session): WatchedCall {
    const call = new WatchedCall(message, exchange, session, this)
    this.tell((observer) => observer.called?.(call))
    return call
  }

  /** Something was refused before it was a call. */
  refused(
    error: ProtocolError,
    arrival: {
      outlet: Outlet
      lent?: unknown
      refused?: Refused
      id?: RequestId | undefined
      message?: Message | undefined
    }
  ): void {
    const { outlet, lent, refused = 'frame', id, message } = arrival
    const about = { refused, id, method: knownMethod(message), error: error.kind, code: error.code }
    this.tell((observer) => observer.refused?.({ ...about, lent, logger: outlet.logger }))
  }

  /** A notification was taken. */
  notified(message: Message, { outlet, lent }: Exchange): void {
    const method = knownMethod(message)
    this.tell((observer) => observer.notified?.({ method, lent, logger: outlet.logger }))
  }

  session(became: ObservedSession): void {
    this.tell((observer) => observer.session?.(became))
  }

  /** Runs something inside of every observer's own `around`; it runs once, whatever they do. */
  around(call: ObservedCall, run: () => void): void {
    let ran = false
    const once = (): void => {
      if (ran) return
      ran = true
      run()
    }
    const wrapped = this.#observers.reduceRight<() => void>(
      (inner, observer) => (observer.around === undefined ? inner : () => observer.around?.(call, inner)),
      once
    )
    this.guard(wrapped)
    once()
  }

  /** A question goes to the client; what is returned tells its end. */
  asked(call: ObservedCall, method: AskMethod): (failure?: unknown) => void {
    const ended: ((failure?: unknown) => void)[] = []
    this.tell((observer) => {
      const tell = observer.asked?.(call, method)
      if (tell !== undefined) ended.push(tell)
    })
    return (failure) => {
      for (const tell of ended) this.guard(() => tell(failure))
    }
  }

  tell(about: (observer: Observer) => void): void {
    for (const observer of this.#observers) this.guard(() => about(observer))
  }

  guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      logThrown(this.#logger, 'error', error, 'observer failed')
    }
  }
}

/** A request that runs, from its beginning to its one end. */
export class WatchedCall implements ObservedCall {
  readonly id: RequestId
  readonly method: string
  readonly session: string
  readonly revision: Revision
  readonly principal: Principal | undefined
  readonly lent: unknown
  readonly logger: Logger | undefined
  readonly #params: Record<string, unknown>
  readonly #observation: Observation
  readonly #began: number
  #over = false

  constructor(
    message: RequestMessage,
    { outlet, lent, principal }: Exchange,
    session: Session,
    observation: Observation
  ) {
    this.id = message.id
    this.method = message.method
    this.session = session.id
    this.revision = session.revision
    this.principal = principal
    this.lent = lent
    this.logger = outlet.logger
    this.#params = message.params ?? {}
    this.#observation = observation
    this.#began = observation.clock.now()
  }

  get tool(): string | undefined {
    return this.method === 'tools/call' ? this.#text('name') : undefined
  }

  get prompt(): string | undefined {
    return this.method === 'prompts/get' ? this.#text('name') : undefined
  }

  get uri(): string | undefined {
    return this.method.startsWith('resources/') ? this.#text('uri') : undefined
  }

  get meta(): Readonly<Record<string, unknown>> {
    return (this.#params['_meta'] as Record<string, unknown> | undefined) ?? {}
  }

  around(run: () => void): void {
    this.#observation.around(this, run)
  }

  asked(method: AskMethod): (failure?: unknown) => void {
    return this.#observation.asked(this, method)
  }

  /** It was answered: with a result, with one that says that the tool failed, or with an error. */
  answered(error: ProtocolError | undefined, toolFailed = false): void {
    if (error === undefined) this.#end({ is: toolFailed ? 'toolError' : 'result' })
    else this.#end({ is: error.kind === 'timedOut' ? 'timedOut' : 'error', error: error.kind, code: error.code })
  }

  /** It ended without an answer. */
  cancelled(): void {
    this.#end({ is: 'cancelled' })
  }

  #end(outcome: Omit<ObservedOutcome, 'ms'>): void {
    if (this.#over) return
    this.#over = true
    const ms = this.#observation.clock.now() - this.#began
    this.#observation.tell((observer) => observer.ended?.(this, { ...outcome, ms }))
  }

  #text(member: string): string | undefined {
    const value = this.#params[member]
    return typeof value === 'string' ? value : undefined
  }
}

const moments = ['started', 'called', 'around', 'ended', 'asked', 'notified', 'refused', 'session'] as const
moments satisfies readonly (keyof Observer)[]

function checkObserver(observer: unknown): void {
  const silent = isObject(observer) && Object.values(observer).every((member) => member === undefined)
  if (silent || moments.some((moment) => typeof (observer as Observer | null | undefined)?.[moment] === 'function'))
    return
  throw new DeclarationError('observer', `observers: each has at least one of ${moments.join(', ')}, a function`)
}

/** Only methods of the revision are named: any other is text of the peer's, without bounds. */
function knownMethod(message: Message | undefined): string | undefined {
  if (message === undefined || message.is === 'response') return undefined
  const { method } = message
  return requestMethods.has(method) || notificationMethods.has(method) ? method : undefined
}
