/** Content encodings taken off a body that came in pieces, so that what stands in it can be read. */
import { setImmediate as turn } from 'node:timers/promises'
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

const bytesAtMost = 64 * 1024 * 1024
const gentle = { finishFlush: constants.Z_SYNC_FLUSH }

/** The encodings of a body by its Content-Encoding header, in the order they were put on. */
export function encodingsOf(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
}

/**
 * The pieces of a body without its encodings: each holds what its bytes made readable, the last also what was left over.
 * Undefined for an encoding nobody here knows, for bytes that are not so encoded, and for more than 64 MiB.
 */
export async function decoded(pieces: Buffer[], encodings: string[]): Promise<Buffer[] | undefined> {
  let found: Buffer[] | undefined = pieces
  for (const encoding of encodings.toReversed()) found = found && (await without(encoding, found))
  return found
}

async function without(encoding: string, pieces: Buffer[]): Promise<Buffer[] | undefined> {
  const first = pieces.find((piece) => piece.length > 0)
  if (first === undefined) return pieces
  const reader = readerOf(encoding, first)
  if (reader === undefined) return undefined
  const gathered: Buffer[] = []
  let total = 0
  const ended = new Promise<'ended' | 'broken'>((resolve) => {
    reader.on('end', () => resolve('ended'))
    reader.on('error', () => resolve('broken'))
    reader.on('close', () => resolve('broken'))
  })
  reader.on('data', (chunk: Buffer) => {
    total += chunk.length
    gathered.push(chunk)
    if (total > bytesAtMost) reader.destroy()
  })
  const take = (): Buffer => Buffer.concat(gathered.splice(0))
  const results: Buffer[] = []
  for (const piece of pieces) {
    const written = new Promise<'written'>((resolve) => reader.write(piece, () => resolve('written')))
    if ((await Promise.race([written, ended])) === 'broken') return undefined
    // what a piece made readable is told a turn later
    await turn()
    results.push(take())
  }
  reader.end()
  if ((await ended) === 'broken') return undefined
  results.push(Buffer.concat([results.pop()!, take()]))
  return results
}

function readerOf(encoding: string, first: Buffer): ReturnType<typeof createGunzip> | undefined {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip(gentle)
  // what servers call deflate has a zlib header, or it has not
  if (encoding === 'deflate') return (first[0]! & 0x0f) === 8 ? createInflate(gentle) : createInflateRaw(gentle)
  if (encoding === 'br') return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })
  return undefined
}
