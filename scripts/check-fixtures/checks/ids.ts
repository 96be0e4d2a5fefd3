/**
 * Request ids: a client that keeps the rules sends a string or an integer, and each id once in a session. Nobody uses those
 * that the runner takes for its own requests.
 */
import type { Fixture } from '../../../src/conform/fixture.ts'
import { firstOwnId } from '../../../src/conform/handshake.ts'
import { isObject } from '../../../src/protocol/frame.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'
import { messagesOf, placeOf, sessionOf } from '../step.ts'

/** More than a case can make the runner use. */
const ownIds = 999

export function requestIds({ fixtures }: Corpus): Finding[] {
  return fixtures.flatMap(faultsOf)
}

function faultsOf(fixture: Fixture): Finding[] {
  const findings: Finding[] = []
  const used = new Set<string>()
  for (const step of fixture.steps) {
    const wrong = (what: string, mend: string): void => {
      findings.push(fault(fileOf(fixture), `${placeOf(fixture, step)} ${what}`, mend))
    }
    for (const { id } of messagesOf(step)) {
      // one that was remembered is not known here
      if (id === undefined || isObject(id) || (typeof id === 'string' && id.includes('${'))) continue
      if (typeof id === 'number' && id >= firstOwnId && id < firstOwnId + ownIds)
        wrong(`uses the id ${id}`, `the runner counts on from ${firstOwnId}: take another`)
      if (fixture.kind === 'negative') continue
      if (typeof id !== 'string' && !Number.isInteger(id))
        wrong(`uses the id ${JSON.stringify(id)}`, 'a string or an integer; or the case is negative')
      const key = JSON.stringify([sessionOf(step), id])
      if (used.has(key)) wrong(`uses the id ${JSON.stringify(id)} again`, 'a fresh one; or the case is negative')
      used.add(key)
    }
  }
  return findings
}
