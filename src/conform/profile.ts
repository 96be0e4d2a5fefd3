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
  /** Failures that are known, by id or glob, with the reason. They do not count; one that passes is stale. */
  knownFailures?: Record<string, string>
  /** Cases that make no sense for the target, by id or glob, with the reason. */
  skips?: Record<string, string>
}

/** A file that is no profile. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError'
}

/** Reads a profile. Throws a ProfileError that names the file and what is wrong with it. */
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

/** Where each method names what it uses. */
const named: Record<string, [kind: Kind, member: 'name' | 'uri']> = {
  'tools/call': ['tools', 'name'],
  'prompts/get': ['prompts', 'name'],
  'resources/read': ['resources', 'uri'],
  'resources/subscribe': ['resources', 'uri'],
  'resources/unsubscribe': ['resources', 'uri']
}

/**
 * A case with the target's own names, arguments and results in place of the corpus's: in its needs, in each request that
 * names one, and in each pattern for the response with the id of such a request.
 */
export function applyProfile(fixture: Fixture, profile: Profile): Fixture {
  if (kinds.every((kind) => profile[kind] === undefined)) return fixture
  const results = new Map<string, Pattern>()
  const steps = fixture.steps.map((step) => rename(step as unknown as Json, profile, results) as unknown as Step)
  const needs = fixture.needs === undefined ? {} : { needs: renamed(fixture.needs, profile) }
  if (results.size === 0) return { ...fixture, ...needs, steps }
  return {
    ...fixture,
    ...needs,
    steps: steps.map((step) => replaceResults(step as unknown as Json, results) as unknown as Step)
  }
}

function renamed(needs: Needs, profile: Profile): Needs {
  const own = kinds.flatMap((kind) => {
    const names = needs[kind]
    return names === undefined ? [] : [[kind, names.map((name) => substitute(profile, kind, name)?.name ?? name)]]
  })
  return { ...needs, ...Object.fromEntries(own) }
}

/** Substitutes names and arguments in every request found in a step, and notes the result that its answer has to fit. */
function rename(value: Json, profile: Profile, results: Map<string, Pattern>): Json {
  if (Array.isArray(value)) return value.map((item) => rename(item, profile, results))
  if (!isObject(value)) return value
  const call = typeof value['method'] === 'string' ? named[value['method']] : undefined
  const params = value['params'] as Json | undefined
  if (call !== undefined && isObject(params)) {
    const [kind, member] = call
    const found = substitute(profile, kind, params[member] as Json)
    if (found !== undefined) {
      if (found.result !== undefined && value['id'] !== undefined)
        results.set(JSON.stringify(value['id']), found.result)
      const name = found.name === undefined ? {} : { [member]: found.name }
      const given = found.arguments === undefined ? {} : { arguments: found.arguments }
      return { ...value, params: { ...params, ...name, ...given } } as Json
    }
  }
  const entries = Object.entries(value).map(([key, item]) => [key, rename(item as Json, profile, results)])
  return Object.fromEntries(entries) as Json
}

/** Puts the profile's pattern in place of the one of the case, wherever a response with that id is described. */
function replaceResults(value: Json, results: Map<string, Pattern>): Json {
  if (Array.isArray(value)) return value.map((item) => replaceResults(item, results))
  if (!isObject(value)) return value
  const pattern = results.get(JSON.stringify(value['id']))
  const responds = isObject(value['result'] as Json) && at('/result/$absent', value as Json) === undefined
  if (pattern !== undefined && responds) return { ...value, result: pattern } as Json
  const entries = Object.entries(value).map(([key, item]) => [key, replaceResults(item as Json, results)])
  return Object.fromEntries(entries) as Json
}

function substitute(profile: Profile, kind: Kind, name: Json | undefined): Substitute | undefined {
  const entries = profile[kind]
  return typeof name === 'string' && entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined
}
