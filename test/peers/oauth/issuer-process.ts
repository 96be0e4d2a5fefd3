/**
 * An authorization server that is none of ours, as a process of its own: oidc-provider as its documentation has it, in memory,
 * with a page that asks for nothing but a name. Writes `issuer URL` when it listens.
 *
 * Tokens are JWTs, and say nothing by themselves for resources whose path is `/opaque`. Those of a code last a minute, those of a
 * refresh token ten, so that whoever turns a clock on by two minutes has a client refresh. Everybody may have the scope `mcp`;
 * ann and bob may have `privileged` too.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair } from 'jose'
import { errors, Provider } from 'oidc-provider'

const codeSeconds = 60
const refreshSeconds = 600
const offered = ['mcp', 'privileged']
const trusted: ReadonlySet<string> = new Set(['ann', 'bob'])

const server = createServer()
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const { privateKey } = await generateKeyPair('RS256', { extractable: true })
const provider = new Provider(issuer, {
  clients: [
    // the resource server, which asks about opaque tokens
    {
      client_id: 'handwire',
      client_secret: 'known to both of them',
      grant_types: [],
      redirect_uris: [],
      response_types: []
    }
  ],
  cookies: { keys: ['of a test'] },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo(ctx, resource) {
        if (!resource.startsWith('http://127.0.0.1:')) throw new errors.InvalidTarget()
        return {
          audience: resource,
          scope: offered.join(' '),
          accessTokenFormat: new URL(resource).pathname === '/opaque' ? 'opaque' : 'jwt',
          accessTokenTTL: ctx.oidc.params?.['grant_type'] === 'refresh_token' ? refreshSeconds : codeSeconds
        }
      }
    },
    revocation: { enabled: true },
    userinfo: { enabled: false }
  },
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' } as never] },
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access', ...offered]
})

const answer = provider.callback()

server.on('request', (request: IncomingMessage, response: ServerResponse) => {
  const handled = request.url?.startsWith('/interaction/') ? interact(request, response) : answer(request, response)
  handled.catch((error: unknown) => {
    process.stderr.write(`${error}\n`)
    response.destroy()
  })
})
process.stdout.write(`issuer ${issuer}\n`)

/** Asks for a name, and believes it. */
async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html')
    response.end(`<form method="post" action="/interaction/${uid}"><input name="who"><button>Go on</button></form>`)
    return
  }
  const accountId = new URLSearchParams(await text(request)).get('who') ?? ''
  const grant = new provider.Grant({ accountId, clientId: params['client_id'] as string })
  const asked = String(params['scope'] ?? '').split(' ')
  const granted = asked.filter((scope) => scope === 'mcp' || (scope === 'privileged' && trusted.has(accountId)))
  const refused = asked.filter((scope) => offered.includes(scope) && !granted.includes(scope))
  for (const resource of [params['resource']].flat() as string[]) {
    grant.addResourceScope(resource, granted)
    grant.rejectResourceScope(resource, refused)
  }
  grant.addOIDCScope('openid offline_access')
  grant.rejectOIDCScope(offered)
  const result = { login: { accountId, remember: false }, consent: { grantId: await grant.save() } }
  await provider.interactionFinished(request, response, result)
}
