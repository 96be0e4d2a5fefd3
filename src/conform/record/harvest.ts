/** The harvest of a recording: for each session of it the text of its capture and, if one could be grown, its case. */
import type { Fixture } from '../fixture.ts'
import { type Capture, type CaptureEvent, printCapture, type Recording } from './capture.ts'
import { type ByHand, type Grown, grow } from './grow.ts'
import { momentsOf, normalise } from './normalise.ts'
import { peersOf } from './peers.ts'
import { refuseSecrets, SecretError } from './secrets.ts'
import { sessionsOf } from './sessions.ts'
import { methodOf, Talk } from './talk.ts'

export interface Harvested {
  recording: Recording
  events: number
  /** The text of the capture. */
  capture: string
  grown: Grown | { refused: string }
}

/** The words of a case, as far as there are any. */
export type Hand = Omit<ByHand, 'title'> & { title?: string }

export interface Field {
  transport: Recording['transport']
  date: string
  /** Id and words of the case of a session, counted from 0; a title is made up where there is none. */
  plan(session: number): { id: string; hand: Hand }
  /** Throws when a case is not valid. */
  check(fixture: Fixture): void
}

/** Throws a SecretError when a secret is left anywhere: then nothing may be written. */
export function harvest(events: CaptureEvent[], { transport, date, plan, check }: Field): Harvested[] {
  return sessionsOf({ recording: { ...peersOf(events), transport, date }, events }).map((part, session) => {
    const recording = { ...part.recording, ...peersOf(part.events) }
    const capture = printCapture({ ...part, recording })
    const { id, hand } = plan(session)
    const own = { recording, events: part.events.length, capture }
    refuseSecrets(capture, 'the recording')
    try {
      normalise(capture)
      const grown = grow(capture, id, { ...hand, title: hand.title ?? titleOf({ ...part, recording }) })
      check(grown.fixture)
      return { ...own, grown }
    } catch (error) {
      if (error instanceof SecretError) throw error
      return { ...own, grown: { refused: (error as Error).message } }
    }
  })
}

const methodsAtMost = 4

/** Who did what, for want of a sentence that says why it matters. */
function titleOf(capture: Capture): string {
  const { client, server } = capture.recording
  const opening = ['', 'initialize', 'notifications/initialized']
  const methods = [...new Set(new Talk(momentsOf(capture)).exchanges.map(methodOf))].filter(
    (name) => !opening.includes(name)
  )
  const more = methods.length > methodsAtMost ? ` and ${methods.length - methodsAtMost} more` : ''
  const what = methods.length === 0 ? 'the handshake' : methods.slice(0, methodsAtMost).join(', ') + more
  return `Recorded from ${client.name} and ${server.name}: ${what}`
}
