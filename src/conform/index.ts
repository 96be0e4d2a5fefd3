/**
 * The conformance kit as a library: the corpus replayed against a server from somebody's own tests, or the cases one by one.
 *
 *     import { conform } from 'handwire/conform'
 *
 *     const report = await conform(app)
 *     assert.deepEqual(report.results.filter(({ outcome }) => outcome === 'fail'), [])
 */
import { readFile } from 'node:fs/promises'
import { ownCorpus } from './corpus.ts'
import { corpusDirectory, type Fixture, loadFixtures } from './fixture.ts'
import type { Definitions } from './matcher.ts'
import { type Profile, readProfile } from './profile.ts'
import type { Report, Result } from './report.ts'
import { run } from './run.ts'
import { type Selection, select } from './select.ts'
import { definitionsOf } from './structure.ts'
import { type Reach, type Testable, targetOf } from './testable.ts'
import { ownVersion } from './version.ts'

export type { Choices } from './discovery.ts'
export type { Area, Finding, Level } from './doctor/findings.ts'
export { type Diagnosis, type DoctorOptions, doctor } from './doctor/index.ts'
export { type DiagnosisTextOptions, diagnosisText } from './doctor/text.ts'
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
export { type Change, compareSnapshots } from './snapshot/changes.ts'
export { printSnapshot, readSnapshot, SnapshotError } from './snapshot/file.ts'
export { type Kind, type Snapshot, type SnapshotOptions, snapshot } from './snapshot/snapshot.ts'
export type { Reach, Testable } from './testable.ts'
export { tokenValues } from './tokens.ts'

export interface ConformOptions extends Omit<Selection, 'transport'>, Reach {
  /** What is known of the server, or the file that says it. */
  profile?: Profile | string | URL
  /** A corpus of your own in place of ours: a directory. */
  fixtures?: string
  /** How many cases run at once; default 10, on stdio as many as there are processors, at most 4. */
  jobs?: number
  /** Multiplies every deadline, for slow servers; default 1. */
  timeFactor?: number
  /** Whether cases may ask servers that the one under test names, such as its authorization server; default those on loopback, if it is there. */
  follow?: boolean
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
      ...(options.follow === undefined ? {} : { follow: options.follow }),
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
  const fixtures = options.fixtures === undefined ? await ownCorpus() : await loadFixtures(options.fixtures)
  const cases = select(fixtures, { ...options, transport })
  if (cases.length > 0) return cases
  const what = options.only === undefined ? 'no case' : `no case fits ${options.only.join(' ')}`
  throw new NothingSelectedError(`${what} at this level over ${transport}`)
}

let definitions: Promise<Definitions> | undefined

/** The definitions of the revision, read once. */
function schemaDefinitions(): Promise<Definitions> {
  definitions ??= readFile(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8').then((text) =>
    definitionsOf(JSON.parse(text))
  )
  return definitions
}
