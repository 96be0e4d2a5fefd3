/** One route, declared on an endpoint as a tool, a resource, or both. */
import type { TObject } from '@sinclair/typebox'
import { DeclarationError, ProtocolError, ToolError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import type { Context } from '../../protocol/handler.ts'
import type { ToolAnnotations } from '../../protocol/types/index.ts'
import type { Resources } from '../../resources/index.ts'
import type { Tools } from '../../tools/index.ts'
import { resourceAnswer, toolAnswer } from './answer.ts'
import type { CollectedRoute, RouteBook } from './book.ts'
import type { ExposedRoute } from './config.ts'
import { argumentOf, type Parts, routeInput } from './input.ts'
import { promisesEvents, routeMediaType, routeOutput } from './output.ts'
import { fillPath, type RoutePath, rivalsOf, takenBy } from './path.ts'
import { SchemaCopy, SchemaLibrary } from './references.ts'
import { type Answer, queryText, request, type Target } from './request.ts'
import { type RouteSchemas, routeSchemas } from './schemas.ts'

/** Where tools and resources are declared. */
export type Declarer = Pick<Tools, 'tool'> & Pick<Resources, 'resource'>

/** What the HTTP method of a route says of the tool. */
const hints: Readonly<Record<string, ToolAnnotations>> = {
  GET: { readOnlyHint: true },
  PUT: { idempotentHint: true },
  DELETE: { destructiveHint: true, idempotentHint: true }
}

/** What the list of exposed routes shows of a route. A tool that it gives no name gets one. */
export function describeRoute({ method, url, mcp, schema }: CollectedRoute): ExposedRoute {
  const { tool, resource, credentials = 'none' } = mcp
  const shown = { method, url, credentials, ...(resource === undefined ? {} : { resource }) }
  if (tool === undefined) return shown
  return { ...shown, tool: tool === true ? madeName(method, url, schema) : tool }
}

function madeName(method: string, url: string, schema: unknown): string {
  const operationId = isObject(schema) ? schema['operationId'] : undefined
  if (typeof operationId === 'string') return operationId
  return [method.toLowerCase(), ...url.replace(/\([^/]*\)/g, '_').split(/[^A-Za-z0-9]+/)].filter(Boolean).join('_')
}

/**
 * Declares a route on an endpoint. Throws a DeclarationError for a route that cannot work as a tool or a resource, an Error
 * for a schema that refers to nothing.
 */
export function declareRoute(
  collected: CollectedRoute,
  shown: ExposedRoute,
  endpoint: Declarer,
  book: RouteBook,
  answerBytes: number
): void {
  const { mcp, method } = collected
  const schemas = routeSchemas(collected.schema, mcp.schema)
  if (promisesEvents(schemas))
    throw new DeclarationError('route-stream', 'it answers with a stream of events: a call needs an answer that ends')
  const path = book.path(collected.url)
  const library = new SchemaLibrary(book.library(collected.scope))
  const target = targetOf(collected, schemas, library, mcp.answerBytes ?? answerBytes)
  const call = caller(collected, path, target, book)
  const { title = schemas.summary, description = schemas.description ?? schemas.summary, _meta, visible, scopes } = mcp
  const about = defined({ title, description, _meta, visible, scopes })

  if (shown.tool !== undefined) {
    const takesBody = schemas.body !== undefined || ['POST', 'PUT', 'PATCH'].includes(method)
    const input = routeInput(path, { ...schemas, takesBody }, library, mcp.nest === true)
    const output = routeOutput(schemas.response, library)
    const annotations = { ...hints[method], ...mcp.annotations }
    const options = {
      ...about,
      ...defined({ limits: mcp.limits, heartbeatMs: mcp.heartbeatMs }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      input: input.schema,
      ...(output === undefined ? {} : { output: output as unknown as TObject })
    }
    endpoint.tool(shown.tool, options, async (values, context) => {
      const { url, answer } = await call(input.split(values), context)
      return toolAnswer(answer, `route:${url}`, output !== undefined)
    })
  }
  if (shown.resource !== undefined) {
    const sort = variablesOf(shown.resource, path, schemas, library)
    const options = {
      ...about,
      name: shown.tool ?? madeName(method, collected.url, collected.schema),
      ...defined({ mimeType: mcp.mimeType ?? routeMediaType(schemas.response) })
    }
    endpoint.resource(shown.resource, options, async (variables: Record<string, string>, context) => {
      const { answer } = await call(sort(variables), context).catch(unread)
      return resourceAnswer(answer)
    })
  }
}

type Caller = (parts: Parts, context: Context) => Promise<{ url: string; answer: Answer }>

function caller(collected: CollectedRoute, path: RoutePath, target: Target, book: RouteBook): Caller {
  const { method, url: own, mcp } = collected
  const rivals = rivalsOf(path, book.pathsBeside(method, own))
  const argument = (name: string): string => (mcp.nest === true ? `params/${argumentOf(name)}` : argumentOf(name))
  return async ({ params, query, body }, context) => {
    const at = fillPath(path, params, argument)
    if (takenBy(rivals, at) || (path.names.length > 0 && book.hasStatic(method, at)))
      throw new ProtocolError('invalidArguments', {
        subject: `${at} is the path of another route`,
        expected: `values that lead to ${own}`,
        received: params
      })
    const url = at + queryText(query)
    return { url, answer: await request(book.app, target, url, body, context) }
  }
}

/** What kept a call from an answer, as a resource says it: a URI whose variables no request can carry is one of no resource. */
function unread(error: unknown): never {
  if (error instanceof ProtocolError && error.kind === 'invalidArguments') throw new ProtocolError('resourceNotFound')
  if (error instanceof ToolError) throw new ProtocolError('internal', { data: { message: error.message } })
  throw error
}

/** What every request to a route carries. Throws a DeclarationError for a route that no call would ever get to. */
function targetOf(
  { method, mcp, constraints }: CollectedRoute,
  schemas: RouteSchemas,
  library: SchemaLibrary,
  answerBytes: number
): Target {
  const { credentials = 'none' } = mcp
  const given = Object.entries(mcp.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  const headers: Record<string, string> = Object.fromEntries(given)
  for (const [name, value] of Object.entries(constraints)) {
    const header = { version: 'accept-version', host: 'host' }[name]
    if (header !== undefined && typeof value === 'string') headers[header] ??= value
    // nobody can tell which headers a constraint of the API's own looks at: any that are given may be they
    const met = header === undefined ? given.length > 0 : headers[header] !== undefined
    if (!met)
      throw new DeclarationError(
        'route-constraint',
        `its constraint "${name}" cannot be met by itself: give the header it looks at in config.mcp.headers`
      )
  }
  const carried = new Set([
    ...['accept', 'accept-encoding', 'user-agent', 'host', 'content-type', 'content-length', 'x-request-id'],
    ...Object.keys(headers),
    ...(credentials === 'caller' ? ['authorization', 'cookie'] : [])
  ])
  const lacking = requiredNames(schemas.headers, library).filter((name) => !carried.has(name.toLowerCase()))
  if (lacking.length > 0)
    throw new DeclarationError(
      'route-headers',
      `it requires ${lacking.join(', ')}, which no call would carry: give config.mcp.headers, or credentials: 'caller' for the caller's own`
    )
  return { method, credentials, headers, answerBytes }
}

/**
 * Sorts the variables of a resource's template into the parts of a request.
 * Throws a DeclarationError where they are not parameters of the route, or not all that it requires.
 */
function variablesOf(
  uri: string,
  path: RoutePath,
  { query }: RouteSchemas,
  library: SchemaLibrary
): (variables: Record<string, unknown>) => Parts {
  const names = [...uri.matchAll(/\{[+#./;?&]?([^{}]*)\}/g)]
    .flatMap(([, list = '']) => list.split(','))
    .map((variable) => variable.replace(/(\*|:\d+)$/, ''))
  const parameters = new Map(path.names.map((name) => [argumentOf(name), name]))
  const queried = new Set(propertyNames(query, library))
  const strange = names.filter((name) => !parameters.has(name) && !queried.has(name))
  if (strange.length > 0)
    throw new DeclarationError(
      'route-resource',
      `its resource "${uri}" has the variable ${strange.join(', ')}, which is no parameter of its path or query`
    )
  const required = [...path.names].filter((name) => name !== path.optional).map(argumentOf)
  const lacking = [...required, ...requiredNames(query, library)].filter((name) => !names.includes(name))
  if (lacking.length > 0)
    throw new DeclarationError(
      'route-resource',
      `its resource "${uri}" lacks ${lacking.join(', ')}, which the route requires: add {${lacking[0]}} to it`
    )
  return (variables) => {
    const given = Object.entries(variables).filter(([, value]) => value !== undefined)
    const params = given.filter(([name]) => parameters.has(name))
    return {
      params: Object.fromEntries(params.map(([name, value]) => [parameters.get(name), value])),
      query: Object.fromEntries(given.filter(([name]) => !parameters.has(name))),
      body: undefined
    }
  }
}

function requiredNames(schema: RouteSchemas['query'], library: SchemaLibrary): string[] {
  const required = followed(schema, library)['required']
  return Array.isArray(required) ? required : []
}

function propertyNames(schema: RouteSchemas['query'], library: SchemaLibrary): string[] {
  const properties = followed(schema, library)['properties']
  return isObject(properties) ? Object.keys(properties) : []
}

/** A copy of what a schema says, through its references, without the names that have a default in `required`. */
function followed(schema: RouteSchemas['query'], library: SchemaLibrary): Record<string, unknown> {
  if (!isObject(schema)) return {}
  const copy = new SchemaCopy(library, true)
  return copy.copy(copy.follow(library.read(schema)))
}

/** The members that are there. */
function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}
