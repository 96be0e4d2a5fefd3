/** What a case grown from a recording relies on: what the client used and was not refused. */
import type { Needs } from '../fixture.ts'
import { at, type Json } from '../json.ts'
import { methodOf, responseOf, type Talk, type Told } from './talk.ts'

const capabilityOf: Record<string, string> = {
  tools: '/tools',
  prompts: '/prompts',
  resources: '/resources',
  completion: '/completions',
  logging: '/logging'
}

/** The kind and the parameter by which each method names what must be listed. */
const named: Record<string, [kind: 'tools' | 'prompts' | 'resources', parameter: string]> = {
  'tools/call': ['tools', 'name'],
  'prompts/get': ['prompts', 'name'],
  'resources/read': ['resources', 'uri'],
  'resources/subscribe': ['resources', 'uri']
}

const methodNotFound = -32601

/** The needs of a talk, seen from the exchanges that stay in the case. */
export function needsOf(talk: Talk, stays: (exchange: number) => boolean): Needs {
  const needs: Needs = {}
  const listed = new Listed(talk)
  const add = (kind: Exclude<keyof Needs, 'any' | 'features'>, name: Json | undefined): void => {
    if (typeof name === 'string') needs[kind] = [...new Set([...(needs[kind] ?? []), name])]
  }
  for (const told of talk.exchanges) {
    if (!stays(told.exchange)) continue
    const method = methodOf(told)
    const error = at('/error', responseOf(told)?.message)
    if (at('/code', error) !== methodNotFound) {
      add('capabilities', capabilityOf[method.split('/')[0]!])
      if (method === 'resources/subscribe') add('capabilities', '/resources/subscribe')
    }
    const [kind, parameter] = named[method] ?? []
    const name = at(`/params/${parameter}`, told.request.message)
    if (kind === undefined || error !== undefined || typeof name !== 'string') continue
    if (kind !== 'resources' || !listed.knowsWithout(name)) add(kind, name)
    else add('templates', listed.templateOf(name))
  }
  const features = featuresOf(talk.exchanges.filter(({ exchange }) => stays(exchange)))
  return features.length === 0 ? needs : { ...needs, features }
}

function featuresOf(staying: Told[]): NonNullable<Needs['features']> {
  const begins = staying.some((told) => methodOf(told) === 'initialize' && told.answer?.headers['mcp-session-id'])
  const listens = staying.some(
    ({ request, answer }) =>
      request.method === 'GET' && request.headers['last-event-id'] === undefined && answer?.status === 200
  )
  const leaves = staying.some(({ request, answer }) => request.method === 'DELETE' && (answer?.status ?? 405) < 300)
  return [
    ...(begins ? (['session'] as const) : []),
    ...(listens ? (['get-stream'] as const) : []),
    ...(leaves ? (['delete'] as const) : [])
  ]
}

/** What the server listed while it was recorded. */
class Listed {
  readonly #resources: Json[] | undefined
  readonly #templates: string[]

  constructor(talk: Talk) {
    const lists = (method: string): Told[] =>
      talk.exchanges.filter(
        (told) => methodOf(told) === method && at('/result', responseOf(told)?.message) !== undefined
      )
    const pages = lists('resources/list')
    const isWhole = pages.some((told) => at('/result/nextCursor', responseOf(told)?.message) === undefined)
    this.#resources = isWhole ? pages.flatMap((told) => entries(told, 'resources', 'uri')) : undefined
    this.#templates = lists('resources/templates/list')
      .flatMap((told) => entries(told, 'resourceTemplates', 'uriTemplate'))
      .filter((template) => typeof template === 'string')
  }

  /** Whether the whole list of resources was seen, and the uri was not in it. A uri that was never looked up is taken for a listed one. */
  knowsWithout(uri: string): boolean {
    return this.#resources !== undefined && !this.#resources.includes(uri)
  }

  templateOf(uri: string): string | undefined {
    return this.#templates.find((template) => {
      const pieces = template.split(/(\{[^}]*\})/)
      const source = pieces.map((piece, place) =>
        place % 2 === 1 ? '.*' : piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      )
      return new RegExp(`^${source.join('')}$`, 'u').test(uri)
    })
  }
}

function entries(told: Told, list: string, known: string): Json[] {
  const all = at(`/result/${list}`, responseOf(told)?.message)
  return Array.isArray(all) ? all.flatMap((entry) => at(`/${known}`, entry) ?? []) : []
}
