/**
 * A case grown from a recording (format page, 8, rules 9 and 10).
 *
 * Rules of this file:
 * - an ordinary handshake, the standalone stream and the closing DELETE become the implicit handshake; a recording of
 *   nothing else keeps them as its steps;
 * - what the client sent is sent again to the letter, what the server said becomes an open pattern;
 * - messages of the server are awaited wherever they come, except on a stream the client resumed; progress is gathered
 *   per token once its request is answered;
 * - title, level, kind, requirements and the word on edits are written by hand, and kept when the case is grown again.
 */
import type { Fixture, Step } from '../../src/conform/fixture.ts'
import { at, type Json } from '../../src/conform/json.ts'
import { readCapture, refuseSecrets } from './capture.ts'
import { type Exchange, kindOf, type Part } from './exchange.ts'
import { layout } from './layout.ts'
import { momentsOf, normaliserVersion } from './normalise.ts'
import { Opening } from './opening.ts'
import { answerPattern, said, sent } from './patterns.ts'
import { needsOf } from './reliance.ts'
import { isResponse, Talk } from './talk.ts'

/** The part of a case that only somebody who has read the specification can write. */
export interface ByHand {
  title: string
  level: Fixture['level']
  kind: Fixture['kind']
  requirements: string[]
  edits: string
}

export interface Grown {
  fixture: Fixture
  text: string
  /** Where the server's words were loosened: the request's id, and a pointer into the message. */
  loosened: string[]
}

type Members = { [member: string]: Json }

/** What was written by hand into a case, or what stands in for it until somebody writes it. */
export function handOf(fixture: Fixture | undefined): ByHand {
  const { title = 'To be named', level = 'MAY', kind = 'positive', requirements = [], provenance } = fixture ?? {}
  return { title, level, kind, requirements, edits: String(provenance?.['edits'] ?? 'title and requirements') }
}

/** Grows the case of a capture, raw or normal. Throws for a recording that needs more than this file knows. */
export function grow(text: string, id: string, hand: ByHand): Grown {
  const capture = readCapture(text)
  const talk = new Talk(momentsOf(capture))
  const opening = new Opening(talk)
  const script = new Script(talk, opening)
  const { steps, loosened } = script
  const { client, server, transport, date } = capture.recording
  const { teardown, ...beginning } = opening.members(needsOf(talk, (exchange) => !opening.folded.has(exchange)))
  const fixture: Fixture = {
    id,
    title: hand.title,
    revision: [opening.revision],
    level: hand.level,
    kind: hand.kind,
    requirements: hand.requirements,
    transports: script.onlyHttp ? ['http'] : ['http', 'stdio'],
    ...beginning,
    steps: steps as unknown as Step[],
    ...(teardown === undefined ? {} : { teardown }),
    provenance: {
      from: 'recording',
      client: { ...client },
      server: { ...server },
      transport,
      date,
      normaliser: normaliserVersion,
      edits: hand.edits
    }
  }
  const written = layout(fixture as unknown as Json)
  refuseSecrets(written, id)
  return { fixture, text: written, loosened }
}

/** The steps of one session, made moment by moment. */
class Script {
  readonly steps: Members[] = []
  readonly loosened: string[] = []
  onlyHttp: boolean
  readonly #talk: Talk
  /** Event ids that the client resumed after: what carried one must be awaited by itself. */
  readonly #resumedAfter: Set<string>

  constructor(talk: Talk, opening: Opening) {
    this.#talk = talk
    const headers = (name: string): Set<string> =>
      new Set(talk.requests.flatMap(({ request }) => request.headers[name] ?? []))
    if (headers('mcp-session-id').size > 1) throw new Error('a recording holds one session')
    this.#resumedAfter = headers('last-event-id')
    this.onlyHttp = opening.isAll
    for (const [index, moment] of talk.moments.entries()) {
      const folded = opening.folded.has(moment.exchange) && !opening.isAll
      if ('request' in moment && !folded) this.#request(moment.exchange, moment.request, index)
      else if ('part' in moment) this.#part(moment.exchange, moment.part, folded)
      else if ('end' in moment && !folded) this.#end(moment.exchange, moment.end)
    }
  }

  #request(exchange: number, request: Exchange['request'], index: number): void {
    const { message, method, headers } = request
    const { status = 0, headers: answered = {} } = this.#talk.answer(exchange) ?? {}
    const note = request.paused ? { note: 'the client was silent for more than a second' } : {}
    const kind = kindOf(message)
    if (method === 'GET') {
      const last = headers['last-event-id']
      const resumes = last === undefined ? {} : { lastEventId: { $get: last } }
      const type = answered['content-type']
      const expect = { status, ...(type === undefined ? {} : { headers: { 'content-type': { $re: `^${type}` } } }) }
      this.onlyHttp = true
      this.steps.push({ listen: this.#streamName(exchange), ...resumes, expect, ...note })
    } else if (kind === undefined) {
      this.onlyHttp = true
      const body =
        message === undefined ? (request.text === undefined ? {} : { raw: request.text }) : { body: sent(message) }
      const expect = { status: status < 300 ? { $num: [200, 299] } : status }
      this.steps.push({ http: { method, ...body }, expect, ...note })
    } else {
      const { jsonrpc: _, ...own } = message as Members
      const verb = { request: 'request', notification: 'notify', response: 'respond' }[kind]
      const empty = this.#talk.parts(exchange).length === 0 ? { body: '' } : {}
      const http = kind !== 'request' ? { http: { status, ...empty } } : status === 200 ? {} : { http: { status } }
      const step: Members = { [verb]: this.#fromClient(own, kind), ...http, ...note }
      if (this.#needsName(exchange)) step['as'] = this.#streamName(exchange)
      const inline = kind === 'request' ? this.#inlineAnswer(exchange, index) : undefined
      if (inline !== undefined) step['expect'] = this.#pattern(exchange, inline)
      this.steps.push(step)
    }
  }

  #part(exchange: number, part: Part, folded: boolean): void {
    const { message, sse } = part
    const kind = kindOf(message)
    if (kind === undefined) return
    const own = this.#talk.requestOf(exchange)
    const resumed = own.method === 'GET' && !folded
    const last = sse?.id !== undefined && this.#resumedAfter.has(sse.id) ? { sse: { id: { $set: sse.id } } } : {}
    const on = resumed ? { on: this.#streamName(exchange) } : {}
    const marked = resumed || 'sse' in last
    const { jsonrpc: _, id = null, params, method = null } = message as Members
    if (kind === 'response') {
      if (own.message !== undefined && folded) return
      const inline = this.steps.some((step) => at('/request/id', step) === id && 'expect' in step)
      if (!inline) this.steps.push({ expect: { ...on, message: this.#pattern(exchange, message!), ...last } })
      this.#gatherProgress(exchange)
      return
    }
    if (method === 'notifications/progress' && !marked && this.#talk.response(exchange) !== undefined) return
    const place = this.#placeOf(exchange)
    const what =
      params === undefined ? {} : { params: said(params, `${place} ${String(method)} /params`, this.loosened) }
    const name = kind === 'request' ? { id: { $set: this.#askName(id) } } : {}
    this.steps.push({ expect: { ...on, message: { ...name, method, ...what }, ...last } })
  }

  #end(exchange: number, end: 'server' | 'client' | 'broken'): void {
    if (end === 'broken') throw new Error('the recorded server broke off: no case can ask for that')
    if (end === 'client') this.steps.push({ drop: this.#streamName(exchange) })
    else if (this.#needsName(exchange)) {
      const id = at('/id', this.#talk.requestOf(exchange).message)!
      this.steps.push({ end: this.#streamName(exchange) })
      this.steps.push({ never: { message: { id, method: { $absent: true } } } })
    } else return
    this.onlyHttp = true
  }

  /** The answer, when it is all that the case has to await of the exchange. */
  #inlineAnswer(exchange: number, index: number): Json | undefined {
    for (const moment of this.#talk.moments.slice(index + 1)) {
      if ('answer' in moment) continue
      if (moment.exchange !== exchange || !('part' in moment)) return undefined
      const { message, sse } = moment.part
      if (sse?.id !== undefined && this.#resumedAfter.has(sse.id)) return undefined
      if (isResponse(moment.part)) return message
      if (at('/method', message) !== 'notifications/progress' && message !== undefined) return undefined
    }
    return undefined
  }

  /** All progress of an answered request, in one step: how much, in which order, and no more. */
  #gatherProgress(exchange: number): void {
    const reported = this.#talk
      .parts(exchange)
      .filter(
        ({ message, sse }) =>
          at('/method', message) === 'notifications/progress' && !this.#resumedAfter.has(sse?.id ?? '')
      )
    const tokens = new Set(reported.map(({ message }) => at('/params/progressToken', message)))
    if (this.#talk.requestOf(exchange).method === 'GET') return
    for (const progressToken of tokens) {
      const own = reported.filter(({ message }) => at('/params/progressToken', message) === progressToken)
      const where = { method: 'notifications/progress', params: { progressToken: progressToken! } }
      const match = own.map(({ message }) => ({
        params: said(at('/params', message)!, `${this.#placeOf(exchange)} progress /params`, this.loosened)
      }))
      this.steps.push({ collect: { where }, match, withinMs: 1000 })
    }
  }

  #pattern(exchange: number, message: Json): Members {
    const id = at('/id', message)
    const asked = this.#talk.requests.find(
      ({ request }) => kindOf(request.message) === 'request' && at('/id', request.message) === id
    )
    const method = String(at('/method', asked?.request.message) ?? '')
    const found: string[] = []
    const pattern = answerPattern(method, message, found)
    this.loosened.push(...found.map((path) => `${this.#placeOf(exchange)} ${path}`))
    return pattern
  }

  #placeOf(exchange: number): string {
    return String(at('/method', this.#talk.requestOf(exchange).message) ?? this.#talk.requestOf(exchange).method)
  }

  #fromClient(message: Members, kind: 'request' | 'notification' | 'response'): Members {
    const { id, ...rest } = message
    const exact = sent(rest) as Members
    const cursor = at('/params/cursor', rest)
    if (typeof cursor === 'string' && this.#given(cursor))
      exact['params'] = { ...(exact['params'] as Members), cursor: { $get: cursor } }
    if (id === undefined) return exact
    return { id: kind === 'response' ? { $get: this.#askName(id) } : id, ...exact }
  }

  #given(cursor: string): boolean {
    return this.#talk.moments.some(
      (moment) => 'part' in moment && at('/result/nextCursor', moment.part.message) === cursor
    )
  }

  #askName(id: Json): string {
    return typeof id === 'number' ? `ask-${id}` : String(id)
  }

  #streamName(exchange: number): string {
    return `stream-${exchange}`
  }

  /** A stream is named when the case leaves it, or awaits its end because no answer came. */
  #needsName(exchange: number): boolean {
    if (kindOf(this.#talk.requestOf(exchange).message) !== 'request') return false
    const end = this.#talk.end(exchange)
    return end === 'client' || (end === 'server' && this.#talk.response(exchange) === undefined)
  }
}
