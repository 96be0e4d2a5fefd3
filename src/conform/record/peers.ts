/** Who spoke: the names by which client and server introduced themselves in the handshake. */
import { at, type Json } from '../json.ts'
import type { CaptureEvent, PeerName } from './capture.ts'
import type { Exchange } from './exchange.ts'
import { readExchanges } from './normalise.ts'

/** The names in a recording; `unknown` where nobody said one, or where it cannot be read. */
export function peersOf(events: CaptureEvent[]): { client: PeerName; server: PeerName } {
  const exchanges = readable(events)
  const results = exchanges.flatMap(({ parts }) =>
    parts.flatMap(({ message }) => at('/result/serverInfo', message) ?? [])
  )
  const asked = exchanges.flatMap(({ request }) => at('/params/clientInfo', request.message) ?? [])
  return { client: nameOf(asked[0]), server: nameOf(results[0]) }
}

function readable(events: CaptureEvent[]): Exchange[] {
  try {
    return readExchanges(events)
  } catch {
    return []
  }
}

function nameOf(info: Json | undefined): PeerName {
  const text = (member: string): string => {
    const value = at(`/${member}`, info)
    return typeof value === 'string' && value !== '' ? value : 'unknown'
  }
  return { name: text('name'), version: text('version') }
}
