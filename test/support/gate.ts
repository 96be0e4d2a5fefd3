/** Promises that a test settles by hand, and a turn of the event loop: what tests wait for instead of time. */

export interface Gate<T = void> {
  readonly passed: Promise<T>
  open(value: T): void
  fail(error: unknown): void
}

/** A promise and the two ways to settle it. */
export function gate<T = void>(): Gate<T> {
  let open: (value: T) => void = () => {}
  let fail: (error: unknown) => void = () => {}
  const passed = new Promise<T>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { passed, open, fail }
}

/** Lets everything happen that waits for nothing but a turn of the event loop. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits until a value is what is wanted; the test's own time limit is the only one. */
export async function until<T>(value: () => T | Promise<T>, wanted: T): Promise<void> {
  while ((await value()) !== wanted) await turns(1)
}
