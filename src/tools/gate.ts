/** What one set of limits has let through: calls that run and wait, and what is left of each caller's rate. */
import { ToolError } from '../protocol/errors.ts'
import type { Clock } from '../protocol/ports.ts'
import type { Bounds } from './limits.ts'

/** What keeps a call from running; for the rate with the milliseconds until it does not. */
export type Block = { by: 'concurrency' | 'total' } | { by: 'rate'; ms: number }

/** Most calls that wait at one gate, whoever made them: each call that ends looks through those that wait. */
const mostWaiting = 1000

export class Gate {
  readonly bounds: Bounds
  readonly #of: string
  readonly #clock: Clock
  readonly #running = new Map<string, number>()
  readonly #waiting = new Map<string, number>()
  /** By caller, when the calls it has made would be paid off at an even pace. */
  readonly #paidAt = new Map<string, number>()
  #sweepAt = 1000
  #total = 0
  #allWaiting = 0

  /** `of` says in refusals what is limited, such as `the tool "search"`. */
  constructor(of: string, bounds: Bounds, clock: Clock) {
    this.#of = of
    this.bounds = bounds
    this.#clock = clock
  }

  /** What keeps a call of this caller from running now, with so many of its calls before it. */
  block(caller: string, before = 0): Block | undefined {
    if ((this.#running.get(caller) ?? 0) >= this.bounds.concurrency) return { by: 'concurrency' }
    if (this.#total >= this.bounds.total) return { by: 'total' }
    const ms = this.rateMs(caller, before)
    return ms > 0 ? { by: 'rate', ms } : undefined
  }

  /** Whole milliseconds until the rate lets a call of this caller through, with so many of its calls before it. */
  rateMs(caller: string, before: number): number {
    if (this.bounds.rate === undefined) return 0
    const { max, perMs } = this.bounds.rate
    const now = this.#clock.now()
    const paidAt = Math.max(this.#paidAt.get(caller) ?? now, now)
    // a millionth is what sums of fractions may be off
    return Math.max(0, Math.ceil(paidAt - now + ((before + 1) * perMs) / max - perMs - 1e-6))
  }

  /** A call of this caller begins. */
  enter(caller: string): void {
    this.#total += 1
    add(this.#running, caller, 1)
    if (this.bounds.rate === undefined) return
    const now = this.#clock.now()
    const { max, perMs } = this.bounds.rate
    this.#paidAt.set(caller, Math.max(this.#paidAt.get(caller) ?? now, now) + perMs / max)
    if (this.#paidAt.size > this.#sweepAt) this.#sweep(now)
  }

  /** A call of this caller has ended. */
  leave(caller: string): void {
    this.#total -= 1
    add(this.#running, caller, -1)
  }

  /** A call of this caller begins (1) or ends (-1) to wait. */
  wait(caller: string, change: 1 | -1): void {
    this.#allWaiting += change
    add(this.#waiting, caller, change)
  }

  /** Calls of this caller that wait. */
  waiting(caller: string): number {
    return this.#waiting.get(caller) ?? 0
  }

  /** Whether no further call of this caller may wait. */
  full(caller: string): boolean {
    return this.waiting(caller) >= this.bounds.queue || this.#allWaiting >= mostWaiting
  }

  /** What the model is told of a call that this gate did not let through in the time it may wait. */
  refusal(block: Block, waitedMs: number): ToolError {
    const { concurrency, total, rate } = this.bounds
    const waited = waitedMs > 0 ? `This call waited ${seconds(waitedMs)} in vain. ` : ''
    if (block.by === 'rate') {
      const most = `${calls(rate?.max ?? 0)} in ${seconds(rate?.perMs ?? 0)} from one caller`
      return new ToolError(`Rate limit: ${this.#of} takes at most ${most}. ${waited}Try again in ${seconds(block.ms)}.`)
    }
    const most =
      block.by === 'concurrency' ? `${calls(concurrency)} at one time from one caller` : `${calls(total)} at one time`
    return new ToolError(
      `Concurrency limit: ${this.#of} runs at most ${most}. ${waited}Try again when one of them has ended, in a few seconds.`
    )
  }

  /** Forgets callers that have their whole rate again. */
  #sweep(now: number): void {
    for (const [caller, paidAt] of this.#paidAt) if (paidAt <= now) this.#paidAt.delete(caller)
    this.#sweepAt = Math.max(1000, this.#paidAt.size * 2)
  }
}

/** A time for people, rounded up. */
export function seconds(ms: number): string {
  return ms >= 10_000 || ms % 1000 === 0 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 100) / 10} s`
}

function calls(count: number): string {
  return count === 1 ? '1 call' : `${count} calls`
}

function add(counts: Map<string, number>, caller: string, change: number): void {
  const count = (counts.get(caller) ?? 0) + change
  if (count === 0) counts.delete(caller)
  else counts.set(caller, count)
}
