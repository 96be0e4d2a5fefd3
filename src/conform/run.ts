/**
 * The run: a selection of cases replayed against one target, side by side, and what came of it as a report.
 *
 * Rules of this file:
 * - the target is greeted first: one that cannot be reached is an error of the run, never a list of results;
 * - `serial` cases have the target to themselves, after the others;
 * - results stand in the order of the cases, whatever the order they ended in.
 */
import { availableParallelism } from 'node:os'
import type { Choices } from './discovery.ts'
import type { Fixture } from './fixture.ts'
import type { Hello } from './handshake.ts'
import type { Definitions } from './matcher.ts'
import { offerOf } from './needs.ts'
import { type Target, UnreachableError } from './peer.ts'
import { applyProfile, type Profile, reasonFor } from './profile.ts'
import { introductionOf, type Outcome, type ReplayOptions, replay } from './replay.ts'
import { count, isFault, type Report, type Result, structureResults } from './report.ts'
import { tokensOf } from './tokens.ts'

export interface RunOptions {
  /** For `$def` and the verdict on structure; see definitionsOf. */
  definitions: Definitions
  profile?: Profile
  /** How many cases run at once; default 10, on stdio as many as there are processors, at most 4. */
  jobs?: number
  /** Multiplies every deadline; default 1. */
  timeFactor?: number
  /** Whether cases may ask other servers that the target names, such as its authorization server; default not. */
  follow?: boolean
  /** Name and version of this client, said in `initialize` and written into the report. */
  runner: { name: string; version: string }
  /** Told of each result as it is there, with how many there are and how many cases the run has. */
  onResult?: (result: Result, done: number, total: number) => void
}

/**
 * Replays the cases. Rejects with an UnreachableError when the target cannot be reached, and when it asks for a token that
 * it was not given, unless all cases are about just that; whatever happens later is a result.
 */
export async function run(fixtures: readonly Fixture[], target: Target, options: RunOptions): Promise<Report> {
  const { definitions, profile = {}, runner } = options
  const began = performance.now()
  const date = new Date().toISOString()
  const replaying: ReplayOptions = {
    definitions,
    client: runner,
    timeFactor: options.timeFactor ?? 1,
    follow: options.follow ?? false,
    hints: {
      tokens: tokensOf(profile),
      ...(profile.any === undefined ? {} : { any: profile.any }),
      ...(profile.features === undefined ? {} : { features: profile.features })
    }
  }
  // what is asked at the door needs nobody who is let in
  const inside = !fixtures.every(({ needs }) => needs?.features?.includes('protected'))
  const greeted = await greet(target, replaying, inside)
  const outcomes = new Map<string, Outcome>()
  const results: Result[] = []
  const take = async (fixture: Fixture): Promise<void> => {
    const own = reasonFor(fixture.id, profile.skips) ?? applyProfile(fixture, profile)
    const outcome = typeof own === 'string' ? leftOut(fixture, own) : await replay(own, target, replaying)
    outcomes.set(fixture.id, outcome)
    const result = resultOf(fixture, outcome, profile)
    results.push(result)
    options.onResult?.(result, results.length, fixtures.length)
  }
  const jobs = options.jobs ?? (target.transport === 'stdio' ? Math.min(4, availableParallelism()) : 10)
  await sideBySide(
    fixtures.filter(({ serial }) => serial !== true),
    jobs,
    take
  )
  await sideBySide(
    fixtures.filter(({ serial }) => serial === true),
    1,
    take
  )
  const order = new Map(fixtures.map(({ id }, index) => [id, index]))
  results.sort((one, other) => (order.get(one.id) ?? 0) - (order.get(other.id) ?? 0))
  results.push(
    ...structureResults(fixtures.flatMap(({ id }) => outcomes.get(id) ?? [])).map((one) => marked(one, profile))
  )
  return {
    target: target.name,
    transport: target.transport,
    ...greeted,
    runner: `${runner.name} ${runner.version}`,
    date,
    ms: performance.now() - began,
    results,
    counts: count(results)
  }
}

/** Meets the target once before anything is tested. */
async function greet(
  target: Target,
  options: ReplayOptions,
  inside: boolean
): Promise<{ server?: Hello; uses: Choices }> {
  const offer = await offerOf(target, {}, introductionOf(target, options), options.hints)
  if (!('message' in offer)) {
    const { revision, capabilities, server, any } = offer
    return { server: { revision, capabilities, server }, uses: any }
  }
  if (inside && /^HTTP 401\b/.test(offer.message))
    throw new UnreachableError(
      `${target.name} answers initialize with 401: it wants a token, and was given none it takes`
    )
  return { uses: {} }
}

/** Takes all, at most `jobs` at a time, in order of beginning. */
async function sideBySide<T>(all: readonly T[], jobs: number, take: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all]
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await take(one)
  }
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker))
}

function leftOut({ id, title, requirements }: Fixture, reason: string): Outcome {
  const structure = { outcome: 'skip' as const, faults: [], judged: {} }
  return { id, title, requirements, outcome: 'skip', reason, structure, frames: [], ms: 0 }
}

function resultOf({ level }: Fixture, outcome: Outcome, profile: Profile): Result {
  const { structure: _structure, server: _server, ...rest } = outcome
  return marked({ ...rest, area: outcome.id.split('/')[0] as string, level }, profile)
}

/** Notes what the profile knows of a result. */
function marked(result: Result, profile: Profile): Result {
  const known = reasonFor(result.id, profile.knownFailures)
  if (known === undefined) return result
  if (isFault(result)) return { ...result, known }
  return result.outcome === 'pass' && profile.knownFailures?.[result.id] !== undefined
    ? { ...result, stale: true }
    : result
}
