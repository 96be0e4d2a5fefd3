/** Whether the stores of a host are there. */
import type { Clock } from './ports.ts'

/** How long a store has to say that it is there, in milliseconds. */
const pingMs = 2000

/** Resolves when all have answered; rejects with the first that cannot be reached, or has not answered in time. */
export async function reachable(stores: readonly { ping?(): Promise<void> }[], clock: Clock): Promise<void> {
  let stopTimer = (): void => undefined
  const late = new Promise<never>((_, reject) => {
    stopTimer = clock.after(pingMs, () => reject(new Error(`no answer within ${pingMs} ms`)))
  })
  try {
    await Promise.race([Promise.all(stores.map(async (store) => store.ping?.())), late])
  } finally {
    stopTimer()
  }
}
