/** A recording says who was recorded, and its capture lies beside it. */
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'

const area = 'recordings/'

export function recordings({ fixtures, files }: Corpus): Finding[] {
  const grown = new Set(fixtures.filter(({ provenance }) => provenance.from === 'recording').map(({ id }) => id))
  const cases = fixtures.flatMap((fixture) => {
    const recorded = grown.has(fixture.id)
    if (fixture.id.startsWith(area) && !recorded)
      return [fault(fileOf(fixture), 'lies among the recordings but was written by hand', 'move it to its area')]
    if (!recorded || files.has(`${fixture.id}.jsonl`)) return []
    return [fault(fileOf(fixture), 'has no capture beside it', `record it again, or bring ${fixture.id}.jsonl back`)]
  })
  const captures = [...files]
    .filter((file) => file.endsWith('.jsonl') && !grown.has(file.slice(0, -'.jsonl'.length)))
    .map((file) => fault(file, 'is a capture without a case', 'grow its case with npm run record -- --derive'))
  return [...cases, ...captures]
}
