/** A requirement that has to be covered is tested in earnest: by one case at least that calls a breach what the index calls it. */
import type { Corpus } from '../corpus.ts'
import { coverageOf } from '../coverage.ts'
import { type Finding, warning } from '../finding.ts'
import { strength } from '../requirement.ts'

/** Only asks to look: the notes of the index leave some questions open, and cases about those are milder. */
export function testedInEarnest(corpus: Corpus): Finding[] {
  return coverageOf(corpus)
    .rows.filter(({ state }) => state === 'cases')
    .filter(({ requirement, cases }) => cases.every(({ level }) => strength(level) < strength(requirement.level)))
    .map(({ requirement: { id, level }, cases }) =>
      warning(
        'requirements.json',
        `${id} is a ${level}, but its cases are milder: ${cases.map((one) => `${one.id} (${one.level})`).join(', ')}`,
        'raise one of them unless the note of the requirement leaves it open'
      )
    )
}
