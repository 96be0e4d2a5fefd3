/**
 * The report of a run: one result a case, and beside the cases one for each definition of the schema that was looked at.
 * Reporters (report/) only print it.
 */
import type { Choices } from './discovery.ts'
import type { Fixture } from './fixture.ts'
import type { Hello } from './handshake.ts'
import type { Json } from './json.ts'
import type { Frame } from './peer.ts'
import type { Outcome } from './replay.ts'

/** What is said of one case; see README.md of the corpus, Verdicts. */
export type Verdict = Outcome['outcome']

/** The order of severity, the worst first; how reports are sorted. */
export const verdicts = ['error', 'fail', 'warn', 'info', 'skip', 'pass'] as const

export interface Result {
  /** The id of the case, or `structure/` and the name of a definition. */
  id: string
  /** The first part of the id. */
  area: string
  title: string
  level: Fixture['level']
  outcome: Verdict
  /** Why it is no pass. */
  reason?: string
  /** The step that decided, from 1; 0 is the handshake. Of a structure there is none. */
  step?: number
  /** Where in the judged value, what was asked, what was there (missing: nothing was). */
  path?: string
  expected?: Json
  actual?: Json
  /** Ids of the requirement index. */
  requirements: string[]
  /** Of a structure result: the first case that shows it. */
  case?: string
  /** Why this failure is known, by the profile; it does not count against the target. */
  known?: string
  /** It passes although the profile knows it as a failure. */
  stale?: true
  /** What crossed, in order. */
  frames: Frame[]
  /** Milliseconds. */
  ms: number
}

export interface Report {
  /** The address or the command that was tested. */
  target: string
  transport: 'http' | 'stdio'
  /** What the server says of itself; missing when it was never greeted. */
  server?: Hello
  /** What was used where a case needs any tool, resource or prompt. */
  uses: Choices
  /** Version of this runner, and the time of the run (ISO 8601). */
  runner: string
  date: string
  /** Milliseconds of the whole run. */
  ms: number
  results: Result[]
  /** How many results of each outcome; `known` failures are counted as that and as nothing else. */
  counts: Record<Verdict | 'known' | 'stale', number>
}

/** Whether a result is wrong in itself: what a stale or known failure is measured by. */
export function isFault({ outcome }: Pick<Result, 'outcome'>): boolean {
  return outcome === 'fail' || outcome === 'warn' || outcome === 'info'
}

/**
 * Counts results.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conform, count } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'] })
 * const musts = report.results.filter(({ level }) => level === 'MUST')
 * assert.equal(count(musts).fail, 0)
 * await app.close()
 * ```
 */
export function count(results: readonly Result[]): Report['counts'] {
  const counts: Report['counts'] = { pass: 0, fail: 0, warn: 0, info: 0, skip: 0, error: 0, known: 0, stale: 0 }
  for (const { outcome, known, stale } of results) {
    counts[known === undefined ? outcome : 'known']++
    if (stale === true) counts.stale++
  }
  return counts
}

/** What a run may be held to beyond the levels of the cases. */
export interface Strictness {
  /** A warning counts as a failure. */
  strict?: boolean
  /** So does a skip. */
  noSkips?: boolean
}

/**
 * What a report means for an exit code: the target is `fine` or `faulty`, or it could not be tested.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conclusionOf, conform } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'] })
 * assert.equal(conclusionOf(report, { strict: true }), 'fine')
 * await app.close()
 * ```
 */
export function conclusionOf(
  { counts }: Pick<Report, 'counts'>,
  strictness: Strictness = {}
): 'fine' | 'faulty' | 'untested' {
  const { fail, warn, skip, stale, error } = counts
  if (fail > 0 || stale > 0) return 'faulty'
  if (strictness.strict === true && warn > 0) return 'faulty'
  if (strictness.noSkips === true && skip > 0) return 'faulty'
  return error > 0 ? 'untested' : 'fine'
}

/** The results about structure: one for each definition that the messages of these cases were judged by. */
export function structureResults(outcomes: readonly Outcome[]): Result[] {
  const judged = new Map<string, number>()
  for (const { structure } of outcomes)
    for (const [definition, times] of Object.entries(structure.judged))
      judged.set(definition, (judged.get(definition) ?? 0) + times)
  return [...judged.keys()]
    .sort()
    .map((definition) => structureResult(definition, judged.get(definition) ?? 0, outcomes))
}

function structureResult(definition: string, times: number, outcomes: readonly Outcome[]): Result {
  const faulty = outcomes.filter(({ structure }) => structure.faults.some((fault) => fault.definition === definition))
  const first = faulty[0]
  const fault = first?.structure.faults.find((one) => one.definition === definition)
  const result: Result = {
    id: `structure/${definition}`,
    area: 'structure',
    title: `Each of ${times} messages judged as ${definition} is valid by the schema`,
    level: 'MUST',
    outcome: fault === undefined ? 'pass' : 'fail',
    requirements: [],
    frames: first?.frames ?? [],
    ms: 0
  }
  if (fault === undefined || first === undefined) return result
  const more = faulty.length === 1 ? '' : ` and ${faulty.length - 1} more`
  return {
    ...result,
    reason: `${fault.message} (in ${first.id}${more})`,
    case: first.id,
    expected: { $def: definition },
    actual: fault.text
  }
}
