/** Streams and sessions are there before a step names them, and no two have one name (corpus README, Streams, and taking). */
import type { ClientSide, Fixture, Step } from '../../../src/conform/fixture.ts'
import { standalone } from '../../../src/conform/handshake.ts'
import { type Json, member } from '../../../src/conform/json.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'
import { firstSession, placeOf, sessionOf } from '../step.ts'

/** The streams of a session, and whether the case itself dropped them. */
type Streams = Map<string, 'open' | 'dropped'>

export function streamsExist({ fixtures }: Corpus): Finding[] {
  return fixtures.flatMap((fixture) => walk(fixture).streams)
}

export function sessionsExist({ fixtures }: Corpus): Finding[] {
  return fixtures.flatMap((fixture) => walk(fixture).sessions)
}

function walk(fixture: Fixture): { streams: Finding[]; sessions: Finding[] } {
  const streams: Finding[] = []
  const sessions: Finding[] = []
  const opened = new Map<string, Streams>([[firstSession, implicit(fixture.client)]])
  for (const step of fixture.steps) {
    const wrong = (what: string, mend: string): Finding =>
      fault(fileOf(fixture), `${placeOf(fixture, step)} ${what}`, mend)
    const session = opened.get(sessionOf(step))
    if (session === undefined)
      sessions.push(wrong(`speaks in ${step.in}, which no step opened before`, 'open it first'))
    if ('open' in step) {
      if (opened.has(step.open)) sessions.push(wrong(`opens ${step.open} a second time`, 'give it a name of its own'))
      opened.set(step.open, implicit(step.client))
    }
    if (session === undefined) continue
    const { makes, uses } = named(step)
    if (uses !== undefined && !session.has(uses))
      streams.push(
        wrong(`names the stream ${uses}, which nothing opened before`, 'name its request with `as`, or listen')
      )
    if ('end' in step && session.get(step.end) === 'dropped')
      streams.push(wrong(`waits for the end of ${step.end}, which the case dropped`, 'leave one of the two out'))
    if (makes !== undefined && session.has(makes))
      streams.push(wrong(`opens a stream ${makes} although there is one`, 'give it a name of its own'))
    if (makes !== undefined) session.set(makes, 'open')
    if ('drop' in step && session.has(step.drop)) session.set(step.drop, 'dropped')
  }
  return { streams, sessions }
}

/** What the handshake that nobody writes down opens. */
function implicit({ handshake, listen }: ClientSide = {}): Streams {
  return new Map(handshake === false || listen === false ? [] : [[standalone, 'open']])
}

/** The stream a step opens under a name, and the one it looks at. */
function named(step: Step): { makes: string | undefined; uses: string | undefined } {
  const of = (...path: string[]): string | undefined => {
    const found = path.reduce<Json | undefined>((value, name) => member(value, name), step as unknown as Json)
    return typeof found === 'string' ? found : undefined
  }
  return {
    makes: of('listen') ?? of('as'),
    uses: of('drop') ?? of('end') ?? of('expect', 'on') ?? of('never', 'on') ?? of('collect', 'on')
  }
}
