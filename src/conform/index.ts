/**
 * The conformance kit as a library: the corpus replayed against a server from somebody's own tests, or the cases one by one.
 *
 *     import { conform } from 'handwire/conform'
 *
 *     const report = await conform(app)
 *     assert.deepEqual(report.results.filter(({ outcome }) => outcome === 'fail'), [])
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { corpusDirectory, type Fixture, loadFixtures } from './fixture.ts'
import { httpTarget } from './http-peer.ts'
import { type App, appTarget } from './in-process.ts'
import type { Definitions } from './matcher.ts'
import type { Target } from './peer.ts'
import { processTarget } from './process.ts'
import { type Profile, readProfile } from './profile.ts'
import type { Report, Result } from './report.ts'
import { run } from './run.ts'
import { type Selection, select } from './select.ts'
import { socketExchange } from './socket.ts'
import { definitionsOf } from './structure.ts'

export type { Choices } from './discovery.ts'
export { type Fixture, FixtureError, loadFixtures } from './fixture.ts'
export type { App } from './in-process.ts'
export { type Frame, type Target, UnreachableError } from './peer.ts'
export { type Profile, ProfileError, readProfile } from './profile.ts'
export { redact } from './redact.ts'
export { writeHtml } from './report/html.ts'
export { jsonReport } from './report/json.ts'
export { junitReport } from './report/junit.ts'
export { progressLine, terminalReport } from './report/terminal.ts'
export { conclusionOf, count, type Report, type Result, type Strictness, type Verdict } from './report.ts'
export type { Selection } from './select.ts'

/** A server to test: a URL; an app of this process, which need not listen; a command that speaks stdio; or a target of your own. */
export type Testable =
  | string
  | URL
  | App
  | { command: readonly string[]; cwd?: string; env?: NodeJS.ProcessEnv }
  | Target

export interface ConformOptions extends Omit<Selection, 'transport'> {
  /** Path of the endpoint of an app; default /mcp. */
  path?: string
  /** Sent with every request over HTTP, as `authorization` must be. */
  headers?: Record<string, string>
  /** What is known of the server, or the file that says it. */
  profile?: Profile | string | URL
  /** A corpus of your own in place of ours: a directory. */
  fixtures?: string
  /** How many cases run at once; default 10, on stdio as many as there are processors, at most 4. */
  jobs?: number
  /** Multiplies every deadline, for slow servers; default 1. */
  timeFactor?: number
  /** Told of each result as it is there. */
  onResult?: (result: Result, done: number, total: number) => void
}

/** No case fits the selection. */
export class NothingSelectedError extends Error {
  override readonly name = 'NothingSelectedError'
}

/**
 * Replays the corpus, or the part that is selected, against a server.
 *
 * Rejects with an UnreachableError when there is no server, a NothingSelectedError when no case fits the selection and the
 * transport, a FixtureError or ProfileError for files that are wrong. Everything a server does wrong is in the report.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conform } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'] })
 * assert.equal(report.counts.fail, 0)
 * await app.close()
 * ```
 */
export async function conform(testable: Testable, options: ConformOptions = {}): Promise<Report> {
  const { target, close } = await targetOf(testable, options)
  try {
    const cases = await casesFor(target.transport, options)
    const { profile } = options
    const known = typeof profile === 'string' || profile instanceof URL ? await readProfile(profile) : profile
    return await run(cases, target, {
      definitions: await schemaDefinitions(),
      runner: { name: 'handwire-conform', version: await ownVersion() },
      ...(known === undefined ? {} : { profile: known }),
      ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
      ...(options.timeFactor === undefined ? {} : { timeFactor: options.timeFactor }),
      ...(options.onResult === undefined ? {} : { onResult: options.onResult })
    })
  } finally {
    close()
  }
}

/**
 * The cases that a run with these options replays over a transport. Rejects with a NothingSelectedError when there are none.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { casesFor, NothingSelectedError } from 'handwire/conform'
 *
 * const cases = await casesFor('stdio', { only: ['stdio/framing'], level: 'MUST' })
 * assert.ok(cases.every(({ id, level }) => id.startsWith('stdio/framing/') && level === 'MUST'))
 * await assert.rejects(casesFor('http', { only: ['no/such/case'] }), NothingSelectedError)
 * ```
 */
export async function casesFor(transport: 'http' | 'stdio', options: ConformOptions = {}): Promise<Fixture[]> {
  const fixtures = await loadFixtures(options.fixtures ?? fileURLToPath(corpusDirectory))
  const cases = select(fixtures, { ...options, transport })
  if (cases.length > 0) return cases
  const what = options.only === undefined ? 'no case' : `no case fits ${options.only.join(' ')}`
  throw new NothingSelectedError(`${what} at this level over ${transport}`)
}

async function targetOf(testable: Testable, options: ConformOptions): Promise<{ target: Target; close(): void }> {
  const headers = options.headers ?? {}
  if (typeof testable === 'string' || testable instanceof URL) {
    const { exchange, close } = socketExchange()
    return { target: httpTarget({ url: new URL(testable).href, exchange, headers }), close }
  }
  if ('connect' in testable) return { target: testable, close: () => undefined }
  if ('command' in testable) return { target: processTarget(testable), close: () => undefined }
  return appTarget(testable, { headers, ...(options.path === undefined ? {} : { path: options.path }) })
}

let definitions: Promise<Definitions> | undefined

/** The definitions of the revision, read once. */
function schemaDefinitions(): Promise<Definitions> {
  definitions ??= readFile(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8').then((text) =>
    definitionsOf(JSON.parse(text))
  )
  return definitions
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(text) as { version?: string }).version)
}
