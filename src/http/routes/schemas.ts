/** The schemas of a route as JSON Schema, from all that Fastify takes for one. */
import { DeclarationError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import type { RouteMcp } from './config.ts'
import { isJson } from './output.ts'
import type { JsonSchema } from './references.ts'

/** A JSON Schema is an object or a boolean. */
export type Schema = JsonSchema | boolean | undefined

export interface RouteSchemas {
  params: Schema
  query: Schema
  body: Schema
  headers: Schema
  response: JsonSchema
  /** Media types that it answers with. */
  produces: readonly unknown[]
  /** What documentation tools read beside the schemas. */
  summary: string | undefined
  description: string | undefined
}

/**
 * The schemas of a route, with those of `config.mcp` over them. Throws a DeclarationError for schemas of another kind
 * (zod, joi) and for a body that is no JSON.
 */
export function routeSchemas(declared: unknown, own: RouteMcp['schema']): RouteSchemas {
  const schema: JsonSchema = { ...(isObject(declared) ? declared : {}), ...own }
  // an override says what a part is; what it is not said for stays the route's
  const query = own?.querystring ?? schema['querystring'] ?? schema['query']
  const word = (name: string): string | undefined => (typeof schema[name] === 'string' ? schema[name] : undefined)
  return {
    params: jsonSchema('params', schema['params']),
    query: jsonSchema('querystring', query),
    body: bodySchema(schema),
    // a header schema of another kind is only not looked at
    headers: plain(schema['headers']),
    response: responseSchemas(schema['response']),
    produces: Array.isArray(schema['produces']) ? schema['produces'] : [],
    summary: word('summary'),
    description: word('description')
  }
}

function bodySchema(schema: Record<string, unknown>): Schema {
  const body = jsonSchema('body', schema['body'])
  const content = isObject(body) && isObject(body['content']) ? body['content'] : undefined
  const types = content === undefined ? schema['consumes'] : Object.keys(content)
  if (!Array.isArray(types)) return body
  const type = types.find((name) => isJson(String(name)))
  if (type === undefined)
    throw new DeclarationError(
      'route-body',
      `it takes ${types.join(', ')}, and a call sends JSON: let it take JSON too`
    )
  const media = content?.[type]
  return isObject(media) ? jsonSchema('body', media['schema']) : body
}

/** By status; schemas of another kind promise nothing. */
function responseSchemas(response: unknown): JsonSchema {
  if (!isObject(response)) return {}
  const answers = Object.entries(response).map(([status, answer]) => {
    const schema = plain(answer)
    if (!isObject(schema) || !isObject(schema['content'])) return [status, schema ?? {}]
    const content = Object.entries(schema['content']).map(([type, media]) => [
      type,
      { schema: isObject(media) ? plain(media['schema']) : undefined }
    ])
    return [status, { content: Object.fromEntries(content) }]
  })
  return Object.fromEntries(answers)
}

function jsonSchema(part: string, value: unknown): Schema {
  const schema = plain(value)
  if (schema === undefined && value !== undefined && value !== null)
    throw new DeclarationError(
      'route-schema',
      `the schema of its ${part} is no JSON Schema: give one in config.mcp.schema.${part}`
    )
  return schema
}

/** Fastify takes JSON Schema and what fluent-json-schema builds; anything else needs a compiler of its own. */
function plain(value: unknown): Schema {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fluent = value as { isFluentSchema?: boolean; isFluentJSONSchema?: boolean; [fluentSchema]?: boolean }
  if (fluent.isFluentSchema === true || fluent.isFluentJSONSchema === true || fluent[fluentSchema] === true)
    return value.valueOf() as JsonSchema
  const prototype = Object.getPrototypeOf(value)
  const foreign = (prototype !== Object.prototype && prototype !== null) || '~standard' in value
  return foreign ? undefined : (value as JsonSchema)
}

const fluentSchema = Symbol.for('fluent-schema-object')
