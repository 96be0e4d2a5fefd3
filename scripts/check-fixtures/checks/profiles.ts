/** Profiles fit their schema, and every entry in them has something to say about this corpus. */
import { globOf } from '../../../src/conform/select.ts'
import { compileJsonSchema, explain } from '../../../src/protocol/schema.ts'
import type { Corpus } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'
import { needsOf } from './names.ts'

const kinds = ['tools', 'resources', 'templates', 'prompts'] as const

export function profiles(corpus: Corpus): Finding[] {
  const { profileSchema: schema } = corpus
  if (corpus.profiles.length === 0) return []
  if (schema === undefined) return [fault('profile.schema.json', 'is missing or no JSON', 'profiles have to fit it')]
  const fits = compileJsonSchema(schema)
  return corpus.profiles.flatMap(({ file, profile }) => {
    if (profile === undefined) return [fault(file, 'is no JSON', 'mend its syntax')]
    if (!fits(profile)) return [fault(file, explain(fits.errors), 'see profile.schema.json')]
    return entries(file, profile as Entries, corpus)
  })
}

type Entries = { [member in 'knownFailures' | 'skips' | 'tokens' | (typeof kinds)[number]]?: Record<string, unknown> }

/** Entries that no case is meant by do nothing. The structure of messages is judged under ids of its own. */
function entries(file: string, profile: Entries, { fixtures, definitions }: Corpus): Finding[] {
  const ids = [...fixtures.map(({ id }) => id), ...[...definitions].map((name) => `structure/${name}`)]
  const needed = needsOf(fixtures)
  const idle = (['knownFailures', 'skips'] as const).flatMap((member) =>
    Object.keys(profile[member] ?? {})
      .filter((glob) => !ids.some((id) => globOf(glob).test(id)))
      .map((glob) => fault(file, `${member} has ${glob}, which no case is called`, 'mend the id or glob, or let it go'))
  )
  const unused = kinds.flatMap((kind) =>
    Object.keys(profile[kind] ?? {})
      .filter((name) => !needed[kind].includes(name))
      .map((name) => fault(file, `${kind} stands in for ${name}, which no case needs`, 'mend the name, or let it go'))
  )
  const wanted = fixtures.flatMap(({ needs }) => needs?.tokens ?? [])
  const spare = Object.keys(profile.tokens ?? {})
    .filter((name) => !wanted.includes(name) || name === 'valid')
    .map((name) =>
      fault(file, `tokens gives ${name}, which no case takes from a profile`, 'mend the name, or let it go')
    )
  return [...idle, ...unused, ...spare]
}
