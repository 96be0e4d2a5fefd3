/** One running request: what its handler is given, made piece by piece when it is touched. */
import { type AskMethod, failed } from './asks.ts'
import type { Call } from './feature.ts'
import type { RequestMessage } from './frame.ts'
import type { ElicitAnswer, Progress, SessionView } from './handler.ts'
import type { ListName } from './machine.ts'
import type { WatchedCall } from './observation.ts'
import type { Awaitable, Logger, Outlet } from './ports.ts'
import type { Principal } from './principal.ts'
import type { Caller, Lent } from './register.ts'
import { compileJsonSchema, isJsonSchema, type Validator } from './schema.ts'
import type { SessionChange } from './session.ts'
import type { CreateMessageResult, ElicitResult, ListRootsResult, LoggingLevel, RequestId } from './types/index.ts'

/** What the host does for its calls. */
export interface CallHost {
  logger(call: RunningCall): Logger
  progress(call: RunningCall, step: Progress): unknown
  message(call: RunningCall, level: LoggingLevel, data: unknown, logger: string | undefined): unknown
  ask(call: RunningCall, method: AskMethod, params: object | undefined): Promise<unknown>
  remember(change: SessionChange): Awaitable<void>
  listChanged(list: ListName): void
}

const contentValidators = new WeakMap<object, Validator<unknown>>()

export class RunningCall implements Call {
  readonly id: RequestId
  readonly method: string
  readonly outlet: Outlet
  readonly exchange: number
  readonly request: Lent
  readonly session: SessionView
  readonly principal: Caller
  /** What it is about, where that has a name: a tool or a prompt. */
  readonly subject: unknown
  readonly #host: CallHost
  #controller: AbortController | undefined
  #stopped: string | undefined
  #log: Logger | undefined
  /** Questions that wait for the client; while there are any, the time limit stands still. */
  asking = 0
  /** Its answer is being written: it may say nothing else. */
  flowing = false
  /** What is left of its time limit, once one has run. */
  leftMs: number | undefined
  /** Takes the time limit back, while one runs. */
  stopTimer: (() => void) | undefined
  /** What observers are told by, where there are any. */
  watched: WatchedCall | undefined

  constructor(
    message: RequestMessage,
    arrival: { exchange: number; outlet: Outlet; lent: unknown; principal: Principal | undefined },
    host: CallHost,
    session: SessionView
  ) {
    this.id = message.id
    this.method = message.method
    this.outlet = arrival.outlet
    this.exchange = arrival.exchange
    this.request = arrival.lent as Lent
    this.principal = arrival.principal as Caller
    this.session = session
    this.subject = message.params?.['name']
    this.#host = host
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#stopped !== undefined) this.#controller.abort(new Error(this.#stopped))
    }
    return this.#controller.signal
  }

  get log(): Logger {
    this.#log ??= this.#host.logger(this)
    return this.#log
  }

  // getters, so that a handler may take them out of the context: `{ progress, elicit }`
  get progress(): Call['progress'] {
    return (step) => void this.#host.progress(this, step)
  }

  get message(): Call['message'] {
    return (level, data, logger) => void this.#host.message(this, level, data, logger)
  }

  get elicit(): Call['elicit'] {
    return (message, schema) => heeded(this.#elicit(message, schema) as Promise<ElicitAnswer<never>>)
  }

  get sample(): Call['sample'] {
    return (params) => heeded(this.#host.ask(this, 'sampling/createMessage', params) as Promise<CreateMessageResult>)
  }

  get roots(): Call['roots'] {
    const ask = (): Promise<ListRootsResult> =>
      this.#host.ask(this, 'roots/list', undefined) as Promise<ListRootsResult>
    return () => heeded(ask().then(({ roots }) => roots))
  }

  get ping(): Call['ping'] {
    return () => heeded(this.#host.ask(this, 'ping', undefined).then(() => undefined))
  }

  remember(change: SessionChange): Awaitable<void> {
    return this.#host.remember(change)
  }

  /** Fires the signal, now or when it is first touched. */
  stop(reason: string): void {
    this.#stopped ??= reason
    this.stopTimer?.()
    this.#controller?.abort(new Error(reason))
  }

  async #elicit(message: string, schema: object): Promise<ElicitAnswer<unknown>> {
    if (!isJsonSchema(schema))
      throw new TypeError('the form of a question is JSON Schema; of zod z.toJSONSchema(schema)')
    const asked = { message, requestedSchema: schema }
    const answer = (await this.#host.ask(this, 'elicitation/create', asked)) as ElicitResult
    if (answer.action !== 'accept') return { action: answer.action }
    let fits = contentValidators.get(schema)
    if (fits === undefined) {
      fits = compileJsonSchema(schema)
      contentValidators.set(schema, fits)
    }
    const content = answer.content ?? {}
    if (!fits(content)) throw failed('elicitation/create', 'invalid', 'content does not match the requested schema')
    return { action: 'accept', content }
  }
}

/** A handler need not wait for what it asked; then a failure is nobody's, and must not end the process. */
function heeded<T>(answer: Promise<T>): Promise<T> {
  answer.then(undefined, () => undefined)
  return answer
}
