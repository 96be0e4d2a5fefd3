/** The steps of a case one by one, for what a recorded client did that is more than a message, and the names in them. */
import { at, type Json } from '../json.ts'
import type { kindOf } from './exchange.ts'
import { sent } from './patterns.ts'
import { methodOf, responseOf, type Told } from './talk.ts'

export type Members = { [member: string]: Json }
export type Kind = NonNullable<ReturnType<typeof kindOf>>

/** An exchange as it was; `quirks` are given where it was refused, maybe because of them. */
export function rawStep(told: Told, quirks: Record<string, string | null>): Members {
  const { method, message, text } = told.request
  const status = told.answer?.status
  const body = message !== undefined ? { body: sent(message) } : text !== undefined ? { raw: plain(text) } : {}
  const headers = status !== undefined && status >= 400 && Object.keys(quirks).length > 0 ? { headers: quirks } : {}
  const failed = at('/error', responseOf(told)?.message) !== undefined
  const error = failed ? { message: { error: { code: { $is: 'integer' } } } } : {}
  const expect =
    status === undefined ? {} : { expect: { status: status < 300 ? { $num: [200, 299] } : status, ...error } }
  return { http: { method, ...headers, ...body }, ...expect }
}

/** A stream that the client opened; `known` are the event ids that steps have set. */
export function listenStep(told: Told, known: Set<string>): Members {
  const { status = 0, headers = {} } = told.answer ?? {}
  const last = told.request.headers['last-event-id']
  const resumes = last === undefined ? {} : { lastEventId: known.has(last) ? { $get: last } : last }
  const type = headers['content-type']
  const expect = { status, ...(type === undefined ? {} : { headers: { 'content-type': { $re: `^${type}` } } }) }
  return { listen: streamName(told), ...resumes, ...(told.answer === undefined ? {} : { expect }) }
}

export function lineStep({ request: { message, text = '' } }: Told): Members {
  return { line: plain(message === undefined ? text : JSON.stringify(message)) }
}

export function nameOf(told: Told): string {
  return methodOf(told) || `${told.request.method} ${told.request.target}`.trim()
}

export function streamName({ exchange }: Told): string {
  return `stream-${exchange}`
}

export function askName(id: Json | undefined): string {
  return typeof id === 'number' ? `ask-${id}` : String(id)
}

export function noteOf({ request }: Told): Members {
  return request.paused ? { note: 'the client was silent for more than a second' } : {}
}

/** How HTTP answered a message, where that says anything. */
export function answerOf({ answer, parts }: Told, kind: Kind): Members {
  if (answer === undefined || (kind === 'request' && answer.status === 200)) return {}
  const { status } = answer
  if (kind === 'request' || status >= 300) return { http: { status } }
  if (status !== 202) return { http: { status: { $num: [200, 299] } } }
  return { http: { status, ...(parts.length === 0 ? { body: '' } : {}) } }
}

export function neverAnswered({ request }: Told): Members {
  return { never: { message: { id: at('/id', request.message)!, method: { $absent: true } } } }
}

/** A text that goes as it stands. Throws for one in which the format would read a name of its own. */
function plain(text: string): string {
  if (/\$\{[A-Za-z_]/.test(text)) throw new Error(`a case cannot send this as it stands: ${text.slice(0, 60)}`)
  return text
}
