/**
 * The input of a tool that is a route: one flat object of its path parameters, its query and its body. A part that is more
 * than a list of properties (an array, a union) stands under its own name, as all do where `nest` is set.
 */
import { isDeepStrictEqual } from 'node:util'
import { DeclarationError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import { isObjectOrNull } from './nullable.ts'
import type { RoutePath } from './path.ts'
import { type JsonSchema, type Placed, SchemaCopy, type SchemaLibrary } from './references.ts'

/** A call's values, sorted into the parts of the HTTP request. */
export interface Parts {
  params: Record<string, unknown>
  query: Record<string, unknown>
  /** Undefined for a request without a body. */
  body: unknown
}

/** What is published, and how a call's arguments become parts. */
export interface RouteInput {
  schema: JsonSchema
  split(values: Record<string, unknown>): Parts
}

/** Schemas of the parts, where the route has any; `takesBody` for a route that is sent one. */
export interface PartSchemas {
  params: unknown
  query: unknown
  body: unknown
  takesBody: boolean
}

type PartName = keyof Parts

interface Part {
  name: PartName
  /** The schema as a whole, for a part that stands under its name. */
  whole: JsonSchema
  /** Its properties; undefined for a part that is more than that. */
  properties: Map<string, JsonSchema> | undefined
  required: ReadonlySet<string>
  /** What further properties may be: nothing, or what a schema says. */
  others: false | JsonSchema
}

/** The wildcard's argument: `*` is a name that many clients refuse. */
const wildcard = 'path'
export const argumentOf = (parameter: string): string => (parameter === '*' ? wildcard : parameter)
const parameterOf = (argument: string): string => (argument === wildcard ? '*' : argument)

/**
 * The input of a route. Throws a DeclarationError for names that mean two things and for what a request cannot carry,
 * an Error for a reference that means nothing.
 */
export function routeInput(path: RoutePath, schemas: PartSchemas, library: SchemaLibrary, nest: boolean): RouteInput {
  const copy = new SchemaCopy(library, true)
  const parts = [paramsPart(path, schemas.params), queryPart(schemas.query), bodyPart(schemas)].filter(
    (part) => part !== undefined
  )
  const input = nest ? nested(parts) : flat(parts, copy.definitions)
  const schema =
    Object.keys(copy.definitions).length === 0 ? input.schema : { ...input.schema, $defs: { ...copy.definitions } }
  return { schema, split: rename(input.split, path) }

  function paramsPart({ names, optional }: RoutePath, given: unknown): Part | undefined {
    if (names.length === 0) return undefined
    const declared = given === undefined ? undefined : partOf('params', given)
    if (declared !== undefined && declared.properties === undefined) return declared
    const properties = new Map<string, JsonSchema>()
    for (const name of names) {
      const argument = argumentOf(name)
      if (properties.has(argument))
        throw new DeclarationError('route-names', `its path has two parameters for "${argument}": rename one`)
      properties.set(argument, declared?.properties?.get(name) ?? undeclared)
    }
    const required = new Set(names.filter((name) => name !== optional).map(argumentOf))
    return { name: 'params', whole: listed(properties, required, false), properties, required, others: false }
  }

  function queryPart(given: unknown): Part | undefined {
    if (given === undefined) return undefined
    const part = partOf('query', given)
    for (const [name, schema] of part.properties ?? []) {
      if (isObjectOrNull(schema))
        throw new DeclarationError(
          'route-query',
          `"${name}" of its query is an object, which a query cannot carry: take it as text, or in a body`
        )
    }
    // a name that the query does not list means nothing to the route, unless it says that any does
    if (part.properties === undefined || part.whole['additionalProperties'] !== undefined) return part
    return { ...part, whole: { ...part.whole, additionalProperties: false }, others: false }
  }

  function bodyPart({ body, takesBody }: PartSchemas): Part | undefined {
    if (!takesBody || (isObject(body) && body['type'] === 'null')) return undefined
    if (body === undefined)
      return { name: 'body', whole: { type: 'object' }, properties: new Map(), required: new Set(), others: {} }
    return partOf('body', body)
  }

  function partOf(name: PartName, given: unknown): Part {
    const whole = copy.copy(copy.follow(placedIn(library, given)))
    const { properties = {}, required = [], additionalProperties = true } = whole
    if (!isList(whole) || !isObject(properties) || !Array.isArray(required))
      return { name, whole, properties: undefined, required: new Set(), others: false }
    const others = additionalProperties === true ? {} : (additionalProperties as false | JsonSchema)
    const schemas = Object.entries(properties).map(([key, schema]) => [key, schemaOf(schema)] as const)
    return {
      name,
      whole: { ...whole, type: 'object' },
      properties: new Map(schemas),
      required: new Set(required),
      others
    }
  }
}

/** A parameter that no schema speaks of. */
const undeclared: JsonSchema = Object.freeze({ type: 'string' })

function placedIn(library: SchemaLibrary, given: unknown): Placed {
  if (given === true || given === false) return library.read(given ? {} : { not: {} })
  return library.read(given)
}

/** A boolean is a schema too. */
function schemaOf(schema: unknown): JsonSchema {
  if (isObject(schema)) return schema
  return schema === false ? { not: {} } : {}
}

/** Whether a schema is a list of properties and no more, so that it can be merged with others; how many there are is for the route to check. */
function isList(schema: JsonSchema): boolean {
  const { type } = schema
  if (type !== 'object' && !(type === undefined && isObject(schema['properties']))) return false
  const more =
    /^(\$ref|allOf|anyOf|oneOf|not|if|then|else|patternProperties|propertyNames|depend.*|unevaluatedProperties|const|enum|nullable)$/
  return !Object.keys(schema).some((key) => more.test(key))
}

function listed(
  properties: ReadonlyMap<string, JsonSchema>,
  required: ReadonlySet<string>,
  others: false | JsonSchema
): JsonSchema {
  const schema: JsonSchema = { type: 'object', properties: Object.fromEntries(properties) }
  if (required.size > 0) schema['required'] = [...required]
  if (others === false) schema['additionalProperties'] = false
  else if (Object.keys(others).length > 0) schema['additionalProperties'] = others
  return schema
}

function nested(parts: readonly Part[]): RouteInput {
  const needed = parts.filter(({ name, properties, required }) => {
    return properties === undefined ? name !== 'query' : required.size > 0
  })
  const schema = listed(
    new Map(parts.map(({ name, whole }) => [name, whole])),
    new Set(needed.map(({ name }) => name)),
    false
  )
  const body = parts.find(({ name }) => name === 'body')
  return {
    schema,
    split: (values) => ({
      params: isObject(values['params']) ? values['params'] : {},
      query: isObject(values['query']) ? values['query'] : {},
      body: values['body'] === undefined && body?.properties !== undefined ? {} : values['body']
    })
  }
}

function flat(parts: readonly Part[], definitions: Readonly<Record<string, JsonSchema>>): RouteInput {
  const properties = new Map<string, JsonSchema>()
  const required = new Set<string>()
  /** Where each argument goes; a part that stands under its name is marked `whole`. */
  const targets = new Map<string, { part: PartName; whole: boolean }[]>()
  const add = (argument: string, schema: JsonSchema, part: PartName, whole: boolean): void => {
    const before = targets.get(argument)
    const known = properties.get(argument)
    if (before !== undefined && known !== undefined) {
      const same = !whole && before.every((target) => !target.whole) && isDeepStrictEqual(known, schema)
      // the path says nothing of a parameter that no schema speaks of
      const adopted = known === undeclared && isScalar(schema, definitions)
      if (!same && !adopted)
        throw new DeclarationError(
          'route-names',
          `"${argument}" stands in its ${before[0]?.part} and in its ${part}, with different schemas: rename one, or set nest in config.mcp`
        )
    }
    properties.set(argument, schema)
    targets.set(argument, [...(before ?? []), { part, whole }])
  }
  for (const part of parts) {
    if (part.properties === undefined) {
      add(part.name, part.whole, part.name, true)
      if (part.name !== 'query') required.add(part.name)
      continue
    }
    for (const [name, schema] of part.properties) add(name, schema, part.name, false)
    for (const name of part.required) required.add(name)
  }
  // what no part lists goes to the body, or to a query that says that it takes anything
  const rest = parts.findLast(({ properties, others }) => properties !== undefined && others !== false)
  const schema = listed(properties, required, rest === undefined ? false : rest.others)
  const flatBody = parts.some(({ name, properties }) => name === 'body' && properties !== undefined)
  return {
    schema,
    split(values) {
      const sorted: Record<PartName, [string, unknown][]> = { params: [], query: [], body: [] }
      const wholes: Partial<Record<PartName, unknown>> = {}
      const others = rest === undefined ? [] : [{ part: rest.name, whole: false }]
      for (const [argument, value] of Object.entries(values)) {
        for (const { part, whole } of targets.get(argument) ?? others) {
          if (whole) wholes[part] = value
          else sorted[part].push([argument, value])
        }
      }
      const object = (part: 'params' | 'query'): Record<string, unknown> => {
        const whole = wholes[part]
        return isObject(whole) ? whole : Object.fromEntries(sorted[part])
      }
      return {
        params: object('params'),
        query: object('query'),
        body: flatBody ? Object.fromEntries(sorted.body) : wholes.body
      }
    }
  }
}

/** Whether what fits is a text, a number or a boolean. */
function isScalar(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): boolean {
  const reference = schema['$ref']
  const found = typeof reference === 'string' ? definitions[reference.replace('#/$defs/', '')] : schema
  return /^(string|integer|number|boolean)$/.test(String(found?.['type']))
}

/** Gives the wildcard its name in the path again. */
function rename(split: RouteInput['split'], path: RoutePath): RouteInput['split'] {
  if (!path.names.includes('*')) return split
  return (values) => {
    const parts = split(values)
    const params = Object.entries(parts.params).map(([name, value]) => [parameterOf(name), value] as const)
    return { ...parts, params: Object.fromEntries(params) }
  }
}
