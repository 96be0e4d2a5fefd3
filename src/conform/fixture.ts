/**
 * The fixture: one wire case as data. Its types, and how a directory of them is read and checked against the meta-schema
 * (spec-fixtures/README.md in prose, spec-fixtures/fixture.schema.json to the letter; format page, 2 and 3).
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { compileJsonSchema } from '../protocol/schema.ts'
import type { Json } from './json.ts'

/** What a value is compared with; the matchers are in matcher.ts. */
export type Pattern = Json

/** How a session begins: what the client declares, and which parts of the implicit handshake are left out. */
export interface ClientSide {
  capabilities?: Record<string, Json>
  handshake?: boolean
  listen?: boolean
}

/** What must be so for the case to say anything about the target. */
export interface Needs {
  capabilities?: string[]
  tools?: string[]
  resources?: string[]
  templates?: string[]
  prompts?: string[]
  /** Something of each of these kinds, whatever its name; see the captures that are there from the start. */
  any?: AnyKind[]
  /** Capabilities that must not be declared. */
  without?: string[]
  features?: Feature[]
  /** Access tokens by name: `valid` is the one the user gave the runner, the others come from a profile. */
  tokens?: string[]
}

/** What no capability announces and must be probed. The first three are seen in a session, the others without one. */
export type Feature = 'session' | 'get-stream' | 'delete' | DoorFeature
export type DoorFeature = 'protected' | 'oauth'

/** What a server may have some of, so that a case can use any. */
export type AnyKind = 'tool' | 'resource' | 'prompt'

/** One graded alternative, in place of `expect` or `match`. */
export interface Alternative {
  match: Pattern
  grade: 'ok' | 'warn' | 'info'
  why?: string
}

/** Patterns over the HTTP answer of a message step; off HTTP they say nothing. */
export interface AnswerPatterns {
  status?: Pattern
  headers?: Pattern
  body?: Pattern
}

/** What any step may carry beside its verb. */
interface Modifiers {
  in?: string
  note?: string
  withinMs?: number
  orSkip?: string
}

interface Judged {
  expect?: Pattern
  accept?: Alternative[]
}

/** A message selected by its stream, its content and the frame it came in. */
export interface Selector {
  on?: string
  message?: Pattern
  sse?: Pattern
}

export interface RawRequest {
  method: string
  /** On the origin of the server. */
  path?: string
  /** In place of `path`: absolute, wherever; nothing of the session and of what the user gave goes there. */
  url?: string
  /** Asks for the document of that name at its well-known place for the URL. */
  wellKnown?: string
  /** An array is sent as several headers of that name. */
  headers?: Record<string, Json>
  body?: Json
  raw?: string
}

export type RequestStep = Modifiers &
  Judged & { request: { [member: string]: Json }; as?: string; http?: AnswerPatterns }
export type NotifyStep = Modifiers & { notify: { [member: string]: Json }; as?: string; http?: AnswerPatterns }
export type RespondStep = Modifiers & { respond: { [member: string]: Json }; as?: string; http?: AnswerPatterns }
export type ExpectStep = Modifiers & { expect: Selector; accept?: Alternative[] }
export type NeverStep = Modifiers & { never: Selector; forMs?: number }
export type CollectStep = Modifiers & {
  collect: { on?: string; where?: Pattern; field?: 'message' | 'sse' | 'text' }
  match?: Pattern
  accept?: Alternative[]
}
export type PagesStep = Modifiers & {
  pages: { method: string; params?: { [member: string]: Json }; field?: string; limit?: number }
  match?: Pattern
  accept?: Alternative[]
}
export type HttpStep = Modifiers & Judged & { http: RawRequest; as?: string }
export type ListenStep = Modifiers & Judged & { listen: string; lastEventId?: Json }
export type DropStep = Modifiers & { drop: string }
export type EndStep = Modifiers & { end: string }
export type OpenStep = Modifiers & { open: string; client?: ClientSide }
export type LineStep = Modifiers & { line: string }
export type EofStep = Modifiers & { eof: true }
export type ExitStep = Modifiers & { exit: Pattern }
export type WaitStep = Modifiers & { wait: number }

export type Step =
  | RequestStep
  | NotifyStep
  | RespondStep
  | ExpectStep
  | NeverStep
  | CollectStep
  | PagesStep
  | HttpStep
  | ListenStep
  | DropStep
  | EndStep
  | OpenStep
  | LineStep
  | EofStep
  | ExitStep
  | WaitStep

/** The verbs in the order that decides: `http` and `expect` are modifiers beside another verb. */
export const verbs = [
  'request',
  'notify',
  'respond',
  'never',
  'collect',
  'pages',
  'listen',
  'drop',
  'end',
  'open',
  'line',
  'eof',
  'exit',
  'wait',
  'http',
  'expect'
] as const
export type Verb = (typeof verbs)[number]

export interface Fixture {
  id: string
  title: string
  revision: string[]
  level: 'MUST' | 'SHOULD' | 'MAY'
  kind: 'positive' | 'negative'
  requirements: string[]
  transports: ('http' | 'stdio')[]
  needs?: Needs
  client?: ClientSide
  serial?: boolean
  steps: Step[]
  teardown?: boolean
  provenance: { from: 'hand' | 'recording'; [member: string]: Json }
}

/** The verb of a step; the meta-schema grants that there is one. */
export function verbOf(step: Step): Verb {
  return verbs.find((verb) => verb in step) ?? 'expect'
}

/** A file that is no fixture. `faults` has one line per fault: the path in the file, then what is wrong there. */
export class FixtureError extends Error {
  override readonly name = 'FixtureError'
  readonly file: string
  readonly faults: string[]

  constructor(file: string, faults: string[]) {
    super(`${file}: ${faults.join('; ')}`)
    this.file = file
    this.faults = faults
  }
}

/** Where the package keeps its own corpus. */
export const corpusDirectory = new URL('../../spec-fixtures/', import.meta.url)

/** Compiles the meta-schema into a check that returns the value as a fixture or throws a FixtureError naming the file. */
export function fixtureCheck(metaSchema: object): (value: unknown, file: string) => Fixture {
  const valid = compileJsonSchema(metaSchema)
  return (value, file) => {
    if (valid(value)) return value as Fixture
    const faults = (valid.errors ?? [])
      .filter(({ keyword }) => !['if', 'oneOf', 'anyOf', 'propertyNames'].includes(keyword))
      .map((error) => `${error.instancePath || '/'} ${wording(error.keyword, error.message, error.params)}`)
    throw new FixtureError(file, [...new Set(faults)])
  }
}

function wording(keyword: string, message: string | undefined, params: Record<string, unknown>): string {
  if (keyword === 'additionalProperties')
    return `must not have a member ${JSON.stringify(params['additionalProperty'])}`
  if (keyword === 'required') return `must have a member ${JSON.stringify(params['missingProperty'])}`
  if (keyword === 'false schema') return 'must not be there'
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params['allowedValues'])}`
  return message ?? 'is wrong'
}

/** Reads the meta-schema of the package. */
export async function readMetaSchema(): Promise<object> {
  return JSON.parse(await readFile(new URL('fixture.schema.json', corpusDirectory), 'utf8')) as object
}

/**
 * Loads every case under a corpus directory, sorted by id. Files at the top (schemas, indexes), `profiles/` and
 * `runners/` hold no cases. Throws a FixtureError for a file that is not JSON, does not fit the meta-schema or has an id other than its path.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { loadFixtures } from 'handwire/conform'
 *
 * const corpus = await mkdtemp(join(tmpdir(), 'corpus-'))
 * await mkdir(join(corpus, 'ours'))
 * const fixture = {
 *   id: 'ours/ping',
 *   title: 'A ping is answered',
 *   revision: ['2025-06-18'],
 *   level: 'MUST',
 *   kind: 'positive',
 *   requirements: ['PING-03'],
 *   transports: ['http', 'stdio'],
 *   provenance: { from: 'hand' },
 *   steps: [{ request: { id: 1, method: 'ping' }, expect: { result: {} } }]
 * }
 * await writeFile(join(corpus, 'ours/ping.json'), JSON.stringify(fixture))
 * assert.deepEqual(
 *   (await loadFixtures(corpus)).map(({ id }) => id),
 *   ['ours/ping']
 * )
 * ```
 */
export async function loadFixtures(directory: string): Promise<Fixture[]> {
  const check = fixtureCheck(await readMetaSchema())
  const fixtures: Fixture[] = []
  // one after the other: a process may not have a thousand files open
  for (const file of await caseFiles(directory)) {
    const fixture = check(parse(await readFile(join(directory, file), 'utf8'), file), file)
    const id = file.slice(0, -'.json'.length)
    if (fixture.id !== id) throw new FixtureError(file, [`/id must be the path: "${id}", not "${fixture.id}"`])
    fixtures.push(fixture)
  }
  return fixtures
}

/** Whether a file of a corpus, by its path in it, holds a case. */
export function isCaseFile(file: string): boolean {
  return file.endsWith('.json') && file.includes('/') && !/^(profiles|runners)\//.test(file)
}

async function caseFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter(isCaseFile)
    .sort()
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FixtureError(file, [`/ is not JSON: ${(error as Error).message}`])
  }
}
