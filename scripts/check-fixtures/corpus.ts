/** The corpus as the checker sees it: every case that fits the meta-schema, what lies around them, and what did not fit. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { type Fixture, FixtureError, fixtureCheck, isCaseFile, readMetaSchema } from '../../src/conform/fixture.ts'
import { type Json, readJson } from '../../src/conform/json.ts'
import { type Finding, fault } from './finding.ts'
import type { Requirement } from './requirement.ts'

export interface Corpus {
  /** Sorted by id. */
  fixtures: Fixture[]
  requirements: Requirement[]
  /** The names that `$def` may use. */
  definitions: ReadonlySet<string>
  /** Every file, relative to the corpus. */
  files: ReadonlySet<string>
  /** What lies in profiles/, unread: undefined where it is no JSON. */
  profiles: { file: string; profile: Json | undefined }[]
  /** What profiles have to fit; undefined as long as there is no such schema. */
  profileSchema: object | undefined
  /** What was wrong with files that are no cases although they lie where cases do. */
  unreadable: Finding[]
}

/** A corpus without its index or its schema cannot be checked at all. */
export class CorpusError extends Error {
  override readonly name = 'CorpusError'
}

/** The file of a case. */
export function fileOf({ id }: Pick<Fixture, 'id'>): string {
  return `${id}.json`
}

/** Reads a corpus directory. Throws a CorpusError when requirements.json or the schema of the revision is missing or broken. */
export async function readCorpus(directory: string): Promise<Corpus> {
  const files = await filesOf(directory)
  const text = (file: string): Promise<string> => readFile(join(directory, file), 'utf8')
  const index = await member<Requirement[]>(text, 'requirements.json', 'requirements')
  const definitions = await member<object>(text, 'schema-2025-06-18.json', 'definitions')
  const fits = fixtureCheck(await readMetaSchema())
  const fixtures: Fixture[] = []
  const unreadable: Finding[] = []
  for (const file of files.filter(isCaseFile)) {
    const read = readCase(file, await text(file), fits)
    if ('steps' in read) fixtures.push(read)
    else unreadable.push(read)
  }
  const profiles = files.filter((file) => /^profiles\/.*\.json$/.test(file))
  return {
    fixtures,
    requirements: index,
    definitions: new Set(Object.keys(definitions)),
    files: new Set(files),
    profiles: await Promise.all(profiles.map(async (file) => ({ file, profile: readJson(await text(file)) }))),
    profileSchema: files.includes('profile.schema.json')
      ? (readJson(await text('profile.schema.json')) as object | undefined)
      : undefined,
    unreadable
  }
}

function readCase(file: string, text: string, fits: ReturnType<typeof fixtureCheck>): Fixture | Finding {
  const value = readJson(text)
  if (value === undefined) return fault(file, 'is no JSON', 'mend its syntax')
  try {
    const fixture = fits(value, file)
    const id = file.slice(0, -'.json'.length)
    return fixture.id === id ? fixture : fault(file, `its id is ${fixture.id}`, `the id is the path: write ${id}`)
  } catch (error) {
    if (error instanceof FixtureError)
      return fault(file, error.faults.join('; '), 'see fixture.schema.json for what a case may contain')
    throw error
  }
}

async function member<T>(text: (file: string) => Promise<string>, file: string, name: string): Promise<T> {
  try {
    const found = (JSON.parse(await text(file)) as Record<string, unknown>)[name]
    if (typeof found === 'object' && found !== null) return found as T
  } catch (error) {
    throw new CorpusError(`${file} cannot be read: ${(error as Error).message}`)
  }
  throw new CorpusError(`${file} has no ${name}`)
}

async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw new CorpusError(`the corpus cannot be read: ${error.message}`)
  })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}
