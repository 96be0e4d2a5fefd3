/** What the response schemas of a route promise of its good answers. */
import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../protocol/frame.ts'
import { type JsonSchema, SchemaCopy, type SchemaLibrary } from './references.ts'

/**
 * The output schema of a tool that is a route: the one schema of all its 2xx responses, when it is an object's. Where they
 * differ, or one of them is something else, answers are text. Throws an Error for a reference that means nothing.
 */
export function routeOutput(response: unknown, library: SchemaLibrary): JsonSchema | undefined {
  let found: JsonSchema | undefined
  for (const schema of goodResponses(response)) {
    const copy = new SchemaCopy(library, false)
    const placed = isObject(schema) ? copy.follow(library.read(schema)) : undefined
    const type = placed?.schema['type'] ?? (isObject(placed?.schema['properties']) ? 'object' : undefined)
    if (placed === undefined || type !== 'object' || placed.schema['nullable'] === true) return undefined
    const copied: JsonSchema = { type, ...copy.copy(placed) }
    if (Object.keys(copy.definitions).length > 0) copied['$defs'] = { ...copy.definitions }
    if (found !== undefined && !isDeepStrictEqual(found, copied)) return undefined
    found = copied
  }
  return found
}

/** Media type of a route's good answers, where its response schemas tell of one and only one. */
export function routeMediaType(response: unknown): string | undefined {
  const types = new Set<string>()
  for (const answer of goodAnswers(response)) {
    const content = answer['content']
    if (isObject(content)) for (const type of Object.keys(content)) types.add(type)
    else types.add('application/json')
  }
  const [only] = types
  return types.size === 1 && only !== '*/*' ? only : undefined
}

/** Whether a route says that it answers with a stream of events. */
export function promisesEvents({ response, produces }: { response: unknown; produces: readonly unknown[] }): boolean {
  const events = (types: readonly unknown[]): boolean => types.includes('text/event-stream')
  return (
    events(produces) || goodAnswers(response).some(({ content }) => isObject(content) && events(Object.keys(content)))
  )
}

/** Each schema of a 2xx response, those by media type included. */
function goodResponses(response: unknown): unknown[] {
  return goodAnswers(response).flatMap((answer) => {
    const content = answer['content']
    if (!isObject(content)) return [answer]
    // what is no JSON is promised by no schema of an object
    return Object.entries(content).map(([type, media]) =>
      isJson(type) && isObject(media) ? media['schema'] : undefined
    )
  })
}

function goodAnswers(response: unknown): JsonSchema[] {
  if (!isObject(response)) return []
  return Object.entries(response)
    .filter(([status]) => /^2(\d\d|xx)$/i.test(status))
    .map(([, answer]) => (isObject(answer) ? answer : {}))
}

/** Whether a media type, without parameters, is one of JSON; a wildcard allows it. */
export function isJson(type: string): boolean {
  return /^(application\/json|[^;]+\+json|\*\/\*)$/i.test(type.split(';', 1)[0]?.trim() ?? '')
}
