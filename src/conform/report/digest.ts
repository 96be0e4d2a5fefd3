/**
 * The digest: what every reporter asks of a report. How a result stands, which page of the specification it belongs to, what
 * is alike, and which requirements were seen kept or broken.
 */

import { type Result, type Verdict, verdicts } from '../report.ts'
import { definitionUrl, pages, type Requirement, requirement } from '../requirements.ts'

/** The outcome, or `known` where the profile excuses it. */
export type Standing = Verdict | 'known'

/** The order in which results are told, the worst first. */
export const standings: readonly Standing[] = [...verdicts.slice(0, -1), 'known', 'pass']

export function standingOf({ outcome, known }: Pick<Result, 'outcome' | 'known'>): Standing {
  return known === undefined ? outcome : 'known'
}

export function having(results: readonly Result[], ...wanted: Standing[]): Result[] {
  return results.filter((result) => wanted.includes(standingOf(result)))
}

/** The requirements of a result that the index knows, in the order of the case. */
export function requirementsOf({ requirements }: Pick<Result, 'requirements'>): Requirement[] {
  return requirements.flatMap((id) => requirement(id) ?? [])
}

/** The section of the specification a result is about: that of its first requirement, or of its definition in the schema. */
export function sectionUrl(result: Pick<Result, 'id' | 'area' | 'requirements'>): string | undefined {
  if (result.area === structure) return definitionUrl(result.id.slice(structure.length + 1))
  return requirementsOf(result)[0]?.url
}

/** The results that belong to one page of the specification. */
export interface Chapter {
  /** The page as the index names it, or `structure` or `other`. */
  key: string
  title: string
  /** The address of the page; of cases that belong to none there is none. */
  url?: string
  results: Result[]
}

const structure = 'structure'
const other = 'other'

/** Results by the page of their first requirement, in the order of the specification; structure and strays after it. */
export function chaptersOf(results: readonly Result[]): Chapter[] {
  const byKey = new Map<string, Result[]>()
  for (const result of results) {
    const key = result.area === structure ? structure : (requirementsOf(result)[0]?.page ?? other)
    byKey.set(key, [...(byKey.get(key) ?? []), result])
  }
  const known = pages().map(({ page, title, url }): Chapter => ({ key: page, title, url, results: [] }))
  const chapters: Chapter[] = [
    ...known,
    { key: structure, title: 'Structure of messages', url: definitionUrl('').slice(0, -1), results: [] },
    { key: other, title: 'Other cases', results: [] }
  ]
  return chapters
    .map((chapter) => ({ ...chapter, results: byKey.get(chapter.key) ?? [] }))
    .filter((chapter) => chapter.results.length > 0)
}

/** Items by what `key` says of them: the keys in the order they are first met. */
export function grouped<T>(items: readonly T[], key: (item: T) => string): [key: string, items: T[]][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = key(item)
    groups.set(name, [...(groups.get(name) ?? []), item])
  }
  return [...groups]
}

/** The reason in one line, which is what makes results alike; the stack of a runner error is left out. */
export function reasonOf({ reason }: Pick<Result, 'reason'>): string {
  return reason?.split('\n')[0] ?? 'no reason was given'
}

/** Ids of requirements, each in one of the three lists. */
export interface Coverage {
  /** A case about it passed, and none failed. */
  kept: string[]
  /** A case about it failed or warned, known or not. */
  broken: string[]
  /** The cases about it were skipped, could not be run or only told something. */
  untested: string[]
}

/** What became of every requirement that the cases of a run are about. */
export function coverageOf(results: readonly Result[]): Coverage {
  const about = (...outcomes: Verdict[]): Set<string> =>
    new Set(results.filter(({ outcome }) => outcomes.includes(outcome)).flatMap(({ requirements }) => requirements))
  const broken = about('fail', 'warn')
  const passed = about('pass')
  const all = [...about(...verdicts)].sort()
  return {
    kept: all.filter((id) => passed.has(id) && !broken.has(id)),
    broken: all.filter((id) => broken.has(id)),
    untested: all.filter((id) => !passed.has(id) && !broken.has(id))
  }
}

/** A skip that says nothing of the server: the case is for another transport. */
export function isForeign({ reason }: Pick<Result, 'reason'>): boolean {
  return reason?.startsWith('the case is not for ') ?? false
}
