/** A resource or a template of resources: what is declared of it, and what the room makes of the declaration. */
import { DeclarationError } from '../protocol/errors.ts'
import { type Complete, checkHandler, completers } from '../protocol/feature.ts'
import type { Context } from '../protocol/handler.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { Awaitable } from '../protocol/ports.ts'
import type { Access } from '../protocol/registry.ts'
import { compileLater, explain } from '../protocol/schema.ts'
import { Annotations, type ReadResourceResult, type Resource, type ResourceTemplate } from '../protocol/types/index.ts'
import { compileTemplate, type Template, type Variables, type VariableValues } from './template.ts'

/** Suggestions by variable; a URI without variables has none. */
type Completions<V extends string> = [V] extends [never] ? never : { [K in V]?: Complete<V> }

/** What is declared of a resource (server/resources#resource). */
export interface ResourceOptions<T extends string = string> extends Access {
  /** For programs; the URI or template where it is left out. */
  name?: string
  /** For people. */
  title?: string
  description?: string
  mimeType?: string
  annotations?: Annotations
  /** Raw bytes, before base64. */
  size?: number
  _meta?: Record<string, unknown>
  /** Suggestions for the variables of a template (server/utilities/completion). */
  complete?: Completions<Variables<T>>
}

/** What a handler may return: text, bytes, an object to print as JSON, whole contents, or either in pieces as they come. */
export type ResourceValue =
  | string
  | Uint8Array
  | ReadResourceResult
  | AsyncIterable<string>
  | AsyncIterable<Uint8Array>
  // neither a promise of something else nor pieces of another kind
  | (object & { then?: never; [Symbol.asyncIterator]?: never })
  | undefined

/** Variables come percent-decoded. Undefined, or `notFound()`, means there is no such resource. */
export type ResourceHandler<T extends string> = (
  variables: VariableValues<T>,
  context: Context
) => Awaitable<ResourceValue>

/** A resource as the room keeps it. */
export interface RegisteredResource {
  uri: string
  mimeType: string | undefined
  listing: Resource | ResourceTemplate
  template: Template | undefined
  complete: ReadonlyMap<string, Complete>
  // biome-ignore lint/suspicious/noExplicitAny: the pair of template and handler was checked by resource()
  handler: ResourceHandler<any>
}

const members: Members<ResourceOptions> = {
  name: 'text',
  title: 'text',
  description: 'text',
  mimeType: 'text',
  annotations: 'object',
  size: 'number',
  _meta: 'object',
  complete: 'object',
  scopes: true,
  visible: 'function'
}

/** Their kinds are checked by the schema, which knows their bounds as well. */
const annotationMembers: Members<Annotations> = { audience: true, priority: true, lastModified: true }

const annotationsFit = compileLater(Annotations)

/**
 * Checks a declaration. A URI with `{` is a template. Throws a DeclarationError for a URI without a scheme (RES-35), for a template
 * that cannot work, for options of another name or kind, and for a handler that is none.
 */
export function declareResource(
  uri: string,
  options: ResourceOptions,
  // biome-ignore lint/suspicious/noExplicitAny: any template's
  handler: ResourceHandler<any>
): RegisteredResource {
  if (typeof uri !== 'string' || !/^[A-Za-z][A-Za-z0-9+.-]*:[^\s]*$/.test(uri)) {
    throw new DeclarationError(
      'resource-uri',
      `resource "${String(uri)}": a URI begins with a scheme and holds no white space`
    )
  }
  const of = `resource "${uri}"`
  checkMembers(of, options, members)
  checkHandler(of, handler)
  if (options.annotations !== undefined) checkAnnotations(of, options.annotations)
  if (options.size !== undefined && !(Number.isInteger(options.size) && options.size >= 0))
    throw new DeclarationError('option', `${of}: size is a whole number of bytes`)
  const { name = uri, complete = {}, visible: _visible, scopes: _scopes, ...about } = options
  const template = uri.includes('{') ? compileTemplate(uri) : undefined
  if (template === undefined && Object.keys(complete).length > 0) {
    throw new DeclarationError('resource-complete', `${of}: only the variables of a template can be completed`)
  }
  for (const variable of Object.keys(complete)) {
    if (template?.variables.includes(variable) === false)
      throw new DeclarationError('resource-complete', `${of} has no variable "${variable}"`)
  }
  return {
    uri,
    mimeType: options.mimeType,
    listing: template === undefined ? { uri, name, ...about } : { uriTemplate: uri, name, ...about },
    template,
    complete: completers(of, complete),
    handler
  }
}

function checkAnnotations(of: string, annotations: unknown): void {
  checkMembers(`${of}: annotations`, annotations, annotationMembers)
  const fits = annotationsFit()
  if (!fits(annotations)) throw new DeclarationError('option', `${of}: annotations: ${explain(fits.errors)}`)
}
