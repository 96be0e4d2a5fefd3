/** One request of the runner's own, beside the cases: to learn what a server offers. */
import { at, type Json } from './json.ts'
import type { Peer } from './peer.ts'

/** Its result, or in words why there is none. */
export interface Asked {
  result: Json | undefined
  why: string | undefined
}

/** Asks for a list, or for the page of it that a cursor names, and waits for the answer no longer than `withinMs`. */
export async function askList(
  peer: Peer,
  id: number | string,
  method: string,
  cursor: Json | undefined,
  withinMs: number
): Promise<Asked> {
  const stream = await peer.send({ jsonrpc: '2.0', id, method, params: cursor === undefined ? {} : { cursor } })
  // the answer may come on any stream; only a refusal says that none will
  const refused = (): boolean =>
    stream.ended === 'failed' || (stream.ended === 'server' && (stream.head?.status ?? 0) >= 300)
  const found = await peer.inbox.until(
    () => peer.inbox.arrivals.find(({ message }) => at('/id', message) === id) ?? refused(),
    withinMs
  )
  const result = typeof found === 'object' ? at('/result', found.message) : undefined
  if (result !== undefined) return { result, why: undefined }
  const said = typeof found === 'object' ? at('/error/message', found.message) : undefined
  const status = stream.head === undefined ? `nothing within ${withinMs} ms` : `HTTP ${stream.head.status}`
  return { result, why: typeof said === 'string' ? said : status }
}
