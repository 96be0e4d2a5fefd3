/** POST, GET and DELETE on the MCP endpoint (basic/transports#streamable-http), and the answer to everything else. */
import { isUtf8 } from 'node:buffer'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Guard } from '../auth/guard.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { Host } from '../protocol/host.ts'
import { isLater, type Logger } from '../protocol/ports.ts'
import type { Principal } from '../protocol/principal.ts'
import { checkContentType, checkGetAccept, checkPostAccept } from './headers.ts'
import { hidden } from './hidden.ts'
import { listen } from './listen.ts'
import type { DoorCheck } from './origin.ts'
import { claimsOf, keepPrincipals, setPrincipal } from './principal.ts'
import { HttpReply } from './reply.ts'

/** Mounts the endpoint on a scope of its own: its parser, hooks and error answers reach no other route. */
export function mountEndpoint(
  scope: FastifyInstance,
  host: Host,
  path: string,
  checkDoor: DoorCheck,
  guard: Guard | undefined,
  config: FastifyContextConfig
): void {
  const challenge = guard?.challenge.bind(guard)
  const refuse = (reply: FastifyReply, error: ProtocolError): void =>
    host.refuse(error, { outlet: new HttpReply(host, reply, undefined, challenge) })

  scope.removeAllContentTypeParsers()
  // headers.ts has refused what is not JSON, so one parser serves all; under its own name it is found faster
  scope.addContentTypeParser(
    ['application/json', '*'],
    { parseAs: 'buffer', bodyLimit: host.limits.bodyBytes },
    (_request, body: Buffer, done) => {
      if (isUtf8(body)) done(null, body.toString())
      else done(new ProtocolError('notUtf8', { expected: 'UTF-8' }), undefined)
    }
  )

  scope.setErrorHandler((error: Error & { code?: string }, _request, reply) => {
    if (error instanceof ProtocolError) refuse(reply, error)
    else if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
      refuse(reply, new ProtocolError('tooLarge', { expected: `at most ${host.limits.bodyBytes} bytes` }))
    else if (error.code?.startsWith('FST_ERR_CTP') === true)
      refuse(reply, new ProtocolError('malformedRequest', { received: error.message }))
    // whatever a hook of the surrounding API refuses is answered in that API's own way
    else throw error
  })

  keepPrincipals(scope)
  scope.addHook('onRequest', (request, _reply, done) => {
    try {
      checkDoor(request.raw)
      const verified = guard?.verify({ raw: request.raw, lent: request, logger: request.log as unknown as Logger })
      if (isLater(verified)) {
        verified.then((principal) => enter(request, principal)).then(() => done(), done)
        return
      }
      enter(request, verified)
      done()
    } catch (error) {
      done(error as Error)
    }
  })

  const post = (request: FastifyRequest, reply: FastifyReply): void => {
    const claims = claimsOf(request)
    void host.receive(
      (request.body as string | undefined) ?? '',
      claims,
      new HttpReply(host, reply, claims.session, challenge),
      request
    )
  }
  const get = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    listen(host, guard, request, reply)
  const remove = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await host.remove(claimsOf(request))
    return reply.code(204).send()
  }
  const others = scope.supportedMethods.filter((method) => !['GET', 'POST', 'DELETE'].includes(method))
  const ways = { schema: hidden, config, ...timerOf(scope) }
  // some clients add a slash, which some APIs take off by themselves
  const { ignoreTrailingSlash, routerOptions } = scope.initialConfig as {
    ignoreTrailingSlash?: boolean
    routerOptions?: { ignoreTrailingSlash?: boolean }
  }
  const alone = path.endsWith('/') || ignoreTrailingSlash === true || routerOptions?.ignoreTrailingSlash === true
  for (const url of alone ? [path] : [path, `${path}/`]) {
    scope.post(url, ways, post)
    scope.get(url, { ...ways, exposeHeadRoute: false }, get)
    scope.delete(url, ways, remove)
    scope.route({ ...ways, method: others, url, handler: () => undefined })
  }
}

/** The API's own time limit for handlers cuts streams off, too: where there is one, it is made the longest that a timer can be. */
function timerOf({ initialConfig }: FastifyInstance): { handlerTimeout?: number } {
  const { handlerTimeout = 0 } = initialConfig as { handlerTimeout?: number }
  return handlerTimeout > 0 ? { handlerTimeout: 2 ** 31 - 1 } : {}
}

/** Takes a request in whose sender is known, unless it is none that the endpoint could serve. */
function enter(request: FastifyRequest, principal: Principal | undefined): void {
  if (principal !== undefined) setPrincipal(request, principal)
  if (request.method === 'POST') {
    checkContentType(request.headers)
    checkPostAccept(request.headers)
  } else if (request.method === 'GET') {
    checkGetAccept(request.headers)
  } else if (request.method !== 'DELETE') {
    throw new ProtocolError('wrongHttpMethod', { expected: 'GET, POST or DELETE', received: request.method })
  }
}
