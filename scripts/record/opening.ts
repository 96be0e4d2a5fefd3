/**
 * The opening of a recorded session, and its farewell: what the implicit handshake of a case does by itself
 * (format page, 8, rule 9). Ordinary are `initialize` with a result, `notifications/initialized` with 202, the standalone
 * GET with a stream or 405, DELETE with success or 405.
 */
import type { Fixture, Needs } from '../../src/conform/fixture.ts'
import { at, type Json } from '../../src/conform/json.ts'
import type { Talk } from './talk.ts'

export class Opening {
  /** The exchanges that need no steps. */
  readonly folded = new Set<number>()
  /** Whether the session was nothing else: then the opening is the point, and none of it is left out. */
  readonly isAll: boolean
  readonly revision: string
  readonly #capabilities: { [name: string]: Json }
  #listens = false
  #leaves = false

  /** Throws when the talk does not begin with a handshake that succeeded. */
  constructor(talk: Talk) {
    for (const { exchange, request } of talk.requests) {
      const method = at('/method', request.message)
      const { status = 0 } = talk.answer(exchange) ?? {}
      const standalone = request.method === 'GET' && request.headers['last-event-id'] === undefined
      const ordinary =
        (method === 'initialize' && at('/result', talk.response(exchange)?.message) !== undefined) ||
        (method === 'notifications/initialized' && status === 202) ||
        (standalone && [200, 405].includes(status)) ||
        (request.method === 'DELETE' && (status < 300 || status === 405))
      if (ordinary) this.folded.add(exchange)
      if (standalone) this.#listens = true
      if (request.method === 'DELETE') this.#leaves = true
    }
    const [first] = talk.requests
    if (
      first === undefined ||
      !this.folded.has(first.exchange) ||
      at('/method', first.request.message) !== 'initialize'
    )
      throw new Error('a recording begins with a handshake that succeeds')
    this.revision = String(at('/result/protocolVersion', talk.response(first.exchange)?.message))
    this.#capabilities = at('/params/capabilities', first.request.message) as { [name: string]: Json }
    this.isAll = talk.requests.every(({ exchange }) => this.folded.has(exchange))
  }

  /** How the case begins and ends, in the members that say so. */
  members(needs: Needs): Pick<Fixture, 'needs' | 'client' | 'teardown'> {
    if (this.isAll) {
      return {
        ...(this.#listens ? { needs: { features: ['get-stream'] } } : {}),
        client: { handshake: false },
        ...(this.#leaves ? { teardown: false } : {})
      }
    }
    const client = {
      ...(Object.keys(this.#capabilities).length === 0 ? {} : { capabilities: this.#capabilities }),
      ...(this.#listens ? {} : { listen: false })
    }
    return {
      ...(Object.keys(needs).length === 0 ? {} : { needs }),
      ...(Object.keys(client).length === 0 ? {} : { client })
    }
  }
}
