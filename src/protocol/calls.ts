/** Running requests: a handler is started, listened to, asked for the client's answers, stopped, and its result sent once. */
import { type AskMethod, checkAsk, failed } from './asks.ts'
import { type CallHost, RunningCall } from './call.ts'
import { ProtocolError } from './errors.ts'
import type { MethodFunction } from './feature.ts'
import { frameOf, JsonFlow, limited } from './flow.ts'
import { printError, printResult, type RequestMessage } from './frame.ts'
import type { Limits } from './limits.ts'
import type { Local } from './local.ts'
import type { Effect, Input } from './machine.ts'
import type { Observation } from './observation.ts'
import { type Awaitable, type Clock, type Ids, isLater, JsonText, type Logger, type Outlet } from './ports.ts'
import type { Principal } from './principal.ts'
import type { SessionChange } from './session.ts'
import { isThrown, logThrown } from './thrown.ts'

/** What the host does for running requests. */
export interface CallsHost {
  readonly limits: Limits
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly teach: boolean
  /** Tells the observers; undefined without any. */
  readonly observation: Observation | undefined
  /** Tells the machine, and performs what it wants done. */
  feed(local: Local, input: Input): Awaitable<void>
  /** Sends the last frame of an exchange; null when it has been written piece by piece. */
  answer(session: string, to: { exchange: number; outlet: Outlet }, text: string | null, error?: ProtocolError): void
  remember(local: Local, change: SessionChange): Awaitable<void>
}

export class Calls {
  readonly #host: CallsHost
  readonly #methods: ReadonlyMap<string, MethodFunction>

  constructor(host: CallsHost, methods: ReadonlyMap<string, MethodFunction>) {
    this.#host = host
    this.#methods = methods
  }

  /** Starts the handler of a request that the machine has opened. */
  run(
    local: Local,
    message: RequestMessage,
    arrival: { exchange: number; outlet: Outlet; lent: unknown; principal: Principal | undefined }
  ): void {
    const call = new RunningCall(message, arrival, local.host, local.view)
    local.calls.set(message.id, call)
    if (this.#host.observation === undefined) {
      this.#start(local, call, message)
      return
    }
    call.watched = this.#host.observation.call(message, arrival, local.session)
    call.watched.around(() => this.#start(local, call, message))
  }

  #start(local: Local, call: RunningCall, message: RequestMessage): void {
    try {
      const method = this.#methods.get(message.method)
      if (method === undefined) throw new ProtocolError('notOffered', { subject: message.method })
      const result = method(message.params ?? {}, call)
      if (!isLater(result)) {
        this.#settle(local, call, result)
        return
      }
      // a handler that asked before its first await has its time limit from the answer on
      if (call.asking === 0) this.#limitTime(local, call)
      result.then(
        (late) => this.#settle(local, call, late),
        (error) => this.#fail(local, call, error)
      )
    } catch (error) {
      this.#fail(local, call, error)
    }
  }

  /** Stops the calls of a session and answers that the server is closing (LIFE-29); an answer that is being written is left. */
  abandon(local: Local): void {
    for (const call of [...local.calls.values()]) {
      if (call.flowing) continue
      call.stop('the server is closing')
      this.#fail(local, call, new ProtocolError('closing'))
    }
  }

  /** What the calls of one session may do: each of their messages goes through the machine. */
  hostFor(local: Local): CallHost {
    // what a handler says after its call has ended is dropped, also when its id is in use again
    const feed = (call: RunningCall, input: Input): void => {
      if (local.calls.get(call.id) === call && !call.flowing) void this.#host.feed(local, input)
    }
    return {
      logger: (call) => (call.outlet.logger ?? this.#host.logger).child({ mcp: identityOf(call) }),
      progress: (call, progress) => feed(call, { is: 'progressed', request: call.id, step: progress }),
      message: (call, level, data, logger) => feed(call, { is: 'logged', request: call.id, level, data, logger }),
      ask: (call, method, params) => this.#ask(local, call, method, params),
      remember: (change) => this.#host.remember(local, change),
      listChanged: (list) => void this.#host.feed(local, { is: 'changed', list })
    }
  }

  /** Gives a handler the answer it awaits. */
  wake(local: Local, { ask, answer }: Effect & { do: 'wake' }): void {
    const waiting = local.waiting.get(ask)
    if (waiting === undefined) return
    local.waiting.delete(ask)
    waiting.stopTimer()
    if ('failure' in answer) waiting.reject(answer.failure)
    else waiting.resolve(answer.result)
  }

  #settle(local: Local, call: RunningCall, result: object): void {
    if (result instanceof JsonFlow) {
      void this.#flow(local, call, result)
      return
    }
    try {
      const text = result instanceof JsonText ? result.text : JSON.stringify(result)
      const toolFailed = call.watched !== undefined && (result as { isError?: unknown }).isError === true
      this.#finish(local, call, printResult(call.id, text), undefined, toolFailed)
    } catch (error) {
      this.#fail(local, call, error)
    }
  }

  /** `logged` tells that the log has the error already. */
  #fail(local: Local, call: RunningCall, error: unknown, logged = false): void {
    if (local.calls.get(call.id) !== call) return
    const known = isThrown(error, ProtocolError) ? error : new ProtocolError('internal')
    if (known !== error && !logged) logThrown(call.log, 'error', error, 'handler failed')
    this.#finish(local, call, printError(known.body(this.#host.teach), call.id), known)
  }

  /** Sends the answer, unless the request was cancelled in the meantime. */
  #finish(local: Local, call: RunningCall, text: string | null, error?: ProtocolError, toolFailed = false): void {
    call.stopTimer?.()
    if (local.calls.get(call.id) !== call) return
    void this.#host.feed(local, { is: 'settled', request: call.id })
    local.calls.delete(call.id)
    call.watched?.answered(error, toolFailed)
    this.#host.answer(local.session.id, call, text, error)
  }

  /**
   * Writes a result as its pieces come. The first is awaited before anything is said, so that an early failure is an
   * error; from then on the call says nothing else.
   */
  async #flow(local: Local, call: RunningCall, flow: JsonFlow): Promise<void> {
    const pieces = flow.pieces[Symbol.asyncIterator]()
    const failure = (error: unknown): void => logThrown(call.log, 'error', error, 'handler failed')
    const running = (): boolean => local.calls.get(call.id) === call
    this.#limitTime(local, call)
    try {
      const first = await pieces.next()
      call.stopTimer?.()
      if (!running()) return
      call.flowing = true
      const { clock, limits } = this.#host
      const rest = limited(pieces, (expired) => clock.after(limits.callMs, expired))
      const whole = await call.outlet.flow(frameOf(call.id, first, rest, failure))
      if (whole) {
        this.#finish(local, call, null)
      } else if (running()) {
        call.stop('the client left')
        this.#fail(local, call, new ProtocolError('interrupted'))
      }
    } catch (error) {
      call.stop('the answer was cut off')
      this.#fail(local, call, error, call.flowing)
    } finally {
      // it may have been left in the middle, or never been begun; it is not waited for, because it may hang
      void pieces.return?.()?.then(undefined, failure)
    }
  }

  /** Starts or goes on with the time limit of a call. */
  #limitTime(local: Local, call: RunningCall): void {
    const { clock, limits } = this.#host
    const began = clock.now()
    const left = call.leftMs ?? limits.callMs
    const stopTimer = clock.after(left, () => {
      call.stop('the request took too long')
      this.#fail(local, call, new ProtocolError('timedOut', { expected: `an answer within ${limits.callMs} ms` }))
    })
    call.stopTimer = () => {
      call.stopTimer = undefined
      call.leftMs = left - (clock.now() - began)
      stopTimer()
    }
  }

  /** Puts a question to the client. The call's own time limit stands still until the answer is there. */
  async #ask(local: Local, call: RunningCall, method: AskMethod, params: object | undefined): Promise<unknown> {
    checkAsk(method, params)
    const running = local.calls.get(call.id) === call
    if (!running) throw failed(method, 'cancelled', 'the call that asked has ended')
    if (call.flowing || !call.outlet.open)
      throw failed(method, 'unreachable', 'nothing can carry the question to the client')
    const ask = this.#host.ids.request()
    call.stopTimer?.()
    call.asking += 1
    const answer = new Promise<unknown>((resolve, reject) => {
      const stopTimer = this.#host.clock.after(
        this.#host.limits.askMs,
        () => void this.#host.feed(local, { is: 'due', ask })
      )
      local.waiting.set(ask, { resolve, reject, stopTimer })
    })
    void this.#host.feed(local, { is: 'asked', ask, request: call.id, method, params })
    const told = call.watched?.asked(method)
    if (told !== undefined)
      answer.then(
        () => told(),
        (failure) => told(failure)
      )
    return answer.finally(() => {
      call.asking -= 1
      if (call.asking === 0 && local.calls.get(call.id) === call) this.#limitTime(local, call)
    })
  }
}

/** What every line of a call's log is bound to. */
function identityOf({ id, method, subject }: RunningCall): object {
  const name = typeof subject === 'string' ? subject.slice(0, 100) : undefined
  if (method === 'tools/call') return { method, id, tool: name }
  if (method === 'prompts/get') return { method, id, prompt: name }
  return { method, id }
}
