/**
 * Clusters: faults that are alike. One cause breaks many cases, and a report that tells each of them whole is not read.
 *
 * Rules of this file:
 * - the same requirement broken for the same reason is one cluster: its first case stands for it;
 * - what was expected and came in just this way under another requirement before need not be told again;
 * - when that happens under many requirements (as a refused handshake does), all of it belongs to the first cluster.
 */
import type { Result } from '../report.ts'
import { grouped, reasonOf } from './digest.ts'

export interface Cluster {
  /** The case that stands for all. */
  head: Result
  /** The others. */
  same: Result[]
  /** An earlier case, of another requirement, that broke in just this way: no need to tell it again. */
  told?: Result
}

/** How many requirements may break in one way before they count as one. */
const requirementLimit = 6

/** Clusters of these results, in their order. */
export function clustersOf(results: readonly Result[]): Cluster[] {
  const alike = grouped(results, (result) => JSON.stringify([result.outcome, about(result), reasonOf(result)]))
  const sets = alike.map(([, set]) => set)
  const clusters = grouped(sets, ([head]) => symptom(head as Result)).flatMap(([, looks]) => {
    const first = looks[0]?.[0] as Result
    if (looks.length > requirementLimit) return [cluster(looks.flat())]
    return looks.map((set) => cluster(set, set[0] === first ? undefined : first))
  })
  return clusters.sort((one, other) => results.indexOf(one.head) - results.indexOf(other.head))
}

/** Every result a cluster of its own. */
export function singly(results: readonly Result[]): Cluster[] {
  return results.map((result) => cluster([result]))
}

function cluster([head, ...same]: Result[], told?: Result): Cluster {
  return { head: head as Result, same, ...(told === undefined ? {} : { told }) }
}

/** What the fault looks like. Refused handshakes look alike whatever the answer says. */
function symptom(result: Result): string {
  const { outcome, step, path, expected, actual } = result
  const seen = step === 0 ? [] : [path ?? null, expected ?? null, actual ?? null]
  return JSON.stringify([outcome, reasonOf(result), ...seen])
}

function about({ id, requirements }: Result): string {
  return requirements[0] ?? id
}
