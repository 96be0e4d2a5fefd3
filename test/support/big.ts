/** A server with one resource of any size, and what became of its generator. */
import type { Context } from '../../src/protocol/handler.ts'
import { turns } from './gate.ts'
import { type Listening, type ListeningOptions, listening } from './listening.ts'

/** One piece. */
export const chunk = 'x'.repeat(64 * 1024)

/** What became of the generator behind `big://r`. */
export interface Watched {
  signal: AbortSignal | undefined
  cleaned: boolean
  yielded: number
}

/** Yields the pieces of `make` under `big://r`, and notes how it ended. */
export async function big(
  make: (context: Context) => AsyncGenerator<string>,
  options: ListeningOptions = {}
): Promise<Listening & { watched: Watched }> {
  const watched: Watched = { signal: undefined, cleaned: false, yielded: 0 }
  const server = await listening({
    ...options,
    offer: ({ mcp }) =>
      mcp.resource('big://r', {}, async function* (_, context) {
        watched.signal = context.signal
        try {
          for await (const piece of make(context)) {
            watched.yielded += 1
            yield piece
          }
        } finally {
          watched.cleaned = true
        }
      })
  })
  return { ...server, watched }
}

/** Pieces without end. */
export async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield chunk
    await turns(1)
  }
}
