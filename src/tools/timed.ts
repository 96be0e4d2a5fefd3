/** The context of a call that has a time limit of its own, or whose client is told that it still runs. */
import { ToolError } from '../protocol/errors.ts'
import type { Context, Progress } from '../protocol/handler.ts'
import type { Clock } from '../protocol/ports.ts'
import { seconds } from './gate.ts'

/** What a heartbeat's progress counts in: its seconds become millionths, below whatever a handler begins with. */
const heartbeatUnit = 1e9

export interface Timing {
  tool: string
  clock: Clock
  timeoutMs: number | undefined
  heartbeatMs: number | undefined
}

export class TimedCall {
  /** What the handler is given. */
  readonly context: Context
  readonly #call: Context
  readonly #timing: Timing
  readonly #beganAt: number
  #signal: AbortSignal | undefined
  readonly #own = new AbortController()
  #expire: ((error: ToolError) => void) | undefined
  #leftMs: number
  #stopTimer: (() => void) | undefined
  #asking = 0
  #stopHeartbeat: (() => void) | undefined
  /** When the last heartbeat was, in milliseconds of the call. */
  #beatenMs: number | undefined

  constructor(call: Context, timing: Timing) {
    this.#call = call
    this.#timing = timing
    this.#beganAt = timing.clock.now()
    this.#leftMs = timing.timeoutMs ?? Number.POSITIVE_INFINITY
    if (timing.heartbeatMs !== undefined) this.#beatAfter(timing.heartbeatMs)
    this.context = this.#wrap()
  }

  /** The result of this work, or a ToolError when it takes longer than it may; then its signal has fired. */
  within<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#expire = reject
      this.#startTimer()
      work().then(resolve, reject)
    })
  }

  /** The call is over: no timer is left. */
  close(): void {
    this.#expire = undefined
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#stopHeartbeat?.()
    this.#stopHeartbeat = undefined
  }

  /** Everything that the call's own context has, with what has to be watched in its place. */
  #wrap(): Context {
    type Asked = (...values: unknown[]) => Promise<unknown>
    const paused =
      (ask: Asked): Asked =>
      (...values) =>
        this.#pausedWhile(() => ask(...values))
    return new Proxy(this.#call, {
      get: (call, name) => {
        if (name === 'signal') return this.#anySignal()
        if (name === 'progress') return (step: Progress) => this.#progress(step)
        const value: unknown = Reflect.get(call, name, call)
        if (typeof value !== 'function') return value
        const bound = value.bind(call) as Asked
        return name === 'elicit' || name === 'sample' || name === 'roots' || name === 'ping' ? paused(bound) : bound
      }
    })
  }

  #anySignal(): AbortSignal {
    if (this.#timing.timeoutMs === undefined) return this.#call.signal
    this.#signal ??= AbortSignal.any([this.#call.signal, this.#own.signal])
    return this.#signal
  }

  #startTimer(): void {
    if (this.#leftMs === Number.POSITIVE_INFINITY || this.#expire === undefined || this.#asking > 0) return
    const { clock, timeoutMs = 0, tool } = this.#timing
    const startedAt = clock.now()
    const stop = clock.after(this.#leftMs, () => {
      const error = new ToolError(
        `Time limit: the tool "${tool}" may run for ${seconds(timeoutMs)}, and was stopped before it had a result.`
      )
      this.#call.log.warn({ tool, timeoutMs }, 'tool stopped by its time limit')
      this.#own.abort(error)
      this.#expire?.(error)
    })
    this.#stopTimer = () => {
      this.#stopTimer = undefined
      this.#leftMs -= clock.now() - startedAt
      stop()
    }
  }

  /** The time limit stands still while the client is asked, as the endpoint's does. */
  #pausedWhile<T>(ask: () => Promise<T>): Promise<T> {
    this.#asking += 1
    this.#stopTimer?.()
    const answered = (): void => {
      this.#asking -= 1
      this.#startTimer()
    }
    const answer = ask()
    answer.then(answered, answered)
    return answer
  }

  /** The handler speaks for itself: no heartbeat from here on, and what it says rises above what was said for it. */
  #progress(step: Progress): void {
    this.#stopHeartbeat?.()
    this.#stopHeartbeat = undefined
    const beatenMs = this.#beatenMs
    this.#beatenMs = undefined
    const lifted = beatenMs !== undefined && step.progress <= beatenMs / heartbeatUnit
    this.#call.progress(lifted ? { ...step, progress: (beatenMs + 1) / heartbeatUnit } : step)
  }

  #beatAfter(ms: number): void {
    this.#stopHeartbeat = this.#timing.clock.after(ms, () => {
      this.#stopHeartbeat = undefined
      // a handler may go on after its call was cancelled
      if (this.#call.signal.aborted) return
      const elapsedMs = Math.round(this.#timing.clock.now() - this.#beganAt)
      this.#beatenMs = elapsedMs
      const message = `still running after ${seconds(elapsedMs)}`
      this.#call.progress({ progress: elapsedMs / heartbeatUnit, message })
      this.#beatAfter(ms)
    })
  }
}
