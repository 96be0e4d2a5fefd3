/** What of authorization stands at the root of the API and not at the endpoint: the metadata documents (RFC 9728 section 3). */
import type { FastifyContextConfig, FastifyInstance, FastifyReply } from 'fastify'
import type { Guard } from '../auth/guard.ts'
import { DeclarationError } from '../protocol/errors.ts'
import { hidden } from './hidden.ts'

/**
 * Mounts the metadata of an endpoint, and the routes of its verifiers, at the root of the API, whatever the prefix of the scope
 * is, with the `config` of the endpoint. The document is for everybody, browsers of all origins included (AUTH-22). Throws a DeclarationError when another
 * endpoint has the same resource.
 */
export function mountAuthorization(scope: FastifyInstance, guard: Guard, config: FastifyContextConfig): void {
  const root = rootOf(scope)
  scope.addHook('onReady', () => guard.ready())
  scope.addHook('onClose', () => guard.close())
  for (const verifier of guard.verifiers) verifier.mount?.(root)
  if (guard.metadata === undefined) return
  const { path, document } = guard.metadata
  // as the router knows it: decoded, and a colon is no parameter
  const url = decodeURI(path).replaceAll(':', '::')
  if (root.hasRoute({ method: 'GET', url }))
    throw new DeclarationError(
      'auth-resource',
      `auth: another endpoint of this API is the resource ${guard.resource}, too: give each a verifier with a resource of its own`
    )
  const schema = hidden
  root.get(url, { schema, config }, (_request, reply) =>
    open(reply).header('cache-control', 'max-age=3600').send(document)
  )
  if (root.hasRoute({ method: 'OPTIONS', url })) return
  root.options(url, { schema, config }, (request, reply) =>
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

function open(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*')
}

/** The outermost scope: the others inherit from it. */
function rootOf(scope: FastifyInstance): FastifyInstance {
  let root = scope
  while (!Object.hasOwn(root, 'server')) root = Object.getPrototypeOf(root) as FastifyInstance
  return root
}
