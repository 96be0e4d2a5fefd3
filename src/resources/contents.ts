/** What a resource's handler returned, made the result that goes on the wire (server/resources#resource-contents). */
import { base64 } from '../protocol/content.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { JsonFlow } from '../protocol/flow.ts'
import { isObject } from '../protocol/frame.ts'
import { asSent, compileLater, explain } from '../protocol/schema.ts'
import { ReadResourceResult } from '../protocol/types/index.ts'

const resultFits = compileLater(ReadResourceResult)

/**
 * A result from whatever a handler may return; undefined means there is no such resource.
 * Throws a TypeError for contents that are none, and for what has no JSON.
 */
export function resourceResult(
  uri: string,
  mimeType: string | undefined,
  value: unknown
): ReadResourceResult | JsonFlow {
  if (value === undefined || value === null) throw missing(uri)
  const about = mimeType === undefined ? { uri } : { uri, mimeType }
  if (typeof value === 'string') return { contents: [{ ...about, text: value }] }
  if (isBytes(value)) return { contents: [{ ...about, blob: base64(value) }] }
  if (isPieces(value)) return new JsonFlow(flow(uri, about, value))
  if (isObject(value) && Array.isArray(value['contents'])) {
    const [sent, fits] = [asSent(value), resultFits()]
    if (!fits(sent)) throw new TypeError(`resource ${uri} returned contents that are none: ${explain(fits.errors)}`)
    return sent
  }
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError(`resource ${uri} returned something that has no JSON`)
  return { contents: [{ ...about, text }] }
}

/**
 * The JSON text of a result around pieces that are never collected. The first piece decides: strings make `text`,
 * bytes make `blob`. Throws a TypeError for a piece that is neither, and when the kind changes on the way.
 */
async function* flow(uri: string, about: object, pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const head = `{"contents":[${JSON.stringify(about).slice(0, -1)},`
  let kind: 'text' | 'blob' | undefined
  let rest: Uint8Array = new Uint8Array(0)
  try {
    for await (const piece of pieces) {
      if (typeof piece !== 'string' && !isBytes(piece))
        throw new TypeError('a resource handler yielded what is neither text nor bytes')
      const now = typeof piece === 'string' ? 'text' : 'blob'
      if (kind === undefined) yield `${head}"${now}":"`
      else if (now !== kind) throw new TypeError('a resource handler yielded both text and bytes')
      kind = now
      if (typeof piece === 'string') {
        yield JSON.stringify(piece).slice(1, -1)
      } else {
        // base64 goes in threes: what does not fill one waits for the next piece
        const whole = rest.length === 0 ? piece : Buffer.concat([rest, piece])
        const even = whole.length - (whole.length % 3)
        // a copy: the handler may use its buffer again
        rest = new Uint8Array(whole.subarray(even))
        yield base64(whole.subarray(0, even))
      }
    }
  } catch (error) {
    throw located(uri, error)
  }
  if (kind === undefined) yield `${head}"text":"`
  yield `${base64(rest)}"}]}`
}

/** Bytes, also those of another realm, as runners of tests have one each. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]' && ArrayBuffer.isView(value)
}

function isPieces(value: unknown): value is AsyncIterable<string | Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** -32002 for a URI that names nothing (RES-36). */
export function missing(uri: string): ProtocolError {
  return new ProtocolError('resourceNotFound', {
    data: { uri },
    expected: 'a listed resource, or a URI of a listed template',
    received: uri
  })
}

/** What a handler threw; when it found nothing, with the URI that was asked for (RES-38). */
export function located(uri: string, error: unknown): unknown {
  const bare = error instanceof ProtocolError && error.kind === 'resourceNotFound' && error.detail.data === undefined
  return bare ? missing(uri) : error
}
