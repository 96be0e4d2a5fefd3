/** The routes of an authorization server, at the root of the API: nothing else there is touched. */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, HTTPMethods } from 'fastify'

/** One route. */
export interface Route {
  name: 'authorize' | 'resume' | 'consent' | 'callback' | 'jwks' | 'metadata' | 'register' | 'revoke' | 'token'
  /** Where it is in the API. */
  url: string
  methods: readonly HTTPMethods[]
  /** Where it is in oidc-provider; `:uid` stands for the one parameter. */
  inner: string
  /** Whether programs in browsers of all origins may use it: no cookie counts there. */
  shared: boolean
}

/** All routes; one more where people log in elsewhere. The metadata stands where RFC 8414 puts it, and where OpenID clients look for it (RFC 8414 section 5). */
export function routesOf(mount: string, elsewhere: boolean): Route[] {
  const route = (name: Route['name'], path: string, method: HTTPMethods, inner: string, shared: boolean): Route => ({
    name,
    url: `${mount}${path}`,
    methods: shared ? [method, 'OPTIONS'] : [method],
    inner,
    shared
  })
  const oauth = '/.well-known/oauth-authorization-server'
  const openid = '/.well-known/openid-configuration'
  const documents = new Set([`${oauth}${mount}`, `${openid}${mount}`, `${mount}${oauth}`, `${mount}${openid}`])
  return [
    route('authorize', '/authorize', 'GET', '/authorize', false),
    route('resume', '/authorize/:uid', 'GET', '/authorize/:uid', false),
    { ...route('consent', '/interaction/:uid', 'GET', '', false), methods: ['GET', 'POST'] },
    ...(elsewhere ? [route('callback', '/callback', 'GET', '', false)] : []),
    route('token', '/token', 'POST', '/token', true),
    route('register', '/register', 'POST', '/register', true),
    route('revoke', '/revoke', 'POST', '/revoke', true),
    route('jwks', '/jwks', 'GET', '/jwks', true),
    ...[...documents].map((url) => ({ ...route('metadata', '', 'GET', oauth, true), url }))
  ]
}

/**
 * Adds the routes. Requests are answered before their body is read, with the raw request and response, whatever content types
 * the API parses. They are not in its documentation, and not in its request log, where codes could stand.
 */
export function mountRoutes(
  root: FastifyInstance,
  routes: readonly Route[],
  answer: (route: Route, request: FastifyRequest, reply: FastifyReply) => Promise<void>
): void {
  for (const route of routes) {
    const { url, methods, shared } = route
    root.route({
      method: [...methods],
      url,
      // as @fastify/swagger knows it: no operation of the API
      schema: { hide: true } as FastifySchema,
      logLevel: 'silent',
      async onRequest(request, reply) {
        reply.hijack()
        if (shared) share(request, reply, methods)
        if (shared && request.method === 'OPTIONS') reply.raw.writeHead(204).end()
        else await answer(route, request, reply)
      },
      handler: () => undefined
    })
  }
}

function share({ headers }: FastifyRequest, { raw }: FastifyReply, methods: readonly HTTPMethods[]): void {
  raw.setHeader('access-control-allow-origin', '*')
  raw.setHeader('access-control-expose-headers', 'retry-after, www-authenticate')
  raw.setHeader('access-control-allow-methods', methods.join(', '))
  raw.setHeader(
    'access-control-allow-headers',
    headers['access-control-request-headers'] ?? 'authorization, content-type'
  )
  raw.setHeader('access-control-max-age', '86400')
}

/** The URL of a request as oidc-provider knows it. Scopes that nobody knows are left out; a client that asks for none asks for all. */
export function innerUrl(
  { name, inner }: Route,
  { url = '' }: IncomingMessage,
  uid: string,
  offered: ReadonlyMap<string, string>
): string {
  const path = inner.replace(':uid', encodeURIComponent(uid))
  const from = url.indexOf('?')
  const query = from === -1 ? '' : url.slice(from)
  if (name !== 'authorize') return `${path}${query}`
  const parameters = new URLSearchParams(query)
  // several are refused there
  if (parameters.getAll('scope').length > 1) return `${path}${query}`
  // not offered: even its refusal would be a page with a script, and without our headers
  if (/^form_post/.test(parameters.get('response_mode') ?? '')) parameters.set('response_mode', 'none')
  const asked = (parameters.get('scope') ?? '').split(' ')
  const known = asked.filter((scope) => offered.has(scope) || scope === 'openid' || scope === 'offline_access')
  const some = known.some((scope) => offered.has(scope))
  parameters.set('scope', [...known, ...(some ? [] : offered.keys())].join(' '))
  return `${path}?${parameters}`
}
