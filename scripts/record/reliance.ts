/** What a case grown from a recording relies on: what the client used and was not refused. */
import type { Needs } from '../../src/conform/fixture.ts'
import { at, type Json } from '../../src/conform/json.ts'
import type { Talk } from './talk.ts'

const capabilityOf: Record<string, string> = {
  tools: '/tools',
  prompts: '/prompts',
  resources: '/resources',
  completion: '/completions',
  logging: '/logging'
}

/** The kind and the parameter by which each method names what must be listed. A uri is taken for a listed one. */
const named: Record<string, [kind: 'tools' | 'prompts' | 'resources', parameter: string]> = {
  'tools/call': ['tools', 'name'],
  'prompts/get': ['prompts', 'name'],
  'resources/read': ['resources', 'uri']
}

/** The needs of a talk, seen from the exchanges that stay in the case. */
export function needsOf(talk: Talk, stays: (exchange: number) => boolean): Needs {
  const needs: Needs = {}
  const add = (kind: 'capabilities' | 'tools' | 'prompts' | 'resources', name: Json | undefined): void => {
    if (typeof name === 'string') needs[kind] = [...new Set([...(needs[kind] ?? []), name])]
  }
  for (const { exchange, request } of talk.requests) {
    if (!stays(exchange)) continue
    const method = String(at('/method', request.message) ?? '')
    add('capabilities', capabilityOf[method.split('/')[0]!])
    const [kind, parameter] = named[method] ?? []
    const refused = at('/error', talk.response(exchange)?.message) !== undefined
    if (kind !== undefined && !refused) add(kind, at(`/params/${parameter}`, request.message))
  }
  return needs
}
