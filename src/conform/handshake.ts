/**
 * The implicit handshake: what every case begins with unless it says `handshake: false` (format page, 2 and 5):
 * `initialize` with the case's capabilities, `notifications/initialized`, then on HTTP the standalone GET stream.
 */
import { isObject } from '../protocol/frame.ts'
import type { ClientSide } from './fixture.ts'
import { at, type Json } from './json.ts'
import type { Mismatch } from './matcher.ts'
import { type Peer, UnreachableError } from './peer.ts'

/** What the server said of itself. */
export interface Hello {
  revision: string
  capabilities: Json
  server: { name: string; version: string }
}

export interface Introduction {
  revision: string
  client: { name: string; version: string }
  /** How long the server may take for each answer. */
  withinMs: number
}

/** Ids of the requests the runner makes by itself begin here, out of the way of what cases use. */
export const firstOwnId = 999_001

/** The stream name of the implicit GET. */
export const standalone = 'listen'

/** How long the head of the implicit GET is awaited: some servers send it with the first event only. */
const listenMs = 500

/**
 * Greets the server. Returns what it said, or the mismatch when it answered otherwise than with a result.
 * Throws an UnreachableError when there is no answer at all.
 */
export async function handshake(peer: Peer, side: ClientSide, introduction: Introduction): Promise<Hello | Mismatch> {
  const { revision, client, withinMs } = introduction
  const params = { protocolVersion: revision, capabilities: side.capabilities ?? {}, clientInfo: client }
  const stream = await peer.send({ jsonrpc: '2.0', id: firstOwnId, method: 'initialize', params })
  const answer = await peer.inbox.until(() => {
    const found = peer.inbox.arrivals.find(({ message }) => at('/id', message) === firstOwnId)
    return found ?? (stream.head !== undefined && stream.ended !== undefined ? stream : stream.error)
  }, withinMs)
  if (answer === undefined) throw new UnreachableError(`initialize was not answered within ${withinMs} ms`)
  if (answer instanceof Error) throw new UnreachableError(`the connection broke during initialize: ${answer.message}`)
  if ('name' in answer) return refused(`HTTP ${stream.head?.status} without an answer to initialize`, stream.body)
  answer.consumed = true
  const result = at('/result', answer.message)
  if (!isObject(result)) return refused('initialize was not answered with a result', answer.message)
  const initialized = await peer.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await peer.inbox.until(
    () => initialized.head ?? initialized.ended ?? (peer.http === undefined ? 'sent' : undefined),
    withinMs
  )
  if (side.listen !== false && peer.http !== undefined) {
    const listening = await peer.http.listen(standalone)
    await peer.inbox.until(() => listening.head ?? listening.ended, listenMs)
  }
  return {
    revision: text(at('/protocolVersion', result as Json)),
    capabilities: at('/capabilities', result as Json) ?? {},
    server: {
      name: text(at('/serverInfo/name', result as Json)),
      version: text(at('/serverInfo/version', result as Json))
    }
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function refused(message: string, actual: Json | undefined): Mismatch {
  return { path: '', expected: { result: { $def: 'InitializeResult' } }, actual, message }
}
