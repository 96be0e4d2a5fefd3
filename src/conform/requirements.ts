/**
 * The requirement index as reports need it: the sentence of a requirement, where the specification says it, and the pages of
 * the specification in the order of its table of contents. Read once from requirements.json of the corpus.
 */
import { readFileSync } from 'node:fs'
import { corpusDirectory } from './fixture.ts'

/** One requirement of the revision; see `conventions` in requirements.json. */
export interface Requirement {
  id: string
  level: 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'SCHEMA'
  /** The requirement in a sentence. */
  says: string
  /** The page by its source file, such as `basic/transports`. */
  page: string
  anchor: string
  /** The public address of the section that says it. */
  url: string
}

/** A page of the specification. */
export interface Page {
  page: string
  title: string
  url: string
}

const site = 'https://modelcontextprotocol.io/specification'

/** The pages in the order of the public table of contents. Three of them are called Overview there, so these names are ours. */
const titles: [page: string, title: string][] = [
  ['index', 'Specification'],
  ['changelog', 'Key changes'],
  ['architecture/index', 'Architecture'],
  ['basic/index', 'Base protocol'],
  ['basic/lifecycle', 'Lifecycle'],
  ['basic/transports', 'Transports'],
  ['basic/authorization', 'Authorization'],
  ['basic/security_best_practices', 'Security best practices'],
  ['basic/utilities/cancellation', 'Cancellation'],
  ['basic/utilities/ping', 'Ping'],
  ['basic/utilities/progress', 'Progress'],
  ['client/roots', 'Roots'],
  ['client/sampling', 'Sampling'],
  ['client/elicitation', 'Elicitation'],
  ['server/index', 'Server features'],
  ['server/prompts', 'Prompts'],
  ['server/resources', 'Resources'],
  ['server/tools', 'Tools'],
  ['server/utilities/completion', 'Completion'],
  ['server/utilities/logging', 'Logging'],
  ['server/utilities/pagination', 'Pagination'],
  ['schema', 'Schema reference']
]

interface Index {
  revision: string
  requirements: Omit<Requirement, 'url'>[]
}

let loaded: { revision: string; byId: ReadonlyMap<string, Requirement> } | undefined

function load(): NonNullable<typeof loaded> {
  if (loaded !== undefined) return loaded
  const index = JSON.parse(readFileSync(new URL('requirements.json', corpusDirectory), 'utf8')) as Index
  const { revision } = index
  const byId = new Map(
    index.requirements.map(({ id, level, says, page, anchor }) => {
      const url = `${addressOf(page, revision)}#${anchor}`
      return [id, { id, level, says, page, anchor, url }] as const
    })
  )
  loaded = { revision, byId }
  return loaded
}

/** The requirement with that id; undefined when the index has none, as when a report comes from another edition of it. */
export function requirement(id: string): Requirement | undefined {
  return load().byId.get(id)
}

/** All pages of the specification, in the order of its table of contents. */
export function pages(): Page[] {
  const { revision } = load()
  return titles.map(([page, title]) => ({ page, title, url: addressOf(page, revision) }))
}

/** Where the schema reference explains a definition: `InitializeResult` is at `#initializeresult`. */
export function definitionUrl(definition: string): string {
  return `${addressOf('schema', load().revision)}#${definition.toLowerCase()}`
}

/** An index page is addressed by its folder, as the specification's own links do. */
function addressOf(page: string, revision: string): string {
  const path = page.replace(/(^|\/)index$/, '')
  return path === '' ? `${site}/${revision}` : `${site}/${revision}/${path}`
}
