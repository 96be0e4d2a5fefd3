/** The coverage: which requirements the cases of a corpus test, and what is said of those they do not. */
import type { Fixture } from '../../src/conform/fixture.ts'
import type { Corpus } from './corpus.ts'
import { beyond, bindsServer, isAboutAuthorization, type Requirement, strength } from './requirement.ts'

/** What is the matter with a requirement that the corpus has to cover. */
export const states = ['cases', 'reason', 'waiting', 'missing'] as const
export type State = (typeof states)[number]

/** A requirement of the server, and the cases that cite it, by id. */
export interface Row {
  requirement: Requirement
  cases: Fixture[]
  /** Undefined where no case is required. */
  state: State | undefined
  /** Why no case is required; undefined where one is. */
  beyond: string | undefined
}

export type Counts = Record<State | 'required', number>

export interface Coverage {
  /** All requirements of the server, in the order of the index. */
  rows: Row[]
  counts: Counts
}

/** The area in which cases about authorization lie. */
const authorizationArea = 'authorization/'

export function coverageOf({ fixtures, requirements }: Pick<Corpus, 'fixtures' | 'requirements'>): Coverage {
  const citing = new Map<string, Fixture[]>()
  const sorted = [...fixtures].sort((one, other) => (one.id < other.id ? -1 : 1))
  for (const fixture of sorted)
    for (const id of fixture.requirements) citing.set(id, [...(citing.get(id) ?? []), fixture])
  const waits = !fixtures.some(({ id }) => id.startsWith(authorizationArea))
  const rows = requirements.filter(bindsServer).map((requirement): Row => {
    const cases = citing.get(requirement.id) ?? []
    const why = beyond(requirement)
    return {
      requirement,
      cases,
      beyond: why,
      state: why === undefined ? stateOf(requirement, cases, waits) : undefined
    }
  })
  return { rows, counts: countsOf(rows) }
}

function stateOf(requirement: Requirement, cases: Fixture[], waits: boolean): State {
  if (cases.length > 0) return 'cases'
  if (requirement.no_case !== undefined) return 'reason'
  return waits && isAboutAuthorization(requirement) ? 'waiting' : 'missing'
}

/** How many of some rows are required, and how many of these are in each state. */
export function countsOf(rows: readonly Row[]): Counts {
  const counts: Counts = { required: 0, cases: 0, reason: 0, waiting: 0, missing: 0 }
  for (const { state } of rows) {
    if (state === undefined) continue
    counts.required++
    counts[state]++
  }
  return counts
}

/** Rows by what they have in common, in the order in which it first comes up. */
export function grouped(rows: readonly Row[], keyOf: (requirement: Requirement) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(row.requirement)
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return groups
}

/** The rules that grant a choice, and how many of them a case takes up. */
export function choices({ rows }: Coverage): { granted: number; taken: number } {
  const granted = rows.filter(({ requirement }) => strength(requirement.level) === 0)
  return { granted: granted.length, taken: granted.filter(({ cases }) => cases.length > 0).length }
}
