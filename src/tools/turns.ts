/** Calls that wait until their gates let them through: first come, first served for each caller, and the callers in turn. */
import type { Awaitable, Clock } from '../protocol/ports.ts'
import type { Block, Gate } from './gate.ts'

/** A gate to pass, and who the call counts for there. */
export interface Passage {
  gate: Gate
  caller: string
}

interface WaitingCall {
  passages: readonly Passage[]
  /** Its turn has come. */
  begin(): void
}

/** Gives back the places of a call that has ended. */
export type Leave = () => void

export class Turns {
  readonly #clock: Clock
  /** Calls that wait, by caller; the caller who was served last comes last. */
  readonly #callers = new Map<string, Set<WaitingCall>>()
  #stopTimer: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Takes a place at every gate, now or when its turn has come. Rejects with a ToolError when there is no place to be had in
   * time, and with the reason of `signal` when the call is over before it has begun.
   */
  enter(passages: readonly Passage[], signal: () => AbortSignal): Awaitable<Leave> {
    // a place that has become free in this very moment is theirs who wait already
    if (this.#callers.size > 0) this.#serve()
    const blocked = blockOf(passages)
    if (blocked === undefined) return this.#take(passages)
    for (const { gate, caller } of passages) {
      const ms = gate.rateMs(caller, gate.waiting(caller))
      const full = gate.full(caller)
      if (ms > gate.bounds.queueMs || (full && ms > 0)) throw gate.refusal({ by: 'rate', ms }, 0)
      if (full) throw blocked.gate.refusal(blocked.block, 0)
    }
    return this.#wait(passages, signal())
  }

  #wait(passages: readonly Passage[], signal: AbortSignal): Promise<Leave> {
    // the gate of the tool comes first: whoever it counts for takes turns
    const caller = passages[0]?.caller ?? ''
    const waitMs = Math.min(...passages.map(({ gate }) => gate.bounds.queueMs))
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason)
        return
      }
      const over = (): void => {
        signal.removeEventListener('abort', left)
        stopTimer()
        for (const passage of passages) passage.gate.wait(passage.caller, -1)
        this.#leaveQueue(caller, call)
      }
      const call: WaitingCall = {
        passages,
        begin: () => {
          over()
          resolve(this.#take(passages))
        }
      }
      const left = (): void => {
        over()
        this.#watchRates()
        reject(signal.reason)
      }
      const stopTimer = this.#clock.after(waitMs, () => {
        // its own moment may be the one in which the rate lets it through
        const blocked = blockOf(passages)
        if (blocked === undefined) {
          call.begin()
          return
        }
        over()
        this.#watchRates()
        reject(blocked.gate.refusal(blocked.block, waitMs))
      })
      signal.addEventListener('abort', left)
      for (const passage of passages) passage.gate.wait(passage.caller, 1)
      const waiting = this.#callers.get(caller)
      if (waiting === undefined) this.#callers.set(caller, new Set([call]))
      else waiting.add(call)
      this.#watchRates()
    })
  }

  #leaveQueue(caller: string, call: WaitingCall): void {
    const waiting = this.#callers.get(caller)
    waiting?.delete(call)
    if (waiting?.size === 0) this.#callers.delete(caller)
  }

  #take(passages: readonly Passage[]): Leave {
    for (const { gate, caller } of passages) gate.enter(caller)
    return () => {
      for (const { gate, caller } of passages) gate.leave(caller)
      this.#serve()
    }
  }

  /** Begins every call that nothing keeps any longer, one of each caller and then the next of each. */
  #serve(): void {
    for (let served = true; served; ) {
      served = false
      for (const [caller, waiting] of [...this.#callers]) {
        for (const call of waiting) {
          if (blockOf(call.passages) !== undefined) continue
          call.begin()
          if (waiting.size > 0) {
            this.#callers.delete(caller)
            this.#callers.set(caller, waiting)
          }
          served = true
          break
        }
      }
    }
    this.#watchRates()
  }

  /** Wakes when the first rate lets one of the waiting calls through; places that become free wake by themselves. */
  #watchRates(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    let soonest = Number.POSITIVE_INFINITY
    for (const waiting of this.#callers.values()) {
      for (const { passages } of waiting) {
        const block = blockOf(passages)?.block
        if (block?.by === 'rate') soonest = Math.min(soonest, block.ms)
      }
    }
    if (soonest !== Number.POSITIVE_INFINITY) this.#stopTimer = this.#clock.after(soonest, () => this.#serve())
  }
}

/** The first gate that keeps a call from running. */
function blockOf(passages: readonly Passage[]): { gate: Gate; block: Block } | undefined {
  for (const { gate, caller } of passages) {
    const block = gate.block(caller)
    if (block !== undefined) return { gate, block }
  }
  return undefined
}
