/** The place of a recorded case: the file it goes to decides its id, and the corpus it can be replayed from. */
import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'

export interface Place {
  id: string
  /** The corpus, where the file lies as its id says; undefined where it must be moved before it can be replayed. */
  corpus?: string
}

/** A file that no case can be in. */
export class PlaceError extends Error {
  override readonly name = 'PlaceError'
}

const areas =
  /^(auth|cancel|completion|elicitation|http|jsonrpc|lifecycle|logging|origin|pages|ping|progress|prompts|recordings|resources|resume|roots|sampling|session|stdio|tools)$/
const idPattern = /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9][a-z0-9.-]*)+$/

/**
 * The id of a case by its file, a whole path that ends in .json. In a corpus (a directory with a meta-schema, or called
 * spec-fixtures) it is the path; elsewhere the name, in the area its directory is called after, or in recordings.
 * Throws a PlaceError.
 */
export function placeOf(file: string): Place {
  const corpus = corpusAbove(dirname(file))
  const bare = file.replace(/\.json$/, '')
  if (corpus !== undefined) {
    const id = relative(corpus, bare).split(sep).join('/')
    if (!id.includes('/') || /^(profiles|runners)\//.test(id))
      throw new PlaceError(
        `"${id}.json" holds no case: choose an area of the corpus, such as recordings/${basename(file)}`
      )
    if (!idPattern.test(id))
      throw new PlaceError(
        `"${id}" is no id: names are of small letters, digits, dots and dashes, and begin with a letter or digit`
      )
    return { id, corpus }
  }
  const name = basename(bare)
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
  const folder = basename(dirname(file))
  const area = areas.test(folder) ? folder : 'recordings'
  const id = `${area}/${name === '' ? 'recorded' : name}`
  return bare.endsWith(`${sep}${id.split('/').join(sep)}`) ? { id, corpus: dirname(dirname(file)) } : { id }
}

/** A name for each session of a recording: the first has the name itself, the second -2 behind it. */
export function numbered(name: string, session: number): string {
  return session === 0 ? name : name.replace(/(\.jsonl?)?$/, `-${session + 1}$1`)
}

function corpusAbove(directory: string): string | undefined {
  if (basename(directory) === 'spec-fixtures' || existsSync(join(directory, 'fixture.schema.json'))) return directory
  const above = dirname(directory)
  return above === directory ? undefined : corpusAbove(above)
}
