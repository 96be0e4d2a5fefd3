/** What of authorization stands at the root of the API and not at the endpoint: the metadata documents (RFC 9728 section 3). */
import type { FastifyBaseLogger, FastifyContextConfig, FastifyInstance, FastifyReply } from 'fastify'
import type { Guard } from '../auth/guard.ts'
import { DeclarationError } from '../protocol/errors.ts'
import { hidden } from './hidden.ts'

/**
 * Mounts the metadata of an endpoint, and the routes of its verifiers, at the root of the API, whatever the prefix of the scope
 * is, with the `config` of the endpoint, which is at `url`. The document is for everybody, browsers of all origins included
 * (AUTH-22). Throws a DeclarationError when another endpoint has the same resource.
 */
export function mountAuthorization(
  scope: FastifyInstance,
  guard: Guard,
  url: string,
  config: FastifyContextConfig
): void {
  const root = rootOf(scope)
  scope.addHook('onReady', () => guard.ready())
  scope.addHook('onClose', () => guard.close())
  for (const verifier of guard.verifiers) verifier.mount?.(root)
  if (guard.resource === undefined || guard.metadata === undefined) return
  compare(guard.resource, url, scope.log)
  const { path, document } = guard.metadata
  // as the router knows it: decoded, and a colon is no parameter
  const known = decodeURI(path).replaceAll(':', '::')
  if (root.hasRoute({ method: 'GET', url: known }))
    throw new DeclarationError(
      'auth-resource',
      `auth: another endpoint of this API is the resource ${guard.resource}, too: give each a verifier with a resource of its own`
    )
  const schema = hidden
  root.get(known, { schema, config }, (_request, reply) =>
    open(reply).header('cache-control', 'max-age=3600').send(document)
  )
  if (root.hasRoute({ method: 'OPTIONS', url: known })) return
  root.options(known, { schema, config }, (request, reply) =>
    open(reply)
      .header('access-control-allow-methods', 'GET')
      .header(
        'access-control-allow-headers',
        request.headers['access-control-request-headers'] ?? 'MCP-Protocol-Version'
      )
      .header('access-control-max-age', '86400')
      .code(204)
      .send()
  )
}

/** Warns of tokens that are for more than the endpoint, or for something else. */
function compare(resource: string, url: string, log: FastifyBaseLogger): void {
  if (/[:*]/.test(url)) {
    log.warn(`MCP: the path ${url} has parameters, and tokens for ${resource} are good for all of their values`)
    return
  }
  const [ours, theirs] = [url, new URL(resource).pathname].map((path) => path.replace(/\/$/, ''))
  // a proxy may take a prefix away, or put one before
  if (ours?.endsWith(theirs ?? '') === true || theirs?.endsWith(ours ?? '') === true) return
  log.warn(`MCP: tokens are for ${resource}, and the endpoint is at ${url}: clients compare the two before they log in`)
}

function open(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*')
}

/** The outermost scope: the others inherit from it. */
function rootOf(scope: FastifyInstance): FastifyInstance {
  let root = scope
  while (!Object.hasOwn(root, 'server')) root = Object.getPrototypeOf(root) as FastifyInstance
  return root
}
