/**
 * The door of a server: whether it lets in only those who carry a token, and whether they can find out where to get one
 * (spec-fixtures/README.md, Needs). Asked once per target, in a session of its own, and without the user's token.
 */
import { isObject } from '../protocol/frame.ts'
import { wellKnown } from './elsewhere.ts'
import type { DoorFeature } from './fixture.ts'
import { firstOwnId, type Introduction } from './handshake.ts'
import { isEventStream } from './http-peer.ts'
import type { Stream } from './inbox.ts'
import { at, type Json, readJson } from './json.ts'
import { type HttpSide, type Peer, type Target, UnreachableError } from './peer.ts'

const doors = new WeakMap<Target, Promise<ReadonlySet<DoorFeature>>>()

/** What a door is known by, to tell it from needs that only a session can see. */
export const doorFeatures: readonly string[] = ['protected', 'oauth'] satisfies DoorFeature[]

/** How the door of a target is; later callers share the answer. Rejects with an UnreachableError. */
export function doorOf(target: Target, introduction: Introduction): Promise<ReadonlySet<DoorFeature>> {
  const door = doors.get(target) ?? look(target, introduction)
  doors.set(target, door)
  door.catch(() => doors.delete(target))
  return door
}

async function look(target: Target, introduction: Introduction): Promise<ReadonlySet<DoorFeature>> {
  const peer = await target.connect(() => undefined)
  try {
    const { http } = peer
    if (http === undefined || target.endpoint === undefined) return new Set()
    const { revision, client, withinMs } = introduction
    const params = { protocolVersion: revision, capabilities: {}, clientInfo: client }
    let knock = await knocked(peer, http, 'initialize', params, withinMs)
    if (greets(peer, knock)) {
      // some let everybody in, and want a token for what comes then
      knock = await knocked(peer, http, 'tools/list', {}, withinMs)
      if (knock.head?.status !== 401) return new Set()
    } else if (target.authorization === undefined && knock.head?.status !== 401) {
      // without a token to compare with, only the status tells
      return new Set()
    }
    const names = /\bresource_metadata\b/i.test(knock.head?.headers['www-authenticate'] ?? '')
    const oauth = names || (await hasDocument(peer, http, target.endpoint, withinMs))
    return new Set<DoorFeature>(oauth ? ['protected', 'oauth'] : ['protected'])
  } finally {
    await peer.close(true)
  }
}

/** The answer to a request without a token. */
async function knocked(
  peer: Peer,
  http: HttpSide,
  method: 'initialize' | 'tools/list',
  params: Json,
  withinMs: number
): Promise<Stream> {
  const message = { jsonrpc: '2.0', id: method === 'initialize' ? firstOwnId : firstOwnId + 1, method, params }
  const stream = await http.exchange({
    method: 'POST',
    headers: { authorization: null },
    body: JSON.stringify(message),
    message
  })
  await peer.inbox.until(
    () => stream.ended ?? (stream.head !== undefined && isEventStream(stream.head) && greets(peer, stream)),
    withinMs
  )
  if (stream.head === undefined) {
    const why = stream.error === undefined ? `was not answered within ${withinMs} ms` : stream.error.message
    throw new UnreachableError(`${method} without a token: ${why}`)
  }
  return stream
}

function greets(peer: Peer, stream: Stream): boolean {
  if ((stream.head?.status ?? 300) >= 300) return false
  return peer.inbox.arrivals.some((one) => one.stream === stream && isObject(at('/result', one.message)))
}

/** Whether a metadata document is at its well-known place, or at that of the whole host. */
async function hasDocument(peer: Peer, http: HttpSide, endpoint: string, withinMs: number): Promise<boolean> {
  for (const resource of new Set([endpoint, new URL(endpoint).origin])) {
    const url = wellKnown(resource, 'oauth-protected-resource')
    const stream = await http.exchange({ method: 'GET', url })
    await peer.inbox.until(() => stream.ended, withinMs)
    if (stream.head?.status === 200 && isObject(readJson(stream.body ?? ''))) return true
  }
  return false
}
