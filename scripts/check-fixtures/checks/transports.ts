/** A case is offered to the transports it can run on, and to all of them unless something says why not. */
import { type Fixture, type Step, verbOf } from '../../../src/conform/fixture.ts'
import { at, type Json } from '../../../src/conform/json.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault, warning } from '../finding.ts'
import { judgedBy, sentBy } from '../step.ts'

const httpVerbs = ['http', 'listen', 'drop', 'end']
const stdioVerbs = ['line', 'eof', 'exit']

/** Verbs that a transport lacks make the case a skip there. */
export function verbsFit({ fixtures }: Corpus): Finding[] {
  return fixtures.flatMap((fixture) => {
    const lacks = (transport: 'http' | 'stdio', foreign: string[]): Finding[] => {
      const verb = fixture.steps.map(verbOf).find((one) => foreign.includes(one))
      if (verb === undefined || !fixture.transports.includes(transport)) return []
      return [
        fault(fileOf(fixture), `offers ${transport}, which has no ${verb}`, `take ${transport} from its transports`)
      ]
    }
    return [...lacks('stdio', httpVerbs), ...lacks('http', stdioVerbs)]
  })
}

/**
 * A case of message verbs alone runs on both, unless it looks at what only HTTP has, or its title or a note says why. Of
 * several sessions stdio has each in a process of its own, where nothing can leak.
 */
export function bothTransports({ fixtures }: Corpus): Finding[] {
  return fixtures
    .filter((fixture) => fixture.transports.length === 1)
    .filter(({ steps }) => steps.every((step) => ![...httpVerbs, ...stdioVerbs].includes(verbOf(step))))
    .filter((fixture) => !(fixture.transports[0] === 'http' && looksAtHttp(fixture)) && !explains(fixture))
    .map((fixture) =>
      warning(
        fileOf(fixture),
        `speaks in messages alone but offers only ${fixture.transports[0]}`,
        'offer both, or say in the title or in a note (of a step, of the provenance) why the transport matters'
      )
    )
}

/** Streams by name, frames, heads, features of HTTP and the address are nothing that stdio has. */
function looksAtHttp({ steps, needs, client }: Fixture): boolean {
  return needs?.features !== undefined || client?.listen !== undefined || steps.some(isHttp)
}

function isHttp(step: Step): boolean {
  const value = step as unknown as Json
  const verb = verbOf(step)
  if (['http', 'open', `${verb}/on`, `${verb}/sse`].some((path) => at(`/${path}`, value) !== undefined)) return true
  if (['sse', 'text'].includes(String(at('/collect/field', value)))) return true
  const words = JSON.stringify([sentBy(step), judgedBy(step)])
  return /\$\{(endpoint|canonical|origin|host|path)\}|"\$get":"(endpoint|canonical|origin|host|path)"/.test(words)
}

function explains({ id, title, steps, provenance }: Fixture): boolean {
  const texts = [title, provenance['note'], ...steps.map(({ note }) => note)]
  return (
    id.startsWith('stdio/') ||
    texts.some(
      (text) => typeof text === 'string' && /\b(http|stdio|std(in|out)|transports?|process(es)?)\b/i.test(text)
    )
  )
}
