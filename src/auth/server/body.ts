/** Bodies of requests that are read here, bounded; and a request that is read once more by somebody else. */
import { IncomingMessage } from 'node:http'

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
