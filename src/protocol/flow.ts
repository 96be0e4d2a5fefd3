/** Results that are written as their pieces come, and never held whole. */
import { ProtocolError } from './errors.ts'
import { resultHead } from './frame.ts'
import type { RequestId } from './types/index.ts'

/** A result that is written as its pieces come, and never held whole. Together the pieces are JSON text. */
export class JsonFlow {
  readonly pieces: AsyncIterable<string>

  constructor(pieces: AsyncIterable<string>) {
    this.pieces = pieces
  }
}

/** The beginning of a flow: all of it when it ends within `bytes`, what came so far and the rest, or nothing because nobody wants it. */
export type Gathered = { whole: string } | { head: string; rest: AsyncIterator<string> } | 'unwanted'

/**
 * Reads a flow up to a size. Shells that cannot take back what they wrote gather first, so that what is small is
 * answered like any result, and only what is large is written as it comes.
 */
export async function gather(pieces: AsyncIterable<string>, bytes: number, wanted: () => boolean): Promise<Gathered> {
  const rest = pieces[Symbol.asyncIterator]()
  let head = ''
  while (head.length <= bytes) {
    const next = await rest.next()
    if (!wanted()) {
      await rest.return?.()
      return 'unwanted'
    }
    if (next.done === true) return { whole: head }
    head += next.value
  }
  return { head, rest }
}

/**
 * The same pieces, each with a time limit of its own: `limit` starts one and gives what stops it. When it runs out the
 * next piece rejects with timedOut. Nobody waits for a generator that hangs to clean up.
 */
export function limited(
  pieces: AsyncIterator<string>,
  limit: (expired: () => void) => () => void
): AsyncIterator<string> {
  return {
    next: () =>
      new Promise((resolve, reject) => {
        const stop = limit(() => reject(new ProtocolError('timedOut')))
        pieces.next().then(resolve, reject).finally(stop)
      }),
    async return() {
      pieces.return?.().then(undefined, () => undefined)
      return { done: true, value: undefined }
    }
  }
}

/**
 * The pieces of a whole frame around a result whose first piece has been read.
 * `failed` is told of a failure on the way, which cuts the frame off.
 */
export async function* frameOf(
  id: RequestId,
  first: IteratorResult<string>,
  rest: AsyncIterator<string>,
  failed: (error: unknown) => void
): AsyncGenerator<string> {
  try {
    yield resultHead(id) + (first.done === true ? '{}' : first.value)
    if (first.done !== true) {
      for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) yield piece.value
    }
    yield '}'
  } catch (error) {
    failed(error)
    throw error
  } finally {
    await rest.return?.()
  }
}
