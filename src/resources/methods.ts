/** resources/list, templates/list, read, subscribe and unsubscribe over two registries (server/resources). */
import { type Call, type Completer, type MethodFunction, suggestions } from '../protocol/feature.ts'
import type { JsonFlow } from '../protocol/flow.ts'
import { isLater } from '../protocol/ports.ts'
import type { Registry, Visible } from '../protocol/registry.ts'
import type {
  CompleteParams,
  PaginatedParams,
  ReadResourceParams,
  ReadResourceResult
} from '../protocol/types/index.ts'
import { located, missing, resourceResult } from './contents.ts'
import type { RegisteredResource } from './resource.ts'

export interface ResourceRegistries {
  resources: Registry<RegisteredResource>
  templates: Registry<RegisteredResource>
}

/** The methods of this room, by name. */
export function resourceMethods({ resources, templates }: ResourceRegistries): Record<string, MethodFunction> {
  const find = (
    uri: string,
    call: Call
  ): { resource: RegisteredResource; variables: Record<string, string | string[]> } => {
    const spelled = plain(uri)
    for (const key of new Set([uri, spelled])) {
      const resource = resources.get(key, call)
      if (resource !== undefined) return { resource, variables: {} }
      // what is disabled or hidden has a meaning of its own: no template answers in its place
      if (resources.has(key)) throw missing(uri)
    }
    for (const candidate of templates.values()) {
      const variables = candidate.template?.match(spelled)
      if (variables !== undefined && templates.get(candidate.uri, call) !== undefined)
        return { resource: candidate, variables }
    }
    throw missing(uri)
  }
  return {
    'resources/list': (params: PaginatedParams, call: Call) => resources.page(params.cursor, call),
    'resources/templates/list': (params: PaginatedParams, call: Call) => templates.page(params.cursor, call),
    'resources/read': ({ uri }: ReadResourceParams, call: Call) => {
      const { resource, variables } = find(uri, call)
      return read(uri, resource, variables as Record<string, string>, call)
    },
    'resources/subscribe': async ({ uri }: ReadResourceParams, call: Call) => {
      find(uri, call)
      await call.remember({ change: 'subscribe', uri })
      return {}
    },
    'resources/unsubscribe': async ({ uri }: ReadResourceParams, call: Call) => {
      find(uri, call)
      await call.remember({ change: 'unsubscribe', uri })
      return {}
    }
  }
}

/** Which sessions could read a URI now, and so may hear of it; undefined when every one could, or nothing is there. */
export function readersOf({ resources, templates }: ResourceRegistries, uri: string): Visible | undefined {
  const spelled = plain(uri)
  const key = [uri, spelled].find((key) => resources.has(key))
  if (key !== undefined) return resources.seen(key)
  const matching = [...templates.values()].filter(({ template }) => template?.match(spelled) !== undefined)
  const seen = matching.map((one) => templates.seen(one.uri))
  if (seen.length === 0 || seen.includes(undefined)) return undefined
  return (session) => seen.some((visible) => visible?.(session))
}

/**
 * A URI with the letters that need no percent-encoding as they are (RFC 3986 section 6.2.2.2): otherwise another spelling would
 * lead past an entry, and the scopes it asks for, to a template that takes both.
 */
function plain(uri: string): string {
  return uri.replace(/%([2-7][0-9a-f])/gi, (escaped, digits: string) => {
    const char = String.fromCharCode(Number.parseInt(digits, 16))
    return /[A-Za-z0-9\-._~]/.test(char) ? char : escaped
  })
}

/** Suggestions for the variables of the template that `ref.uri` spells (COMP-08). */
export function resourceCompleter({ templates }: ResourceRegistries): Completer {
  return (params: CompleteParams, call) => {
    if (params.ref.type !== 'ref/resource') return undefined
    const template = templates.get(params.ref.uri, call)
    if (template === undefined) return undefined
    return suggestions(template.complete.get(params.argument.name), params, call)
  }
}

/** Calls the handler. A ProtocolError without data of its own gets the URI that was asked for (RES-38). */
function read(
  uri: string,
  resource: RegisteredResource,
  variables: Record<string, string>,
  call: Call
): ReadResourceResult | JsonFlow | Promise<ReadResourceResult | JsonFlow> {
  const result = (value: unknown): ReadResourceResult | JsonFlow => resourceResult(uri, resource.mimeType, value)
  const thrown = (error: unknown): never => {
    throw located(uri, error)
  }
  let value: unknown
  try {
    value = resource.handler(variables, call)
  } catch (error) {
    return thrown(error)
  }
  return isLater(value) ? Promise.resolve(value).then(result, thrown) : result(value)
}
