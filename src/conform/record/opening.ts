/**
 * The opening of a recorded session, and its farewell: what the implicit handshake of a case does by itself
 * (format page, 8, rule 9).
 *
 * Rules of this file:
 * - folded into it are `initialize` with a result, `notifications/initialized` that was taken, the standalone stream, and
 *   DELETE, the end of stdin or a signal if nothing follows; a session that was nothing else keeps them as its steps;
 * - what was refused before the handshake succeeded, and what went to another address than the endpoint, is left out;
 * - where no handshake succeeded, or something was served before it, the case does everything by itself.
 */
import type { Fixture, Needs } from '../fixture.ts'
import { at, type Json } from '../json.ts'
import { pipe } from './exchange.ts'
import type { Standing } from './quirks.ts'
import { methodOf, responseOf, type Talk, type Told } from './talk.ts'

const ownRevision = '2025-06-18'
const farewells: string[] = ['DELETE', pipe.eof, pipe.signal]

export class Opening {
  /** The exchanges that need no steps. */
  readonly folded = new Set<number>()
  /** The exchanges that do not belong to the case. */
  readonly leftOut = new Set<number>()
  /** Whether the case has to do the opening itself: because the session was nothing else, or because it was no ordinary one. */
  readonly isStep: boolean
  readonly revision: string
  readonly #initialize: Told | undefined
  readonly #standalone: Told | undefined
  readonly #farewell: Told | undefined

  constructor(talk: Talk) {
    const succeeded = talk.exchanges.find(isGreeting)
    this.#initialize = succeeded
    this.#leaveOut(talk, succeeded)
    const own = talk.exchanges.filter(({ exchange }) => !this.leftOut.has(exchange))
    this.#standalone = own.find(isStandalone)
    this.#farewell = own.findLast((told) => told !== this.#standalone)
    if (this.#farewell !== undefined && !farewells.includes(this.#farewell.request.method)) this.#farewell = undefined
    const initialized = own.find((told) => methodOf(told) === 'notifications/initialized')
    const refused = initialized?.answer !== undefined && initialized.answer.status >= 300
    const ordinary = succeeded !== undefined && !refused && own.find(speaks) === succeeded
    for (const told of [succeeded, initialized, this.#standalone, this.#farewell])
      if (told !== undefined && ordinary) this.folded.add(told.exchange)
    this.isStep = !ordinary || own.every(({ exchange }) => this.folded.has(exchange))
    const negotiated = at('/result/protocolVersion', succeeded && responseOf(succeeded)?.message)
    this.revision = typeof negotiated === 'string' && /^\d{4}-\d\d-\d\d$/.test(negotiated) ? negotiated : ownRevision
  }

  /** What a runner knows of the session when it comes to an exchange. */
  standingAt(exchange: number): Standing {
    if (this.#initialize === undefined || exchange <= this.#initialize.exchange) return {}
    return { session: this.#initialize.answer?.headers['mcp-session-id'], revision: this.revision }
  }

  /** How the case begins and ends, in the members that say so. */
  members(needs: Needs): Pick<Fixture, 'needs' | 'client' | 'teardown'> {
    const own = Object.keys(needs).length === 0 ? {} : { needs }
    if (this.isStep) {
      const leaves = this.#farewell?.request.method === 'DELETE'
      return { ...own, client: { handshake: false }, ...(leaves ? { teardown: false } : {}) }
    }
    const capabilities = (at('/params/capabilities', this.#initialize?.request.message) ?? {}) as Record<string, Json>
    const client = {
      ...(Object.keys(capabilities).length === 0 ? {} : { capabilities }),
      ...(this.#standalone === undefined ? { listen: false } : {})
    }
    return { ...own, ...(Object.keys(client).length === 0 ? {} : { client }) }
  }

  #leaveOut(talk: Talk, succeeded: Told | undefined): void {
    const [first] = talk.exchanges.filter(({ request }) => request.method === 'POST')
    const path = ({ request }: Told): string => request.target.replace(/\?.*$/, '')
    const endpoint = succeeded ?? first
    for (const told of talk.exchanges) {
      const listens = told.request.method === pipe.listening
      const elsewhere = endpoint !== undefined && path(told) !== path(endpoint) && !listens
      const early = succeeded !== undefined && told.exchange < succeeded.exchange && wasRefused(told)
      if (elsewhere || early || told.request.method === 'OPTIONS') this.leftOut.add(told.exchange)
    }
  }
}

function isGreeting(told: Told): boolean {
  return methodOf(told) === 'initialize' && at('/result', responseOf(told)?.message) !== undefined
}

function isStandalone({ request }: Told): boolean {
  return (
    request.method === pipe.listening || (request.method === 'GET' && request.headers['last-event-id'] === undefined)
  )
}

/** Whether the client said something, and did not just listen. */
function speaks({ request }: Told): boolean {
  return request.method !== pipe.listening && request.method !== 'GET'
}

function wasRefused(told: Told): boolean {
  if (told.request.method === pipe.listening) return false
  if (told.answer !== undefined) return told.answer.status >= 400
  return at('/error', responseOf(told)?.message) !== undefined || told.request.method !== pipe.line
}
