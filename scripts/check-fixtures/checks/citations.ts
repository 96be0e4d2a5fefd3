/** What a case cites: requirements that are there, bind a server, and carry the level of the case. */
import type { Fixture } from '../../../src/conform/fixture.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'
import { bindsServer, isWorded, type Requirement, strength } from '../requirement.ts'

type Index = ReadonlyMap<string, Requirement>

function indexOf({ requirements }: Corpus): Index {
  return new Map(requirements.map((requirement) => [requirement.id, requirement]))
}

/** Ids that stand in the index once each, and nowhere else. */
export function knownRequirements(corpus: Corpus): Finding[] {
  const index = indexOf(corpus)
  const twice = corpus.requirements.filter((requirement) => index.get(requirement.id) !== requirement)
  return [
    ...twice.map(({ id }) => fault('requirements.json', `${id} stands there twice`, 'give the later one a fresh id')),
    ...corpus.fixtures.flatMap((fixture) =>
      fixture.requirements
        .filter((id) => !index.has(id))
        .map((id) => fault(fileOf(fixture), `cites ${id}, which does not exist`, 'look it up in requirements.json'))
    )
  ]
}

/** A case tests a server, so a rule for clients is none it can break. */
export function serverRequirements(corpus: Corpus): Finding[] {
  const index = indexOf(corpus)
  return corpus.fixtures.flatMap((fixture) =>
    fixture.requirements
      .filter((id) => index.has(id) && !bindsServer(index.get(id) as Requirement))
      .map((id) =>
        fault(fileOf(fixture), `cites ${id}, a rule for clients`, 'cite the rule of the server that it tests instead')
      )
  )
}

/** A case may be milder than what it cites, never harder. */
export function levels(corpus: Corpus): Finding[] {
  const index = indexOf(corpus)
  return corpus.fixtures.flatMap((fixture) => {
    const cited = fixture.requirements.flatMap((id) => index.get(id) ?? [])
    const highest = Math.max(0, ...cited.map(({ level }) => strength(level)))
    if (strength(fixture.level) <= highest) return []
    const what = cited.length === 0 ? 'cites nothing' : `cites only ${cited.map(named).join(', ')}`
    return [
      fault(fileOf(fixture), `is a ${fixture.level} but ${what}`, 'lower its level, or cite what binds so strongly')
    ]
  })
}

/**
 * A case of level MUST fails a server, so something worded has to say it: a requirement with a worded basis, or one that was
 * inferred with a note that says what it follows from, best by id (conventions of the index, basis).
 */
export function bases(corpus: Corpus): Finding[] {
  const index = indexOf(corpus)
  return corpus.fixtures.flatMap((fixture) => {
    const cited = fixture.requirements.flatMap((id) => index.get(id) ?? [])
    const binding = cited.filter(({ level }) => strength(level) === 2)
    if (fixture.level !== 'MUST' || binding.length === 0 || binding.some((one) => rests(one, index))) return []
    const what = binding.map(({ id, basis }) => `${id} (${basis})`).join(', ')
    return [
      fault(
        fileOf(fixture),
        `is a MUST on advice alone: ${what}`,
        'cite the worded rule it follows from, or lower it to SHOULD'
      )
    ]
  })
}

function rests(requirement: Requirement, index: Index): boolean {
  if (isWorded(requirement)) return true
  const { note = '' } = requirement
  if (/\bfollows from\b/i.test(note)) return true
  const mentioned = note.match(/\b[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-\d+\b/g) ?? []
  return mentioned.some((id) => {
    const other = index.get(id)
    return other !== undefined && isWorded(other) && strength(other.level) === 2
  })
}

function named({ id, level }: Requirement): string {
  return `${id} (${level})`
}

/** A reason why no case can exist is something else than a case, and says something. */
export function reasons(corpus: Corpus): Finding[] {
  const cases = new Map<string, Fixture>()
  for (const fixture of corpus.fixtures) for (const id of fixture.requirements) cases.set(id, fixture)
  return corpus.requirements
    .filter((requirement) => requirement.no_case !== undefined)
    .flatMap((requirement) => {
      const { id, no_case: reason } = requirement
      const other = cases.get(id)
      if (other !== undefined)
        return [fault('requirements.json', `${id} has a no_case although ${other.id} cites it`, 'drop the reason')]
      if (typeof reason === 'string' && reason.trim().length > 0) return []
      return [fault('requirements.json', `the no_case of ${id} says nothing`, 'write why no case can exist')]
    })
}
