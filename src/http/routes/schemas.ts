/** The schemas of a route as JSON Schema, from all that Fastify takes for one. */
import { DeclarationError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import { isJsonSchema } from '../../protocol/schema.ts'
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
 * (zod, joi), but for responses and headers of the route itself, and for a body that is no JSON.
 */
export function routeSchemas(declared: unknown, own: RouteMcp['schema'] = {}): RouteSchemas {
  // what is not said stays the route's
  const said = Object.entries(own).filter(([, part]) => part !== undefined)
  const schema: JsonSchema = { ...(isObject(declared) ? declared : {}), ...Object.fromEntries(said) }
  const { querystring = schema['query'] } = schema
  const word = (name: string): string | undefined => (typeof schema[name] === 'string' ? schema[name] : undefined)
  return {
    params: jsonSchema('params', schema['params'], own.params !== undefined),
    query: jsonSchema('querystring', querystring, own.querystring !== undefined),
    body: bodySchema(schema, own.body !== undefined),
    // a header schema of another kind is only not looked at
    headers: plain(schema['headers']),
    response: responseSchemas(schema['response'], own.response !== undefined),
    produces: Array.isArray(schema['produces']) ? schema['produces'] : [],
    summary: word('summary'),
    description: word('description')
  }
}

function bodySchema(schema: Record<string, unknown>, own: boolean): Schema {
  const body = jsonSchema('body', schema['body'], own)
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
  return isObject(media) ? jsonSchema('body', media['schema'], own) : body
}

/** By status; those of the route itself promise nothing where they are of another kind. */
function responseSchemas(response: unknown, own: boolean): JsonSchema {
  if (!isObject(response)) return {}
  const answers = Object.entries(response).map(([status, answer]) => {
    const taken = (value: unknown): Schema => (own ? jsonSchema(`response.${status}`, value, own) : plain(value))
    const schema = taken(answer)
    if (!isObject(schema) || !isObject(schema['content'])) return [status, schema ?? {}]
    const content = Object.entries(schema['content']).map(([type, media]) => [
      type,
      { schema: isObject(media) ? taken(media['schema']) : undefined }
    ])
    return [status, { content: Object.fromEntries(content) }]
  })
  return Object.fromEntries(answers)
}

/** `own` tells that `config.mcp` says it. */
function jsonSchema(part: string, value: unknown, own: boolean): Schema {
  const schema = plain(value)
  if (schema !== undefined || value === undefined || (value === null && !own)) return schema
  const name = `config.mcp.schema.${part}`
  throw new DeclarationError(
    'route-schema',
    own ? `${name} is no JSON Schema` : `the schema of its ${part} is no JSON Schema: give one in ${name}`
  )
}

/** Fastify takes JSON Schema and what fluent-json-schema builds; anything else needs a compiler of its own. */
function plain(value: unknown): Schema {
  if (typeof value === 'boolean') return value
  if (!isObject(value)) return undefined
  const fluent = value as { isFluentSchema?: boolean; isFluentJSONSchema?: boolean; [fluentSchema]?: boolean }
  if (fluent.isFluentSchema === true || fluent.isFluentJSONSchema === true || fluent[fluentSchema] === true)
    return value.valueOf() as JsonSchema
  return isJsonSchema(value) ? value : undefined
}

const fluentSchema = Symbol.for('fluent-schema-object')
