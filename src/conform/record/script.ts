/**
 * The script of a recording: its moments as the steps of a case (format page, 8, rules 9 and 10).
 *
 * Rules of this file:
 * - what the client sent is sent again to the letter, what the server said becomes an open pattern;
 * - messages of the server are awaited wherever they come, except on a stream the client resumed; progress is gathered
 *   per token once its request is answered;
 * - what is no message goes as it stands, over the transport it came on; so does a message that was refused and whose headers
 *   were not a runner's;
 * - the server's pings are nobody's business but the recorded client's: neither they nor their answers are steps. Nor is a
 *   list said to have changed before anything was answered, unless the client asked for a list then: that is a server starting.
 */
import { isObject } from '../../protocol/frame.ts'
import { at, type Json } from '../json.ts'
import { kindOf, type Part, pipe } from './exchange.ts'
import type { Opening } from './opening.ts'
import { answerPattern, said, sent } from './patterns.ts'
import { Progress, progressMethod, tokenOf } from './progress.ts'
import { quirksOf } from './quirks.ts'
import {
  answerOf,
  askName,
  type Kind,
  lineStep,
  listenStep,
  type Members,
  nameOf,
  neverAnswered,
  noteOf,
  rawStep,
  streamName
} from './steps.ts'
import { isResponse, methodOf, responseOf, type Talk, type Told } from './talk.ts'

const listChanged = /^notifications\/(tools|prompts|resources)\/list_changed$/

export class Script {
  readonly steps: Members[] = []
  /** Where the server's words were loosened: the method, and a pointer into the message. */
  readonly loosened: string[] = []
  /** Whether the steps are for the recorded transport alone. */
  isBound = false
  readonly #talk: Talk
  readonly #opening: Opening
  readonly #transport: 'http' | 'stdio'
  readonly #notes = new Set<string>()
  /** Event ids that the client resumed after: what carried one must be awaited by itself. */
  readonly #resumedAfter: Set<string>
  /** Names that steps have set so far. */
  readonly #set = new Set<string>()
  /** Exchanges whose answer is judged by the step that asks. */
  readonly #judged = new Set<number>()
  readonly #pings = new Set<string>()
  readonly #progress: Progress
  #responses = 0

  /** Throws for what no case can ask for. */
  constructor(talk: Talk, opening: Opening, transport: 'http' | 'stdio') {
    this.#talk = talk
    this.#opening = opening
    this.#transport = transport
    this.#resumedAfter = new Set(talk.exchanges.flatMap(({ request }) => request.headers['last-event-id'] ?? []))
    const isResumed = (told: Told): boolean => told.request.method === 'GET' && this.stays(told.exchange)
    this.#progress = new Progress(talk, isResumed, this.#resumedAfter)
    for (const [index, moment] of talk.moments.entries()) {
      const told = talk.of(moment.exchange)
      if (opening.leftOut.has(told.exchange)) this.#note(`${nameOf(told)} is left out: it is not part of the session`)
      else if ('request' in moment) this.#request(told, index)
      else if ('part' in moment) this.#part(told, moment.part)
      else if ('end' in moment) this.#end(told)
    }
    for (const told of talk.exchanges) this.#unanswered(told)
    if (this.steps.length === 0) throw new Error('nothing was said that a case could ask for')
  }

  get notes(): string[] {
    return [...this.#notes]
  }

  /** Whether an exchange is in the steps. */
  stays(exchange: number): boolean {
    return !this.#opening.leftOut.has(exchange) && (this.#opening.isStep || !this.#opening.folded.has(exchange))
  }

  #request(told: Told, index: number): void {
    const { method, message } = told.request
    if (!this.stays(told.exchange) || method === pipe.listening || method === pipe.signal) return
    const kind = isObject(message) && message['jsonrpc'] === '2.0' ? kindOf(message) : undefined
    const quirks = this.#transport === 'http' ? this.#quirks(told) : {}
    const refused = (told.answer?.status ?? 0) >= 400
    if (method === pipe.eof) this.#leave(told)
    else if (method === 'GET') this.#bind(listenStep(told, this.#set), told)
    else if (kind !== undefined && !(refused && Object.keys(quirks).length > 0)) this.#message(told, kind, index)
    else if (this.#transport === 'stdio') this.#bind(lineStep(told), told)
    else {
      this.#judged.add(told.exchange)
      this.#bind(rawStep(told, quirks), told)
    }
  }

  #message(told: Told, kind: Kind, index: number): void {
    const { jsonrpc: _, id, ...rest } = told.request.message as Members
    if (kind === 'response' && this.#pings.delete(askName(id))) return
    const verb = { request: 'request', notification: 'notify', response: 'respond' }[kind]
    const name =
      id === undefined ? {} : { id: kind === 'response' && this.#set.has(askName(id)) ? { $get: askName(id) } : id }
    const step: Members = { [verb]: { ...name, ...this.#fromClient(rest) }, ...answerOf(told, kind), ...noteOf(told) }
    if (this.#needsName(told)) step['as'] = streamName(told)
    const inline = kind === 'request' ? this.#inlineAnswer(told, index) : undefined
    if (inline !== undefined) {
      const { pattern, accept } = this.#answer(told, inline)
      Object.assign(step, accept === undefined ? { expect: pattern } : { accept })
      this.#judged.add(told.exchange)
    }
    this.steps.push(step)
  }

  #leave({ exit }: Told): void {
    this.isBound = true
    this.steps.push({ eof: true })
    // with which code a process leaves is its own affair
    if (exit !== undefined) this.steps.push({ exit: {} })
  }

  #bind(step: Members, told: Told): void {
    this.isBound = true
    this.steps.push({ ...step, ...noteOf(told) })
  }

  #part(told: Told, part: Part): void {
    const { message, sse, text } = part
    const folded = !this.stays(told.exchange)
    const kind = kindOf(message)
    const resumed = told.request.method === 'GET' && !folded
    const on = resumed ? { on: streamName(told) } : {}
    const last = sse?.id !== undefined && this.#resumedAfter.has(sse.id) ? { sse: { id: { $set: sse.id } } } : {}
    if (sse?.id !== undefined && 'sse' in last) this.#set.add(sse.id)
    if (kind === undefined) {
      if ('sse' in last) this.steps.push({ expect: { ...on, ...last } })
      else if (text !== undefined && (sse !== undefined || this.#transport === 'stdio'))
        this.#note(`what the server said and is no message is left out: ${JSON.stringify(text.slice(0, 60))}`)
      return
    }
    if (kind === 'response') {
      // the answer to what the runner itself asks
      if (folded && told.request.message !== undefined) return
      this.#response(told, part, { ...on }, last)
      return
    }
    if (this.#progress.gathers(part)) return
    const { id = null, params, method = null } = message as Members
    if (kind === 'request' && method === 'ping') {
      this.#pings.add(askName(id))
      this.#note('pings of the server, and their answers, are left out')
      return
    }
    if (this.#saysNothing(part)) {
      this.#note(`${method} at the start of the server is left out`)
      return
    }
    const place = `${method} /params`
    const what = params === undefined ? {} : { params: said(params, place, this.loosened) }
    const name = kind === 'request' ? { id: { $set: askName(id) } } : {}
    if (kind === 'request') this.#set.add(askName(id))
    this.steps.push({ expect: { ...on, message: { ...name, method, ...what }, ...last } })
  }

  #response(told: Told, part: Part, on: Members, last: Members): void {
    const message = part.message as Members
    const asked = this.#talk.asked(message['id']) ?? told
    if (!this.#judged.has(told.exchange)) {
      const { pattern, accept } = this.#answer(asked, message)
      const graded = accept === undefined ? {} : { accept: accept as unknown as Json }
      this.steps.push({ expect: { ...on, message: pattern, ...last }, ...graded })
    }
    this.#responses++
    this.#cursor(asked, message)
    const reported = this.#progress.of(asked)
    if (reported.length > 0) this.#collect(asked, reported)
  }

  /** All progress of an answered request, in one step: how much, in which order, and no more. */
  #collect(asked: Told, reported: Part[]): void {
    const where = { method: progressMethod, params: { progressToken: tokenOf(asked.request.message)! } }
    const match = reported.map(({ message }) => ({
      params: said(at('/params', message)!, `${methodOf(asked)} progress /params`, this.loosened)
    }))
    this.steps.push({ collect: { where }, match, withinMs: 1000 })
  }

  /** Whether a part is no step: no message, and no event that the client resumed after; or a server that is just starting. */
  #saysNothing({ message, sse }: Part): boolean {
    if (kindOf(message) === undefined) return !this.#resumedAfter.has(sse?.id ?? '')
    return listChanged.test(String(at('/method', message))) && this.#responses === 0 && !this.#lists()
  }

  #lists(): boolean {
    return this.#talk.exchanges.some((told) => /^(tools|prompts|resources)\/.*list$/.test(methodOf(told)))
  }

  /** Whether a server has more pages is its own choice; the client that follows needs the cursor. */
  #cursor(asked: Told, message: Members): void {
    const cursor = at('/result/nextCursor', message)
    if (typeof cursor !== 'string' || !this.#follows(cursor)) return
    this.#set.add(cursor)
    this.steps.push({
      collect: { where: { id: at('/id', asked.request.message)!, result: { $is: 'object' } } },
      match: [{ result: { nextCursor: { $set: cursor } } }],
      orSkip: 'the server gives the whole list on one page'
    })
  }

  #follows(cursor: string): boolean {
    return this.#talk.exchanges.some(({ request }) => at('/params/cursor', request.message) === cursor)
  }

  #end(told: Told): void {
    if (!this.stays(told.exchange)) {
      // the runner's own stream must make room for the next one
      const again = this.#talk.exchanges.some(
        ({ exchange, request }) => exchange > told.exchange && request.method === 'GET' && this.stays(exchange)
      )
      if (told.request.method === 'GET' && again) this.#bind({ drop: 'listen' }, told)
      return
    }
    const isOver = responseOf(told) !== undefined
    if (told.end === 'broken' && told.answer === undefined && !isOver)
      throw new Error(`the recorded server broke off without an answer to ${nameOf(told)}: no case can ask for that`)
    if (told.end === 'broken') this.#note('a connection that broke is dropped by the client of the case')
    if (told.end === 'server') {
      if (!this.#needsName(told)) return
      this.#bind({ end: streamName(told) }, told)
      this.steps.push(neverAnswered(told))
    } else if (told.request.method === 'GET' || this.#needsName(told)) this.#bind({ drop: streamName(told) }, told)
  }

  /** What was never answered: on stdio, where no stream ends, a cancelled request must stay so. */
  #unanswered(told: Told): void {
    const id = at('/id', told.request.message)
    if (kindOf(told.request.message) !== 'request' || this.#talk.answered.has(id) || !this.stays(told.exchange)) return
    const cancelled = this.#talk.exchanges.some(
      (other) => methodOf(other) === 'notifications/cancelled' && at('/params/requestId', other.request.message) === id
    )
    if (cancelled && this.#transport === 'stdio') this.steps.push(neverAnswered(told))
    else if (told.end === undefined) this.#note(`${nameOf(told)} had no answer when the recording ended`)
  }

  /** The answer, when it is all that the case has to await of the exchange. */
  #inlineAnswer({ exchange }: Told, index: number): Json | undefined {
    const { moments } = this.#talk
    for (let next = index + 1; next < moments.length; next++) {
      const moment = moments[next]!
      if ('answer' in moment || ('part' in moment && this.#saysNothing(moment.part))) continue
      if (moment.exchange !== exchange || !('part' in moment)) return undefined
      const { message, sse } = moment.part
      if (sse?.id !== undefined && this.#resumedAfter.has(sse.id)) return undefined
      if (isResponse(moment.part)) return message
      if (at('/method', message) !== progressMethod) return undefined
    }
    return undefined
  }

  #answer(asked: Told, message: Json): ReturnType<typeof answerPattern> {
    const found: string[] = []
    const pattern = answerPattern(methodOf(asked), message, found)
    this.loosened.push(...found.map((path) => `${nameOf(asked)} ${path}`))
    return pattern
  }

  #fromClient(message: Members): Members {
    const exact = sent(message) as Members
    const cursor = at('/params/cursor', message)
    if (typeof cursor === 'string' && this.#set.has(cursor))
      exact['params'] = { ...(exact['params'] as Members), cursor: { $get: cursor } }
    return exact
  }

  #quirks(told: Told): Record<string, string | null> {
    const quirks = quirksOf(told.request, this.#opening.standingAt(told.exchange))
    const names = Object.keys(quirks)
    if (names.length > 0 && (told.answer?.status ?? 0) < 400)
      this.#note(`the client's own ${names.join(', ')} is not in the case: a runner sends what is usual`)
    return quirks
  }

  /** A stream is named when the case leaves it, or awaits its end because no answer came. */
  #needsName(told: Told): boolean {
    if (kindOf(told.request.message) !== 'request' || this.#transport === 'stdio') return false
    const streams = told.answer?.headers['content-type']?.startsWith('text/event-stream') === true
    return told.end !== undefined && responseOf(told) === undefined && (streams || told.end === 'client')
  }

  #note(text: string): void {
    this.#notes.add(text)
  }
}
