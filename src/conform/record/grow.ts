/**
 * A case grown from a recording (format page, 8, rules 9 and 10): who spoke, over what, what it needs, and the steps (script.ts).
 * Title, level, kind, requirements and the word on edits are written by hand, and kept when the case is grown again.
 */
import type { Fixture, Step } from '../fixture.ts'
import type { Json } from '../json.ts'
import { readCapture } from './capture.ts'
import { layout } from './layout.ts'
import { momentsOf, normaliserVersion } from './normalise.ts'
import { Opening } from './opening.ts'
import { needsOf } from './reliance.ts'
import { Script } from './script.ts'
import { refuseSecrets } from './secrets.ts'
import { mainSession } from './sessions.ts'
import { Talk } from './talk.ts'

/** The part of a case that only somebody who has read the specification can write. */
export interface ByHand {
  title: string
  level: Fixture['level']
  kind: Fixture['kind']
  requirements: string[]
  edits?: string
}

export interface Grown {
  fixture: Fixture
  text: string
  /** Where the server's words were loosened: the method, and a pointer into the message. */
  loosened: string[]
  /** What of the recording is not in the case, in words. */
  notes: string[]
}

/** What was written by hand into a case, or what stands in for it until somebody writes it. */
export function handOf(fixture: Fixture | undefined): ByHand {
  const { title = 'To be named', level = 'MAY', kind = 'positive', requirements = [], provenance } = fixture ?? {}
  const edits = provenance?.['edits']
  return { title, level, kind, requirements, ...(typeof edits === 'string' ? { edits } : {}) }
}

/**
 * Grows the case of a capture, raw or normal. Throws a SecretError when a secret is left in it, and an Error for a recording
 * of which no case can be made: a message names a member twice, a body cannot be read, the server broke off without a word.
 */
export function grow(text: string, id: string, hand: ByHand): Grown {
  const capture = mainSession(readCapture(text))
  const talk = new Talk(momentsOf(capture))
  const opening = new Opening(talk)
  const { client, server, transport, date } = capture.recording
  const script = new Script(talk, opening, transport)
  const stays = (exchange: number): boolean => script.stays(exchange)
  const { teardown, ...beginning } = opening.members(needsOf(talk, stays))
  const fixture: Fixture = {
    id,
    title: hand.title,
    revision: [opening.revision],
    level: hand.level,
    kind: hand.kind,
    requirements: hand.requirements,
    transports: script.isBound ? [transport] : ['http', 'stdio'],
    ...beginning,
    steps: script.steps as unknown as Step[],
    ...(teardown === undefined ? {} : { teardown }),
    provenance: {
      from: 'recording',
      client: { ...client },
      server: { ...server },
      transport,
      date,
      normaliser: normaliserVersion,
      ...(hand.edits === undefined ? {} : { edits: hand.edits })
    }
  }
  const written = layout(fixture as unknown as Json)
  refuseSecrets(written, id)
  return { fixture, text: written, loosened: script.loosened, notes: script.notes }
}
