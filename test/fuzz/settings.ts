/**
 * How much the fuzz tests throw and from which seed: the same frames in every run, unless FUZZ_SEED names another
 * seed. FUZZ_RUNS multiplies the number of batches: `FUZZ_RUNS=20 npx vitest run test/fuzz`.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect } from 'vitest'

const seed = Number(process.env['FUZZ_SEED'] ?? 20250618)
const factor = Number(process.env['FUZZ_RUNS'] ?? 1)

/** Time for one property, in milliseconds: far more than it needs, and enough for a search of an hour. */
export const patience = Math.max(60_000, factor * 60_000)

/** Runs a property over so many batches, times FUZZ_RUNS. A failure names its seed and path. */
export async function throwBatches<T>(
  batches: number,
  arbitrary: fc.Arbitrary<T>,
  check: (batch: T) => Promise<void>
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, check)
  await fc.assert(property, {
    seed,
    numRuns: Math.ceil(batches * factor),
    interruptAfterTimeLimit: patience,
    markInterruptAsFailure: true
  })
}

/** Counts what a file throws, prints it at the end, and fails when a promise was rejected that nobody awaited. */
export class Tally {
  readonly #what: string
  readonly #unhandled: unknown[] = []
  #thrown = 0
  #alarm: (reason: unknown) => void = () => undefined

  constructor(what: string) {
    this.#what = what
    const note = (reason: unknown): void => {
      this.#unhandled.push(reason)
      this.#alarm(reason)
    }
    beforeAll(() => void process.on('unhandledRejection', note).on('uncaughtException', note))
    afterAll(() => {
      process.off('unhandledRejection', note).off('uncaughtException', note)
      process.stdout.write(`fuzz: ${this.#thrown} ${this.#what}, seed ${seed}\n`)
    })
  }

  count(thrown = 1): void {
    this.#thrown += thrown
  }

  /** Awaits an answer; rejects when something goes wrong behind everybody's back, because then none may come. */
  answer<T>(work: PromiseLike<T>): Promise<T> {
    const alarm = new Promise<never>((_, reject) => {
      this.#alarm = reject
    })
    return Promise.race([work, alarm])
  }

  /** Nothing has gone wrong behind everybody's back so far. */
  verify(): void {
    expect(this.#unhandled.splice(0)).toEqual([])
  }
}
