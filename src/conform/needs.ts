/**
 * The needs of a case: what the target is asked once, in a session of its own, and what of it a case finds missing
 * (format page, 2). An unmet need is a skip with a reason, never a pass.
 */
import { askList } from './ask.ts'
import { type Choices, choose } from './discovery.ts'
import { doorFeatures, doorOf } from './door.ts'
import type { ClientSide, Feature, Needs } from './fixture.ts'
import { firstOwnId, type Hello, handshake, type Introduction, standalone } from './handshake.ts'
import { isEventStream } from './http-peer.ts'
import { at, equal, type Json } from './json.ts'
import type { Mismatch } from './matcher.ts'
import type { Peer, Target } from './peer.ts'
import type { Tokens } from './tokens.ts'

/** What a target offers to a client with certain capabilities. */
export interface Offer extends Hello {
  names: Record<Kind, Set<string>>
  features: Set<Feature>
  /** What of each kind a case may use whose name it does not know. */
  any: Choices
}

/** What somebody who knows the target says of it, in place of what is found out. */
export interface Hints {
  any?: Choices
  features?: Feature[]
  tokens?: Tokens
}

type Kind = 'tools' | 'resources' | 'templates' | 'prompts'

/** Each kind of listed thing: the method, the member of its result, the members an element is known by. */
const lists: [kind: Kind, capability: string, method: string, field: string, names: string[]][] = [
  ['tools', '/tools', 'tools/list', 'tools', ['/name']],
  ['resources', '/resources', 'resources/list', 'resources', ['/name', '/uri']],
  ['templates', '/resources', 'resources/templates/list', 'resourceTemplates', ['/name', '/uriTemplate']],
  ['prompts', '/prompts', 'prompts/list', 'prompts', ['/name']]
]

/** The member of a list result that holds the list. */
export const listFields: ReadonlyMap<string, string> = new Map(lists.map(([, , method, field]) => [method, field]))

const pagesAtMost = 100
const offers = new WeakMap<Target, Map<string, Promise<Offer | Mismatch>>>()

/**
 * Asks a target what it offers to such a client; once per target and capabilities, later callers share the answer. Hints win
 * over what was found.
 * Returns the mismatch when the handshake was refused. Rejects with an UnreachableError.
 */
export async function offerOf(
  target: Target,
  side: ClientSide,
  introduction: Introduction,
  hints: Hints = {}
): Promise<Offer | Mismatch> {
  const offer = await found(target, side, introduction)
  if ('message' in offer) return offer
  const features = hints.features === undefined ? offer.features : new Set(hints.features)
  return { ...offer, features, any: { ...offer.any, ...hints.any } }
}

function found(target: Target, side: ClientSide, introduction: Introduction): Promise<Offer | Mismatch> {
  const known = offers.get(target) ?? new Map<string, Promise<Offer | Mismatch>>()
  offers.set(target, known)
  const key = JSON.stringify(side.capabilities ?? {})
  const offer = known.get(key) ?? probe(target, { capabilities: side.capabilities ?? {} }, introduction)
  known.set(key, offer)
  offer.catch(() => known.delete(key))
  return offer
}

/**
 * Why a case says nothing about a target as far as its door tells, undefined when it may. For such needs nobody has to be let
 * in. Rejects with an UnreachableError.
 */
export async function shutOut(
  { features = [] }: Needs,
  target: Target,
  introduction: Introduction,
  hints: Hints = {}
): Promise<string | undefined> {
  const wanted = features.filter((feature) => doorFeatures.includes(feature))
  if (wanted.length === 0) return undefined
  const found: ReadonlySet<Feature> =
    hints.features === undefined ? await doorOf(target, introduction) : new Set(hints.features)
  return lacking(wanted, found)
}

/** What of the needs of a case only a session can tell. */
export function inSession({ tokens: _, features = [], ...items }: Needs): Needs {
  const own = features.filter((feature) => !doorFeatures.includes(feature))
  return own.length === 0 ? items : { ...items, features: own }
}

function lacking(wanted: readonly Feature[], found: ReadonlySet<Feature>): string | undefined {
  const feature = wanted.find((one) => !found.has(one))
  return feature === undefined ? undefined : `the server does not offer the feature ${feature}`
}

/** Why a case says nothing about a target, undefined when all needs are met that a session can tell. */
export function unmet(needs: Needs, offer: Offer): string | undefined {
  const declared = (pointer: string): boolean =>
    ![undefined, false, null].includes(at(pointer, offer.capabilities) as null)
  const capability = needs.capabilities?.find((pointer) => !declared(pointer))
  if (capability !== undefined) return `the server does not declare the capability ${capability}`
  const unwanted = needs.without?.find(declared)
  if (unwanted !== undefined) return `the server declares the capability ${unwanted}`
  for (const [kind] of lists) {
    const name = needs[kind]?.find((wanted) => !offer.names[kind].has(wanted))
    if (name !== undefined) return `the server does not list ${name} among its ${kind}`
  }
  const kind = needs.any?.find((wanted) => offer.any[wanted] === undefined)
  if (kind !== undefined) return `the server lists no ${kind} that can be used without knowing it`
  return lacking(inSession(needs).features ?? [], offer.features)
}

async function probe(target: Target, side: ClientSide, introduction: Introduction): Promise<Offer | Mismatch> {
  const peer = await target.connect(() => undefined)
  let leave = true
  try {
    const hello = await handshake(peer, side, introduction)
    if ('message' in hello) return hello
    const names: Offer['names'] = { tools: new Set(), resources: new Set(), templates: new Set(), prompts: new Set() }
    const items: Record<Kind, Json[]> = { tools: [], resources: [], templates: [], prompts: [] }
    let id = firstOwnId
    for (const [kind, capability, method, field, pointers] of lists) {
      if (at(capability, hello.capabilities) === undefined) continue
      let cursor: Json | undefined
      for (let pages = 0; pages < pagesAtMost; pages++) {
        const { result } = await askList(peer, ++id, method, cursor, introduction.withinMs)
        const page = at(`/${field}`, result)
        for (const item of Array.isArray(page) ? page : []) {
          items[kind].push(item)
          for (const pointer of pointers) names[kind].add(String(at(pointer, item)))
        }
        const next = at('/nextCursor', result)
        if (typeof next !== 'string' || (cursor !== undefined && equal(next, cursor))) break
        cursor = next
      }
    }
    const offer = { ...hello, names, features: await features(peer, introduction.withinMs), any: choose(items) }
    leave = false
    return offer
  } finally {
    await peer.close(leave)
  }
}

/** `session`: it gave an id. `get-stream`: its GET is an event stream. `delete`: it takes the DELETE that ends the probe. */
async function features(peer: Peer, withinMs: number): Promise<Set<Feature>> {
  const found = new Set<Feature>()
  if (peer.http === undefined) return found
  if (peer.http.sessionId !== undefined) found.add('session')
  const head = peer.inbox.streams.get(standalone)?.head
  if (head?.status === 200 && isEventStream(head)) found.add('get-stream')
  if (peer.http.sessionId === undefined) return found
  const end = await peer.http.exchange({ method: 'DELETE' })
  await peer.inbox.until(() => end.head ?? end.ended, withinMs)
  if (end.head !== undefined && end.head.status < 300) found.add('delete')
  return found
}
