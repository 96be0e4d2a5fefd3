/** The offer of a server as one caller sees it: everything it lists, in an order of its own. */

import { isObject } from '../../protocol/frame.ts'
import { askList } from '../ask.ts'
import { type Hello, handshake } from '../handshake.ts'
import { at, equal, type Json } from '../json.ts'
import { type Peer, type Target, UnreachableError } from '../peer.ts'
import { type Reach, type Testable, targetOf } from '../testable.ts'
import { ownVersion } from '../version.ts'

/** What is listed: members of a snapshot. */
export type Kind = 'tools' | 'resources' | 'resourceTemplates' | 'prompts'

/** An offer, as plain JSON. A list that was not asked for is not there. */
export interface Snapshot {
  format: 'handwire-snapshot/1'
  /** Who the server was; for people, never compared. */
  server: { name: string; version: string }
  capabilities: { [name: string]: Json }
  /** Each list as the server sent it, less what changes by itself (`_meta`, sizes, times), sorted by name or address. */
  tools?: Json[]
  resources?: Json[]
  resourceTemplates?: Json[]
  prompts?: Json[]
}

export interface SnapshotOptions extends Reach {
  /** Lists to leave out, such as `resources` that come and go with the data. */
  without?: readonly Kind[]
  /** How long each answer is awaited, in milliseconds; default 5000, and for a command 10,000 more. */
  withinMs?: number
}

/** Each list: its capability, its method, and the member that an element is known by. */
export const kinds: Readonly<Record<Kind, { capability: string; method: string; key: string; one: string }>> = {
  tools: { capability: 'tools', method: 'tools/list', key: 'name', one: 'tool' },
  resources: { capability: 'resources', method: 'resources/list', key: 'uri', one: 'resource' },
  resourceTemplates: {
    capability: 'resources',
    method: 'resources/templates/list',
    key: 'uriTemplate',
    one: 'resource template'
  },
  prompts: { capability: 'prompts', method: 'prompts/list', key: 'name', one: 'prompt' }
}

/** Members that change without a change of the offer. */
const fleeting = new Set(['_meta', 'size', 'lastModified'])

const pagesAtMost = 1000

/**
 * Reads what a server offers: a URL, an app of this process, a command or a target. Every page of every list is read, as a
 * client that declares no capabilities; nothing is called. What it sees depends on the credentials in `headers`.
 * Rejects with an UnreachableError for a server that is not there, refuses, or does not list what it declares.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { snapshot } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * app.mcp.tool('now', {}, () => new Date().toISOString())
 *
 * const offer = await snapshot(app)
 * assert.deepEqual(offer.tools?.length, 1)
 * await app.close()
 * ```
 */
export async function snapshot(testable: Testable, options: SnapshotOptions = {}): Promise<Snapshot> {
  const { target, close } = await targetOf(testable, options)
  try {
    return await readOffer(target, options)
  } finally {
    close()
  }
}

async function readOffer(target: Target, { without = [], withinMs = 5000 }: SnapshotOptions): Promise<Snapshot> {
  const peer = await target.connect(() => undefined)
  try {
    const wait = withinMs + (target.startMs ?? 0)
    const client = { name: 'handwire-snapshot', version: await ownVersion() }
    const hello = await handshake(peer, { listen: false }, { revision: '2025-06-18', client, withinMs: wait })
    if ('message' in hello) throw new UnreachableError(`${target.name}: ${hello.message}`)
    const capabilities = isObject(hello.capabilities) ? (hello.capabilities as Snapshot['capabilities']) : {}
    const offer: Snapshot = { format: 'handwire-snapshot/1', server: hello.server, capabilities }
    for (const kind of Object.keys(kinds) as Kind[]) {
      if (without.includes(kind)) continue
      offer[kind] = sorted(await readList(peer, kind, hello, wait), kinds[kind].key)
    }
    return offer
  } finally {
    await peer.close(true)
  }
}

async function readList(peer: Peer, kind: Kind, { capabilities }: Hello, withinMs: number): Promise<Json[]> {
  const { capability, method } = kinds[kind]
  if (at(`/${capability}`, capabilities) === undefined) return []
  const items: Json[] = []
  let cursor: Json | undefined
  for (let page = 1; page <= pagesAtMost; page += 1) {
    const { result, why } = await askList(peer, `${method} ${page}`, method, cursor, withinMs)
    if (result === undefined) throw new UnreachableError(`${method} was not answered with a result: ${why}`)
    const found = at(`/${kind}`, result)
    if (!Array.isArray(found)) throw new UnreachableError(`${method} was answered without ${kind}`)
    items.push(...found.map(lasting))
    const next = at('/nextCursor', result)
    if (next === undefined) return items
    if (typeof next !== 'string' || (cursor !== undefined && equal(next, cursor)))
      throw new UnreachableError(`${method} was answered with a cursor that leads nowhere`)
    cursor = next
  }
  throw new UnreachableError(`${method} goes on after ${pagesAtMost} pages`)
}

/** A listed thing without what changes by itself, at its top and in its annotations. */
function lasting(item: Json): Json {
  if (!isObject(item)) return item
  const kept = Object.entries(item as Record<string, Json>).filter(([name]) => !fleeting.has(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, name === 'annotations' ? lasting(value) : value]))
}

function sorted(items: Json[], key: string): Json[] {
  const name = (item: Json): string => String(at(`/${key}`, item))
  return items.sort((one, other) => (name(one) < name(other) ? -1 : name(one) > name(other) ? 1 : 0))
}
