/**
 * What changed between two offers, and what of it breaks somebody who uses the old one.
 *
 * Rules of this file:
 * - what a client sends may be taken more widely than before, never more narrowly; what it receives may become narrower,
 *   never wider; and what is gone is missed, even where nothing required it;
 * - words for people and models (titles, descriptions) break nothing;
 * - a hint that made a tool harmless is a promise: hosts let such calls pass unasked;
 * - what cannot be judged breaks.
 */
import { isObject } from '../../protocol/frame.ts'
import { at, equal, type Json } from '../json.ts'
import { schemaDifferences } from './schema-differences.ts'
import { type Kind, kinds, type Snapshot } from './snapshot.ts'
import { type Difference, shown } from './turn.ts'

/** One change of an offer. */
export interface Change {
  breaking: boolean
  /** What changed: `server`, `tool`, `resource`, `resource template` or `prompt`. */
  of: string
  /** Its name, URI or template; the capability of a server. */
  name: string
  /** Where in it, as a JSON pointer: `/input/list`, `/output/items/*`; empty for the whole. */
  path: string
  /** A sentence that names all of this and the reason. */
  text: string
}

/** A change of something whose name is said around it. */
type Found = Pick<Change, 'breaking' | 'path'> & { reason: string }

/** Hints that promise something: the value that does, and what holds where the hint is left out. */
const promises: Readonly<Record<string, { kept: boolean; otherwise: boolean }>> = {
  readOnlyHint: { kept: true, otherwise: false },
  destructiveHint: { kept: false, otherwise: true },
  idempotentHint: { kept: true, otherwise: false },
  openWorldHint: { kept: false, otherwise: true }
}

/**
 * Compares an offer with the one it replaces: every change, in the order of the lists, with whether it breaks a client that
 * knows the old one. Lists that only one of them has are not compared.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Type } from '@sinclair/typebox'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { compareSnapshots, snapshot } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const add = app.mcp.tool('add', { input: Type.Object({ list: Type.String() }) }, () => 'added')
 * const before = await snapshot(app)
 *
 * add.remove()
 * app.mcp.tool('add', { input: Type.Object({ list: Type.String(), due: Type.String() }) }, () => 'added')
 * const changes = compareSnapshots(before, await snapshot(app))
 * assert.deepEqual(
 *   changes.filter(({ breaking }) => breaking).map(({ text }) => text),
 *   ['tool "add": /input/due was added and is required']
 * )
 * await app.close()
 * ```
 */
export function compareSnapshots(before: Snapshot, after: Snapshot): Change[] {
  const lists = (Object.keys(kinds) as Kind[]).flatMap((kind) => {
    const [from, to] = [before[kind], after[kind]]
    return from === undefined || to === undefined ? [] : listChanges(kind, from, to)
  })
  return [...capabilityChanges(before.capabilities, after.capabilities), ...lists]
}

function listChanges(kind: Kind, before: readonly Json[], after: readonly Json[]): Change[] {
  const { key, one: of } = kinds[kind]
  const [from, to] = [byKey(before, key), byKey(after, key)]
  const names = [...new Set([...from.keys(), ...to.keys()])].sort()
  return names.flatMap((name): Change[] => {
    const [was, is] = [from.get(name), to.get(name)]
    const about = `${of} ${JSON.stringify(name)}`
    if (was === undefined) return [{ breaking: false, of, name, path: '', text: `${about} was added` }]
    if (is === undefined) return [{ breaking: true, of, name, path: '', text: `${about} was removed` }]
    return compare[kind](was, is).map(({ breaking, path, reason }) => {
      const text = path === '' ? `${about}: ${reason}` : `${about}: ${path} ${reason}`
      return { breaking, of, name, path, text }
    })
  })
}

const compare: Readonly<Record<Kind, (before: Json, after: Json) => Found[]>> = {
  tools: (before, after) => [
    ...wordChanges(before, after),
    ...promiseChanges(at('/annotations', before), at('/annotations', after)),
    ...schemaDifferences(at('/inputSchema', before) ?? true, at('/inputSchema', after) ?? true).map(taken),
    ...outputChanges(at('/outputSchema', before), at('/outputSchema', after))
  ],
  resources: (before, after) => [...wordChanges(before, after), ...mediaTypeChanges(before, after)],
  resourceTemplates: (before, after) => [...wordChanges(before, after), ...mediaTypeChanges(before, after)],
  prompts: (before, after) => [
    ...wordChanges(before, after),
    ...argumentChanges(listIn(before, 'arguments'), listIn(after, 'arguments'))
  ]
}

/** What a tool takes. */
function taken({ path, turn, text }: Difference): Found {
  return { breaking: turn !== 'none' && turn !== 'wider', path: `/input${path}`, reason: judged(turn, text) }
}

/** What a tool gives. */
function given({ path, turn, text }: Difference): Found {
  return { breaking: turn !== 'none' && turn !== 'narrower', path: `/output${path}`, reason: judged(turn, text) }
}

const judged = (turn: Difference['turn'], text: string): string =>
  turn === 'unknown' ? `${text}; it may break, which cannot be judged from the schemas` : text

function outputChanges(before: Json | undefined, after: Json | undefined): Found[] {
  if (before === undefined)
    return after === undefined ? [] : [{ breaking: false, path: '/output', reason: 'was added' }]
  if (after === undefined) return [{ breaking: true, path: '/output', reason: 'was removed' }]
  return schemaDifferences(before, after).map(given)
}

function wordChanges(before: Json, after: Json): Found[] {
  return ['title', 'description']
    .filter((member) => !equal(at(`/${member}`, before) ?? null, at(`/${member}`, after) ?? null))
    .map((member) => ({ breaking: false, path: `/${member}`, reason: 'changed' }))
}

function promiseChanges(before: Json | undefined, after: Json | undefined): Found[] {
  return Object.entries(promises).flatMap(([hint, { kept, otherwise }]): Found[] => {
    const [was, is] = [before, after].map((hints) => at(`/${hint}`, hints) ?? otherwise)
    if (was === is) return []
    const path = `/annotations/${hint}`
    return [
      { breaking: was === kept, path, reason: `was ${was} and is ${is} now${was === kept ? ': a promise less' : ''}` }
    ]
  })
}

function mediaTypeChanges(before: Json, after: Json): Found[] {
  const [was, is] = [at('/mimeType', before), at('/mimeType', after)]
  if (was === is) return []
  return [{ breaking: was !== undefined, path: '/mimeType', reason: `was ${shown(was)} and is ${shown(is)} now` }]
}

function argumentChanges(before: readonly Json[], after: readonly Json[]): Found[] {
  const [from, to] = [byKey(before, 'name'), byKey(after, 'name')]
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((name): Found[] => {
    const [was, is] = [from.get(name), to.get(name)]
    const path = `/arguments/${name}`
    const [needed, needs] = [was, is].map((one) => at('/required', one) === true)
    if (is === undefined) return [{ breaking: true, path, reason: 'was removed' }]
    if (was === undefined)
      return [{ breaking: needs === true, path, reason: needs ? 'was added and is required' : 'was added' }]
    if (needed === needs) return wordChanges(was, is).map((found) => ({ ...found, path: `${path}${found.path}` }))
    return [{ breaking: needs === true, path, reason: needs ? 'is required now' : 'is no longer required' }]
  })
}

/** Capabilities, and what they are made of: `tools`, `tools/listChanged`. */
function capabilityChanges(before: Snapshot['capabilities'], after: Snapshot['capabilities']): Change[] {
  const [from, to] = [declared(before), declared(after)]
  return [...new Set([...from, ...to])].sort().flatMap((name): Change[] => {
    if (from.has(name) && to.has(name)) return []
    const breaking = from.has(name)
    const text = `server: the capability ${name} was ${breaking ? 'withdrawn' : 'added'}`
    return [{ breaking, of: 'server', name, path: '', text }]
  })
}

function declared(capabilities: Snapshot['capabilities']): Set<string> {
  const there = Object.entries(capabilities).filter(([, value]) => value !== false && value !== null)
  return new Set(
    there.flatMap(([name, value]) => {
      const within = isObject(value) ? Object.entries(value) : []
      return [name, ...within.filter(([, on]) => on !== false && on !== null).map(([part]) => `${name}/${part}`)]
    })
  )
}

/** The first of each name counts. */
function byKey(items: readonly Json[], key: string): Map<string, Json> {
  return new Map([...items].reverse().map((item) => [String(at(`/${key}`, item)), item]))
}

function listIn(item: Json, member: string): readonly Json[] {
  const list = at(`/${member}`, item)
  return Array.isArray(list) ? list : []
}
