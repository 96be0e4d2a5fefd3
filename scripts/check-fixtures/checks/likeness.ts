/** No two cases are alike: neither in their titles nor in what they do. */
import type { Fixture } from '../../../src/conform/fixture.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'

export function uniqueTitles({ fixtures }: Corpus): Finding[] {
  return twins(fixtures, ({ title }) => title.trim().toLowerCase().replace(/\.$/, '')).map(([fixture, first]) =>
    fault(fileOf(fixture), `has the title of ${first.id}`, 'say what sets it apart')
  )
}

/** Notes do not count. Recordings of different peers, or over different transports, may agree: that is what they show. */
export function uniqueSteps({ fixtures }: Corpus): Finding[] {
  const conduct = ({ steps, client, transports, needs, provenance }: Fixture): string =>
    JSON.stringify([
      steps.map(({ note: _, ...step }) => step),
      client,
      transports,
      needs?.without,
      provenance['client'],
      provenance['server'],
      provenance['transport']
    ])
  return twins(fixtures, conduct).map(([fixture, first]) =>
    fault(fileOf(fixture), `does the same as ${first.id}`, 'let one of the two go, and cite in the other what it cited')
  )
}

/** Each case with the first that has the same key. */
function twins(fixtures: readonly Fixture[], keyOf: (fixture: Fixture) => string): [Fixture, Fixture][] {
  const firsts = new Map<string, Fixture>()
  return fixtures.flatMap((fixture) => {
    const key = keyOf(fixture)
    const first = firsts.get(key)
    if (first === undefined) firsts.set(key, fixture)
    return first === undefined ? [] : [[fixture, first] as [Fixture, Fixture]]
  })
}
