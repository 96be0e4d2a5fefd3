/**
 * The names of a recording: identifiers by order of first appearance, and what is volatile (format page, 8, rules 4 and 5).
 *
 * Rules of this file:
 * - each kind of identifier has a name space of its own, and so has each side that issues one; types are kept: a number
 *   becomes a number (a client's request ids count from 0, like the handshake's, all others from 1), a string a word with
 *   its number;
 * - volatile values in what the server sends become a hole, `{{kind}}`; what the client sends stays as it is;
 * - naming what is named already changes nothing.
 */

import { isObject } from '../../protocol/frame.ts'
import type { Json } from '../json.ts'
import { kindOf } from './exchange.ts'
import type { Moment } from './order.ts'

type Side = 'client' | 'server'
type Members = Record<string, Json>

/** What stands in a hole, as an expression. */
export const holes: Record<string, string> = {
  uuid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  time: '\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d\\S*',
  host: '[A-Za-z0-9.\\[\\]:-]+:\\d+',
  path: '(?:/[^\\s/"]+)+',
  hex: '[0-9a-f]{16,}',
  duration: '\\d+(?:\\.\\d+)? ?(?:ms|µs|ns|s)',
  process: '[Pp][Ii][Dd][:= ]+\\d+',
  epoch: '\\d+',
  name: '.+',
  version: '.+'
}

const finders: [hole: string, pattern: RegExp][] = [
  ['uuid', new RegExp(holes['uuid']!, 'g')],
  ['time', /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g],
  ['host', /(?:localhost|127\.0\.0\.1|\[::1\]):\d+/g],
  ['path', /(?<![\w:/.])\/(?:home|root|Users|tmp|var|usr|opt|private)\/[^\s"')]+/g],
  ['hex', /(?<![A-Za-z0-9+/=_-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}(?![A-Za-z0-9+/=_-])/g],
  ['duration', /(?<![\w.])\d+(?:\.\d+)? ?(?:ms|µs|ns)\b|(?<![\w.])\d+\.\d{2,} ?s\b/g],
  ['process', /\b[Pp][Ii][Dd][:= ]+\d+/g]
]
const dayMs = 86_400_000

/** Members that hold identifiers wherever a message has its own: of params or of a result. */
const spaceOfMember: Record<string, string> = {
  cursor: 'cursor',
  nextCursor: 'cursor',
  elicitationId: 'elicitation',
  taskId: 'task'
}

class Names {
  readonly #spaces = new Map<string, Map<string, number>>()

  of(space: string, word: string, value: Json, from = 1): Json {
    const known = this.#spaces.get(space) ?? new Map<string, number>()
    this.#spaces.set(space, known)
    const key = JSON.stringify(value)
    const number = known.get(key) ?? known.size + from
    known.set(key, number)
    return typeof value === 'number' ? number : `${word}-${number}`
  }
}

/** Gives every identifier its name and every volatile value its hole. `date` is the day of the recording. */
export function named(moments: Moment[], date: string): Moment[] {
  const names = new Names()
  const headers = (given: Record<string, string>): Record<string, string> => {
    const copy = { ...given }
    const session = copy['mcp-session-id']
    const last = copy['last-event-id']
    if (session !== undefined) copy['mcp-session-id'] = String(names.of('session', 'session', session))
    if (last !== undefined) copy['last-event-id'] = String(names.of('event', 'event', last))
    return copy
  }
  return moments.map((moment): Moment => {
    if ('request' in moment) {
      const { message } = moment.request
      const request = { ...moment.request, headers: headers(moment.request.headers) }
      return {
        ...moment,
        request: { ...request, ...(message === undefined ? {} : { message: renamed(message, 'client', names) }) }
      }
    }
    if ('answer' in moment) return { ...moment, answer: { ...moment.answer, headers: headers(moment.answer.headers) } }
    if ('end' in moment || 'exit' in moment) return moment
    const { sse, message } = moment.part
    const part = { ...moment.part }
    if (sse?.id !== undefined && sse.id !== '') part.sse = { ...sse, id: String(names.of('event', 'event', sse.id)) }
    if (message !== undefined) part.message = holed(renamed(message, 'server', names), Date.parse(date))
    return { ...moment, part }
  })
}

function requestId(issuer: Side, id: Json, names: Names): Json {
  if (typeof id !== 'number' && typeof id !== 'string') return id
  return issuer === 'client' ? names.of('client ids', 'request', id, 0) : names.of('server ids', 'ask', id)
}

function token(issuer: Side, value: Json, names: Names): Json {
  if (typeof value !== 'number' && typeof value !== 'string') return value
  return names.of(`tokens of the ${issuer}`, issuer === 'client' ? 'token' : 'server-token', value)
}

/** A message with its identifiers named and the members of its envelope sorted. */
function renamed(message: Json, from: Side, names: Names): Json {
  if (!isObject(message)) return message
  const other: Side = from === 'client' ? 'server' : 'client'
  const kind = kindOf(message as Json)
  const copy: Members = { ...(message as Members) }
  if ('id' in copy) copy['id'] = requestId(kind === 'response' ? other : from, copy['id']!, names)
  for (const member of ['params', 'result']) {
    const given = copy[member]
    if (!isObject(given)) continue
    const payload: Members = { ...(given as Members) }
    for (const [name, space] of Object.entries(spaceOfMember)) {
      const value = payload[name]
      if (typeof value === 'string') payload[name] = names.of(space, space, value)
    }
    const meta = payload['_meta']
    if (kind === 'request' && isObject(meta) && 'progressToken' in meta)
      payload['_meta'] = { ...(meta as Members), progressToken: token(from, meta['progressToken'] as Json, names) }
    if (copy['method'] === 'notifications/progress' && 'progressToken' in payload)
      payload['progressToken'] = token(other, payload['progressToken']!, names)
    if (copy['method'] === 'notifications/cancelled' && 'requestId' in payload)
      payload['requestId'] = requestId(from, payload['requestId']!, names)
    copy[member] = payload
  }
  return Object.fromEntries(Object.entries(copy).sort(([one], [two]) => (one < two ? -1 : 1)))
}

function holed(message: Json, dateMs: number): Json {
  const info = isObject(message) && isObject(message['result']) ? message['result']['serverInfo'] : undefined
  const walk = (value: Json): Json => {
    if (value === info && isObject(value)) return { ...(value as Members), name: '{{name}}', version: '{{version}}' }
    if (typeof value === 'string')
      return finders.reduce((text, [hole, find]) => text.replace(find, `{{${hole}}}`), value)
    if (typeof value === 'number') return [1, 1000].some((unit) => near(value * unit, dateMs)) ? '{{epoch}}' : value
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value as Members).map(([key, item]) => [key, walk(item)]))
  }
  return walk(message)
}

function near(ms: number, dateMs: number): boolean {
  return ms > dateMs - dayMs && ms < dateMs + 2 * dayMs
}
