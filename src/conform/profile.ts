/**
 * The profile: what somebody who knows a foreign server says of it, so that more of the corpus can be replayed against it
 * (spec-fixtures/README.md, Profiles; spec-fixtures/profile.schema.json).
 */
import { readFile } from 'node:fs/promises'
import { isObject } from '../protocol/frame.ts'
import { compileJsonSchema, explain } from '../protocol/schema.ts'
import type { Choices } from './discovery.ts'
import { corpusDirectory, type Feature, type Fixture, type Needs, type Pattern, type Step } from './fixture.ts'
import { at, type Json } from './json.ts'
import { globOf } from './select.ts'

/** What stands in for a tool, resource, template or prompt of the corpus. */
export interface Substitute {
  /** What the target calls it; a URI where the corpus has one. Default: the same name. */
  name?: string
  /** Sent in place of the arguments of the case. */
  arguments?: { [name: string]: Json }
  /** The pattern its result has to fit, in place of the one of the case. */
  result?: Pattern
}

export interface Profile {
  /** The peer this was written for, and how it is started; for people. */
  peer?: string
  start?: string
  tools?: Record<string, Substitute>
  resources?: Record<string, Substitute>
  templates?: Record<string, Substitute>
  prompts?: Record<string, Substitute>
  /** What cases use that need any tool, resource or prompt. */
  any?: Choices
  /** What the target offers of the features that nothing announces, in place of probing. */
  features?: Feature[]
  /** Access tokens by the names that cases need them by: each as it is, or the environment variable that holds it. */
  tokens?: Record<string, string | { env: string }>
  /** Failures that are known, by id or glob, with the reason. They do not count; one that passes is stale. */
  knownFailures?: Record<string, string>
  /** Cases that make no sense for the target, by id or glob, with the reason. */
  skips?: Record<string, string>
}

/** A file that is no profile. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError'
}

/**
 * Reads a profile. Throws a ProfileError that names the file and what is wrong with it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, writeFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { readProfile } from 'handwire/conform'
 *
 * const file = join(await mkdtemp(join(tmpdir(), 'profile-')), 'ours.json')
 * await writeFile(file, JSON.stringify({ tools: { test_simple_text: { name: 'echo', arguments: { text: 'hi' } } } }))
 * assert.equal((await readProfile(file)).tools?.['test_simple_text']?.name, 'echo')
 * ```
 */
export async function readProfile(file: string | URL): Promise<Profile> {
  const schema = JSON.parse(await readFile(new URL('profile.schema.json', corpusDirectory), 'utf8')) as object
  let profile: unknown
  try {
    profile = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new ProfileError(`the profile ${String(file)} cannot be read: ${(error as Error).message}`)
  }
  const valid = compileJsonSchema(schema)
  if (!valid(profile)) throw new ProfileError(`${String(file)} is no profile: ${explain(valid.errors)}`)
  return profile as Profile
}

/** The entry whose id or glob fits, with its reason. */
export function reasonFor(id: string, entries: Record<string, string> = {}): string | undefined {
  return entries[id] ?? Object.entries(entries).find(([glob]) => globOf(glob).test(id))?.[1]
}

const kinds = ['tools', 'resources', 'templates', 'prompts'] as const
type Kind = (typeof kinds)[number]

/** Where each method names what it uses, and whether its result is what the substitute says. */
const named: Record<string, { kind: Kind; member: 'name' | 'uri'; result: boolean }> = {
  'tools/call': { kind: 'tools', member: 'name', result: true },
  'prompts/get': { kind: 'prompts', member: 'name', result: true },
  'resources/read': { kind: 'resources', member: 'uri', result: true },
  'resources/subscribe': { kind: 'resources', member: 'uri', result: false },
  'resources/unsubscribe': { kind: 'resources', member: 'uri', result: false },
  'notifications/resources/updated': { kind: 'resources', member: 'uri', result: false }
}

/** What a completion refers to. */
const referred: Record<string, { kind: Kind; member: 'name' | 'uri' }> = {
  'ref/prompt': { kind: 'prompts', member: 'name' },
  'ref/resource': { kind: 'templates', member: 'uri' }
}

/**
 * A case with the target's own names, arguments and results in place of the corpus's: in its needs, in each message that
 * names one, and in each pattern for the response to such a request. A text, when it cannot be put so: the reason.
 */
export function applyProfile(fixture: Fixture, profile: Profile): Fixture | string {
  if (kinds.every((kind) => profile[kind] === undefined)) return fixture
  const results = new Map<string, Pattern>()
  const own = fixture.steps as unknown as Json[]
  const renaming = own.map((step) => rename(step, profile, (id, result) => results.set(keyOf(step, id), result)))
  const steps = renaming.map((step) =>
    results.size === 0 ? step : replaceResults(step, (id) => results.get(keyOf(step, id)))
  )
  const lost = captureLost(own, steps)
  if (lost !== undefined) return `the profile's result does not capture "${lost}"`
  const needs = fixture.needs === undefined ? {} : { needs: renamed(fixture.needs, profile) }
  return { ...fixture, ...needs, steps: steps as unknown as Step[] }
}

/** Ids are the business of one session. */
function keyOf(step: Json, id: Json): string {
  return `${String(at('/in', step) ?? '')} ${JSON.stringify(id)}`
}

/** A name that the case reads and that no pattern sets any more. */
function captureLost(before: Json[], after: Json[]): string | undefined {
  const set = (steps: Json[]): Set<string> =>
    new Set([...JSON.stringify(steps).matchAll(/"\$set":"([^"]+)"/g)].map(([, name]) => name as string))
  const text = JSON.stringify(after)
  const still = set(after)
  return [...set(before)].find(
    (name) => !still.has(name) && (text.includes(`"$get":"${name}"`) || text.includes(`\${${name}}`))
  )
}

function renamed(needs: Needs, profile: Profile): Needs {
  const own = kinds.flatMap((kind) => {
    const names = needs[kind]
    return names === undefined ? [] : [[kind, names.map((name) => substitute(profile, kind, name)?.name ?? name)]]
  })
  return { ...needs, ...Object.fromEntries(own) }
}

/** Substitutes names and arguments in every message found in a step, and notes the result that an answer has to fit. */
function rename(value: Json, profile: Profile, note: (id: Json, result: Pattern) => void): Json {
  if (Array.isArray(value)) return value.map((item) => rename(item, profile, note))
  if (!isObject(value)) return value
  const call = typeof value['method'] === 'string' ? named[value['method']] : undefined
  const params = value['params'] as Json | undefined
  const found = call === undefined ? undefined : substitute(profile, call.kind, at(`/${call.member}`, params))
  if (call !== undefined && found !== undefined) {
    const { id } = value as { id?: Json }
    if (call.result && found.result !== undefined && id !== undefined) note(id, found.result)
    const name = found.name === undefined ? {} : { [call.member]: found.name }
    const given = found.arguments === undefined || !call.result ? {} : { arguments: found.arguments }
    return { ...value, params: { ...(params as object), ...name, ...given } } as Json
  }
  const reference = referred[String(value['type'])]
  const target =
    reference === undefined ? undefined : substitute(profile, reference.kind, value[reference.member] as Json)
  if (reference !== undefined && target?.name !== undefined)
    return { ...value, [reference.member]: target.name } as Json
  const entries = Object.entries(value).map(([key, item]) => [key, rename(item as Json, profile, note)])
  return Object.fromEntries(entries) as Json
}

/** Puts the profile's pattern in place of the one of the case, wherever a response with that id is described. */
function replaceResults(value: Json, resultOf: (id: Json) => Pattern | undefined): Json {
  if (Array.isArray(value)) return value.map((item) => replaceResults(item, resultOf))
  if (!isObject(value)) return value
  const { id, result } = value as { id?: Json; result?: Json }
  const pattern = id === undefined ? undefined : resultOf(id)
  if (pattern !== undefined && isObject(result) && !('$absent' in result)) return { ...value, result: pattern } as Json
  const entries = Object.entries(value).map(([key, item]) => [key, replaceResults(item as Json, resultOf)])
  return Object.fromEntries(entries) as Json
}

function substitute(profile: Profile, kind: Kind, name: Json | undefined): Substitute | undefined {
  const entries = profile[kind]
  return typeof name === 'string' && entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined
}
