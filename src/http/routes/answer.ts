/** What a route answered over HTTP, made what a tool or a resource says. */
import { audio, embed, image, text } from '../../protocol/content.ts'
import { ProtocolError, ToolError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import type { CallToolResult, ContentBlock } from '../../protocol/types/index.ts'
import { isJson } from './output.ts'
import type { Answer } from './request.ts'

/** Longest text of a refusal that is told. */
const maxRefusal = 2000

/**
 * The result of a tool. `structured` tells that an output schema is published. Throws a ToolError, with the status and the
 * route's own words, for every status but 2xx; a redirect is told and not followed.
 */
export function toolAnswer(answer: Answer, uri: string, structured: boolean): CallToolResult {
  if (answer.status < 200 || answer.status > 299) throw new ToolError(refusal(answer))
  if (!structured) return { content: blocks(answer, uri) }
  const printed = answer.body.toString()
  const value = isJson(answer.type) ? JSON.parse(printed) : undefined
  if (!isObject(value))
    throw new ToolError(`HTTP ${answer.statusLine}: the route answered without the object that its schema promises`)
  return { content: [text(printed)], structuredContent: value }
}

/** The contents of a resource. Throws resourceNotFound for 404 and 410, invalidParams for 400 and 422, internal for the rest. */
export function resourceAnswer(answer: Answer): string | Uint8Array {
  const { status } = answer
  if (status >= 200 && status <= 299) return isText(answer) ? decoded(answer) : answer.body
  if (status === 404 || status === 410) throw new ProtocolError('resourceNotFound')
  const said = refusal(answer)
  if (status === 400 || status === 422) throw new ProtocolError('invalidParams', { subject: said })
  throw new ProtocolError('internal', { data: { status, message: said } })
}

function blocks(answer: Answer, uri: string): ContentBlock[] {
  const { type, body } = answer
  if (body.length === 0) return []
  if (isText(answer)) return [text(decoded(answer))]
  if (type.startsWith('image/')) return [image(body, type)]
  if (type.startsWith('audio/')) return [audio(body, type)]
  return [embed(uri, body, type === '' ? undefined : type)]
}

function isText({ type, headers, body }: Answer): boolean {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return false
  if (type === '') return new TextDecoder().decode(body).includes('\ufffd') === false
  if (/;\s*charset=/i.test(headers['content-type'] ?? '')) return true
  if (type.startsWith('text/') || isJson(type) || type.endsWith('+xml')) return true
  return /^application\/(xml|yaml|x-yaml|toml|javascript|ecmascript|x-ndjson|jsonl|sql|x-www-form-urlencoded)$/.test(
    type
  )
}

function decoded({ headers, body }: Answer): string {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(body)
  } catch (error) {
    // a charset that nobody knows
    if (error instanceof RangeError) return body.toString()
    throw error
  }
}

/** `HTTP 404 Not Found: no such list`, from what the route itself answered. */
function refusal(answer: Answer): string {
  const head = `HTTP ${answer.statusLine}`
  const { location, 'retry-after': retryAfter } = answer.headers
  if (answer.status >= 300 && answer.status <= 399 && location !== undefined)
    return `${head}: the route redirects to ${location}, which was not followed`
  const later = retryAfter === undefined ? '' : ` (Retry-After: ${retryAfter})`
  const words = wordsOf(answer)
  return words === '' ? `${head}${later}` : `${head}${later}: ${shorten(words)}`
}

function wordsOf(answer: Answer): string {
  if (!isText(answer) || answer.type === 'text/html') return ''
  const words = decoded(answer).trim()
  if (!isJson(answer.type)) return words
  let value: unknown
  try {
    value = JSON.parse(words)
  } catch {
    // it only says that it is JSON
    return words
  }
  if (!isObject(value)) return words
  const error = isObject(value['error']) ? value['error'] : {}
  const said = [value['message'], value['detail'], error['message'], value['error'], value['title']].find(
    (word) => typeof word === 'string' && word !== ''
  ) as string | undefined
  if (said === undefined) return words
  // what is not told by these, such as a list of faulty fields, goes along
  const more = Object.keys(value).some(
    (key) => !/^(statusCode|status|code|error|message|detail|title|type|instance)$/.test(key)
  )
  return more || Object.keys(error).length > 2 ? `${said}\n${words}` : said
}

function shorten(words: string): string {
  return words.length <= maxRefusal ? words : `${words.slice(0, maxRefusal).replace(/[\ud800-\udbff]$/, '')}…`
}
