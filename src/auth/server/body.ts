/** Bodies of requests that are read here, bounded; and a request that is read once more by somebody else. */
import { IncomingMessage, type ServerResponse } from 'node:http'
import { refuse } from './answer.ts'

/** The longest body that is taken, in bytes, how long it may take to come, and how many may be on the way at once. */
const longestBody = 57_344
const bodyMs = 10_000
const mostComing = 1000

/** Bodies on the way. They are read before any work begins: whoever sends slowly takes the place of nobody who has sent all. */
export class Bodies {
  #coming = 0

  /** The request with all of its body; undefined when it was refused, or is gone. */
  async whole(request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage | undefined> {
    if (request.method !== 'POST') return request
    if (this.#coming >= mostComing) {
      refuse(response, 503, 'temporarily_unavailable', 1)
      return undefined
    }
    this.#coming += 1
    const late = setTimeout(() => request.destroy(), bodyMs)
    try {
      const body = await readBody(request, longestBody)
      if (body !== undefined) return replayed(request, body)
      refuse(response, 413, 'invalid_request')
    } catch {
      // it is gone, or it took too long
      response.destroy()
    } finally {
      clearTimeout(late)
      this.#coming -= 1
    }
    return undefined
  }
}

/** The body; undefined when it is longer than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > limit) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The same request with a body that is still to be read. */
export function replayed(request: IncomingMessage, body: Buffer): IncomingMessage {
  const again = new IncomingMessage(request.socket)
  const { httpVersion, httpVersionMajor, httpVersionMinor, method, url } = request
  // a chunked body is one piece now
  const { 'transfer-encoding': _chunked, ...headers } = request.headers
  Object.assign(again, { httpVersion, httpVersionMajor, httpVersionMinor, method, url })
  again.headers = { ...headers, 'content-length': String(body.length) }
  // one that were not complete would take the connection with it when it ends
  again.complete = true
  again.push(body)
  again.push(null)
  return again
}
