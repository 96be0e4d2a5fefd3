/**
 * The patterns of a recording: what a server said, loosened to what another server may be held to (format page, 8, rule 10).
 *
 * Rules of this file:
 * - a hole becomes an expression, long base64 only its alphabet; every loosened place is listed, for somebody to confirm;
 * - lists keep their shape and lose their entries, errors keep their code and lose their wording;
 * - whatever else was said stays, in open patterns.
 */
import type { Json } from '../../src/conform/json.ts'
import { isObject } from '../../src/protocol/frame.ts'
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

/** The pattern for the answer to a method. `loosened` collects the places that were loosened. */
export function answerPattern(method: string, message: Json, loosened: string[]): Members {
  const { id, result, error } = message as Members
  if (isObject(error)) {
    loosened.push('/error/message')
    return { id: id!, error: { code: error['code'] as Json, message: { $is: 'string' } } }
  }
  if (!isObject(result)) return { id: id!, result: said(result ?? null, '/result', loosened) }
  return { id: id!, result: resultPattern(method, result as Members, loosened) }
}

function resultPattern(method: string, result: Members, loosened: string[]): Json {
  const list = lists[method]
  const { nextCursor, ...own } = result
  const next = typeof nextCursor === 'string' ? { nextCursor: { $set: nextCursor } } : {}
  if (list !== undefined) {
    const [member, known] = list
    loosened.push(`/result/${member}`)
    const entry = {
      [known]: { $is: 'string' },
      ...(method === 'tools/list' ? { inputSchema: { type: 'object' } } : {})
    }
    return { [member]: { $len: [1, null], $each: entry, $distinct: `/${known}` }, ...next }
  }
  if (method === 'initialize') {
    const { protocolVersion, capabilities } = own
    loosened.push('/result/capabilities', '/result/serverInfo')
    const declared = Object.fromEntries(Object.keys(capabilities as Members).map((name) => [name, { $is: 'object' }]))
    const serverInfo = { name: { $is: 'string' }, version: { $is: 'string' } }
    return { protocolVersion: protocolVersion!, capabilities: declared, serverInfo }
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
