/**
 * The patterns of a recording: what a server said, loosened to what another server may be held to (format page, 8, rule 10).
 *
 * Rules of this file:
 * - a hole becomes an expression, long base64 only its alphabet; every loosened place is listed, for somebody to confirm;
 * - lists keep their shape and lose their entries, errors lose their wording. Another revision and another error code
 *   than the recorded are legal in their place: they are graded, not failed;
 * - whatever else was said stays, in open patterns.
 */
import { isObject } from '../../protocol/frame.ts'
import type { Alternative } from '../fixture.ts'
import type { Json } from '../json.ts'
import { holes } from './names.ts'

type Members = Record<string, Json>

const base64 = { $re: '^[A-Za-z0-9+/]+=*$' }
const isBase64 = /^[A-Za-z0-9+/]{100,}=*$/
const hole = /\{\{(\w+)\}\}/g

/** The member each list result has its list in, and what its entries are known by. */
const lists: Record<string, [member: string, known: string]> = {
  'tools/list': ['tools', 'name'],
  'prompts/list': ['prompts', 'name'],
  'resources/list': ['resources', 'uri'],
  'resources/templates/list': ['resourceTemplates', 'uriTemplate']
}

/** What is asked of an answer: a pattern that it must fit, and where others are legal too, those that are graded. */
export interface AnswerPattern {
  pattern: Members
  accept?: Alternative[]
}

const anyRevision = { $re: '^\\d{4}-\\d{2}-\\d{2}$' }

/** What is asked of the answer to a method. `loosened` collects the places that were loosened. */
export function answerPattern(method: string, message: Json, loosened: string[]): AnswerPattern {
  const { id, result, error } = message as Members
  // an error that answers nothing may lack its id
  const base = { id: id ?? { $any: [{ $absent: true }, null] } }
  if (isObject(error)) {
    loosened.push('/error/message')
    const like = (code: Json): Members => ({ ...base, error: { code, message: { $is: 'string' } } })
    const code = error['code'] as Json
    const why = `the error has another code than the recorded ${String(code)}`
    return graded(like(code), like({ $is: 'integer' }), why)
  }
  if (!isObject(result)) return { pattern: { ...base, result: said(result ?? null, '/result', loosened) } }
  if (method !== 'initialize')
    return { pattern: { ...base, result: resultPattern(method, result as Members, loosened) } }
  loosened.push('/result/capabilities', '/result/serverInfo')
  const like = (protocolVersion: Json): Members => {
    const serverInfo = { name: { $is: 'string' }, version: { $is: 'string' } }
    return { ...base, result: { protocolVersion, capabilities: { $is: 'object' }, serverInfo } }
  }
  return graded(like(result['protocolVersion'] as Json), like(anyRevision), 'the server chose another revision')
}

function graded(recorded: Members, pattern: Members, why: string): AnswerPattern {
  return {
    pattern,
    accept: [
      { match: recorded, grade: 'ok' },
      { match: pattern, grade: 'info', why }
    ]
  }
}

function resultPattern(method: string, result: Members, loosened: string[]): Json {
  const list = lists[method]
  // whether there are more pages is the server's choice
  const { nextCursor: _, ...own } = result
  if (list !== undefined) {
    const [member, known] = list
    loosened.push(`/result/${member}`)
    const entry = {
      [known]: { $is: 'string' },
      ...(method === 'tools/list' ? { inputSchema: { type: 'object' } } : {})
    }
    return { [member]: { $is: 'array', $each: entry, $distinct: `/${known}` } }
  }
  const pattern = said(own, '/result', loosened)
  return method === 'tools/call' && own['isError'] !== true
    ? { ...(pattern as Members), $not: { isError: true } }
    : pattern
}

/** A value of the server as a pattern. */
export function said(value: Json, path: string, loosened: string[]): Json {
  if (typeof value === 'string') {
    if (isBase64.test(value)) {
      loosened.push(path)
      return base64
    }
    if (!holes[hole.exec(value)?.[1] ?? '']) return sent(value)
    loosened.push(path)
    return value === '{{epoch}}' ? { $is: 'integer' } : { $re: expression(value) }
  }
  if (Array.isArray(value)) return value.map((item, index) => said(item, `${path}/${index}`, loosened))
  if (!isObject(value)) return value
  if (hasDollar(value)) return { $lit: value as Json }
  return Object.fromEntries(
    Object.entries(value as Members).map(([key, item]) => [key, said(item, `${path}/${key}`, loosened)])
  )
}

/** A value of the client, or one that is to be met exactly: what the format would read as its own is put out of its reach. */
export function sent(value: Json): Json {
  if (typeof value === 'string') return value.includes('${') ? { $lit: value } : value
  if (Array.isArray(value)) return value.map(sent)
  if (!isObject(value)) return value
  if (hasDollar(value)) return { $lit: value as Json }
  return Object.fromEntries(Object.entries(value as Members).map(([key, item]) => [key, sent(item)]))
}

function hasDollar(value: object): boolean {
  return Object.keys(value).some((key) => key.startsWith('$'))
}

function expression(text: string): string {
  const pieces = text.split(/(\{\{\w+\}\})/)
  const source = pieces.map((piece) => holes[piece.slice(2, -2)] ?? piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  return `^${source.join('')}$`
}
