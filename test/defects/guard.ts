/** How a fault is looked for: the cases that cite what it breaks, a few at a time, until one of them fails. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { corpusDirectory, type Fixture, loadFixtures } from '../../src/conform/fixture.ts'
import type { Target } from '../../src/conform/peer.ts'
import { type Outcome, replay } from '../../src/conform/replay.ts'
import { definitionsOf } from '../../src/conform/structure.ts'
import type { Tokens } from '../../src/conform/tokens.ts'
import type { Fault, Transport } from './fault.ts'

const schema = readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8')
const definitions = definitionsOf(JSON.parse(schema))

/** How long cases wait for what does not come: a fraction of what they say, because a server of this process is quick. */
export const quick = 0.4
/** For what failed because the machine was busy. */
export const patient = 4

/** What became of looking for one fault on one transport. */
export interface Sighting {
  fault: Fault
  transport: Transport
  /** The case that saw it; undefined when none did. */
  by: string | undefined
  /** What was replayed, in order. */
  tried: Outcome[]
}

/** A target behind a door, with the tokens that a profile would give. */
export interface Guarded extends Target {
  tokens?: Tokens
}

/** The target as one whose door the tokens are for; `valid` goes with every request. */
export function guardedTarget(
  tokens: Readonly<Record<string, string>>,
  targetWith: (headers: Record<string, string>) => Target
): Guarded {
  const { valid } = tokens
  if (valid === undefined) return targetWith({})
  const given = Object.entries(tokens).map(([name, value]) => [name, { value }])
  return { ...targetWith({ authorization: `Bearer ${valid}` }), tokens: Object.fromEntries(given) as Tokens }
}

/** The whole corpus. */
export async function corpus(): Promise<Fixture[]> {
  return loadFixtures(fileURLToPath(corpusDirectory))
}

/** Whether an outcome counts against the server: a failure, a warning where only a SHOULD was broken, or a message of the wrong structure. */
export function counts({ outcome, structure }: Outcome, { level }: Pick<Fault, 'level'>): boolean {
  return outcome === 'fail' || (outcome === 'warn' && level === 'SHOULD') || structure.outcome === 'fail'
}

/** The cases to look for a fault with: those that cite what it breaks, the strictest and shortest first. */
export function casesFor(fault: Fault, transport: Transport, cases: readonly Fixture[]): Fixture[] {
  const ranks = { MUST: 0, SHOULD: fault.level === 'SHOULD' ? 0 : 1, MAY: 2 }
  const rank = ({ level, steps, requirements, serial }: Fixture): number =>
    ranks[level] * 1000 + (serial === true ? 500 : 0) + steps.length * 4 + requirements.length
  return cases
    .filter(({ transports }) => transports.includes(transport))
    .filter(({ requirements }) => requirements.some((id) => fault.requirements.includes(id)))
    .sort((one, other) => rank(one) - rank(other))
}

/**
 * Looks for a fault. Cases run `atOnce` side by side, and those that want the server to themselves alone. A case that ends
 * as an error is replayed once more with patience.
 */
export async function seek(
  fault: Fault,
  transport: Transport,
  cases: readonly Fixture[],
  target: Target,
  { timeFactor, atOnce }: { timeFactor: number; atOnce: number }
): Promise<Sighting> {
  const tried: Outcome[] = []
  const rest = casesFor(fault, transport, cases)
  while (rest.length > 0) {
    const together = rest.slice(0, atOnce).findIndex(({ serial }) => serial === true)
    const batch = rest.splice(0, together < 0 ? atOnce : Math.max(1, together))
    const outcomes = await Promise.all(batch.map((fixture) => play(fixture, target, timeFactor)))
    for (const [index, { outcome }] of outcomes.entries()) {
      if (outcome === 'error') outcomes[index] = await play(batch[index] as Fixture, target, patient)
    }
    tried.push(...outcomes)
    const seen = outcomes.find((outcome) => counts(outcome, fault))
    if (seen !== undefined) return { fault, transport, by: seen.id, tried }
  }
  return { fault, transport, by: undefined, tried }
}

/** Replays one case. */
export function play(fixture: Fixture, target: Guarded, timeFactor: number): Promise<Outcome> {
  const { tokens } = target
  return replay(fixture, target, { definitions, timeFactor, ...(tokens === undefined ? {} : { hints: { tokens } }) })
}

/** Does work on every item, `width` at a time; the results are in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++
      results[at] = await work(items[at] as T)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}

/** One line: how many of the faults were seen. */
export function scoreOf(sightings: readonly Sighting[]): string {
  const of = (level: 'MUST' | 'SHOULD'): string => {
    const all = sightings.filter(({ fault }) => fault.level === level)
    return `${level} ${all.filter(({ by }) => by !== undefined).length} of ${all.length}`
  }
  const seen = sightings.filter(({ by }) => by !== undefined).length
  return `defects: ${seen} of ${sightings.length} seen (${of('MUST')}, ${of('SHOULD')})`
}
