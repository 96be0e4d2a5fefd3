/** Guarded servers, each broken in one way between its 401 and the authorization server: it is found, and nothing else is. */
import { expect, test } from 'vitest'
import { head, instead, look, rewrite, type StandOptions, stand, wrong } from './stand.ts'

/** A change to the challenge of requests without a token, or of all. */
function challenge(change: (header: string) => string | undefined, all = true): StandOptions {
  return {
    server: head(
      ({ headers }, { statusCode }) => statusCode === 401 && (all || headers.authorization === undefined),
      (reply) => {
        const header = change(String(reply.getHeader('www-authenticate')))
        if (header === undefined) reply.removeHeader('www-authenticate')
        else reply.header('www-authenticate', header)
      }
    )
  }
}

const wellKnown = '/.well-known/oauth-protected-resource'
const page = '<!doctype html><title>Welcome</title>'
const without = (name: string): RegExp => new RegExp(`, ${name}="[^"]*"`)

test.each<[what: string, options: StandOptions, found: string[], mend: RegExp]>([
  [
    'no challenge',
    challenge(() => undefined, false),
    ['problem challenge/header: The 401 has no challenge'],
    /send WWW-Authenticate with every 401/
  ],
  [
    'a challenge that cannot be read',
    challenge(() => 'Bearer resource_metadata=https://a.example, "', false),
    ['problem challenge/header: The challenge cannot be read'],
    /every value in quotes/
  ],
  [
    'a challenge for Basic',
    challenge(() => 'Basic realm="intranet"', false),
    ['problem challenge/scheme: The challenge is for basic'],
    /challenge with Bearer/
  ],
  [
    'a challenge without the metadata',
    challenge((header) => header.replace(without('resource_metadata'), '')),
    ['problem challenge/resource-metadata: The challenge does not say where the metadata is'],
    /add resource_metadata to the challenge/
  ],
  [
    'a challenge with a relative place',
    challenge((header) => header.replace(/"http:[^"]*/, `"${wellKnown}/mcp`)),
    ['problem challenge/resource-metadata: The challenge names a place that is no absolute URL'],
    /write the whole URL/
  ],
  [
    'a challenge with an error where there was no token',
    challenge((header) => header.replace('Bearer ', 'Bearer error="invalid_token", '), false),
    ['warning challenge/error: A client without a token is told that it did something wrong'],
    /leave error out/
  ],
  [
    'a wrong token refused without a reason',
    challenge((header) => header.replace(/error="[^"]*", error_description="[^"]*", /, '')),
    ['warning challenge/bad-token: A wrong token is refused without a reason'],
    /add error="invalid_token"/
  ],
  [
    'a server that fails on a token that it does not know',
    {
      server: instead(
        ({ headers }) => headers.authorization !== undefined,
        (reply) => reply.code(500).send({ error: 'oops' })
      )
    },
    ['problem challenge/bad-token: The server fails on a token that it does not know'],
    /keys of its issuer/
  ],
  [
    'a wrong token that is forbidden',
    {
      server: instead(
        ({ headers }) => headers.authorization !== undefined,
        (reply) => reply.code(403).send({ error: 'no' })
      )
    },
    ['problem challenge/bad-token: A wrong token is not answered with 401'],
    /answer 401/
  ],
  [
    'a server that takes any token',
    { plugin: { auth: ({ headers }) => (headers.authorization === undefined ? undefined : { subject: 'anybody' }) } },
    ['problem challenge/bad-token: The server takes any token'],
    /verify tokens/
  ],
  [
    'a stream for everybody',
    {
      server: instead(
        ({ method, url }) => method === 'GET' && url === '/mcp',
        (reply) => reply.type('text/event-stream').send(':\n\n')
      )
    },
    ['warning challenge/get: A GET without a token is not answered with 401'],
    /guard every method/
  ],
  [
    'metadata that is not there',
    {
      server: instead(
        ({ url }) => url.startsWith(wellKnown),
        (reply) => reply.code(404).send({ error: 'none' })
      )
    },
    ['problem metadata/answer: The metadata is answered 404', 'problem metadata/place: There is no metadata anywhere'],
    /serve it at that place/
  ],
  [
    'metadata behind the guard',
    {
      server: instead(
        ({ url }) => url.startsWith(wellKnown),
        (reply) => reply.code(401).send({ error: 'who?' })
      )
    },
    [
      'problem metadata/answer: The metadata is answered 401',
      'problem metadata/place: The metadata is guarded itself (401)'
    ],
    /let everybody read it/
  ],
  [
    'a hook of the API before everything, the metadata too',
    {
      server: instead(
        () => true,
        (reply) => reply.code(401).send({ error: 'log in' })
      )
    },
    [
      'problem challenge/header: The 401 has no challenge',
      'warning challenge/bad-token: A wrong token is refused without a reason',
      'warning metadata/place: Where the metadata would be is guarded itself (401)'
    ],
    /send WWW-Authenticate/
  ],
  [
    'metadata that is forbidden, which no challenge names',
    {
      server: (app) => {
        challenge((header) => header.replace(without('resource_metadata'), '')).server?.(app)
        instead(
          ({ url }) => url.startsWith(wellKnown),
          (reply) => reply.code(403).send({ error: 'no' })
        )(app)
      }
    },
    ['warning metadata/place: Where the metadata would be is guarded itself (403)'],
    /let everybody read it.* has to let \/\.well-known\/oauth-\* through/
  ],
  [
    'a website in place of the metadata',
    {
      server: instead(
        ({ url }) => url.startsWith(wellKnown),
        (reply) => reply.type('text/html').send(page)
      )
    },
    [
      'problem metadata/answer: The metadata is no JSON but a page for people',
      'problem metadata/place: There is no metadata anywhere'
    ],
    /pass \/\.well-known\/ to the server/
  ],
  [
    'metadata at the root alone',
    {
      server: (app) => {
        challenge((header) => header.replace(`${wellKnown}/mcp`, wellKnown)).server?.(app)
        instead(
          ({ url, headers }) => url === wellKnown && headers['x-inner'] === undefined,
          async (reply) => {
            const inner = await app.inject({ url: `${wellKnown}/mcp`, headers: { 'x-inner': '1' } })
            return reply
              .headers({ 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' })
              .send(inner.json())
          }
        )(app)
        instead(
          ({ url, headers }) => url === `${wellKnown}/mcp` && headers['x-inner'] === undefined,
          (reply) => reply.code(404).send({ error: 'none' })
        )(app)
      }
    },
    ['warning metadata/place: The metadata is not where its path belongs'],
    /some clients do not look elsewhere/
  ],
  [
    'metadata that says it is text',
    {
      server: head(
        ({ url }) => url.startsWith(wellKnown),
        (reply) => reply.header('content-type', 'text/plain')
      )
    },
    ['problem metadata/type: The metadata does not say that it is JSON'],
    /Content-Type: application\/json/
  ],
  [
    'metadata of the URL with a slash',
    { resource: (origin) => ({ resource: `${origin}/mcp/` }) },
    ['problem metadata/resource: The metadata and the URL differ by a slash at the end'],
    /give clients http:\/\/127\.0\.0\.1:\d+\/mcp\/, or configure/
  ],
  [
    'metadata of the whole host',
    { resource: (origin) => ({ resource: origin }) },
    ['problem metadata/resource: The metadata is of a wider URL than the endpoint'],
    /path and all/
  ],
  [
    'metadata of another scheme',
    { resource: (origin) => ({ resource: `${origin.replace('http:', 'https:')}/mcp` }) },
    ['problem metadata/resource: The metadata says https where http was asked'],
    /give clients https:/
  ],
  [
    'metadata of another host',
    { resource: { resource: 'https://mcp.internal/mcp' } },
    ['problem metadata/resource: The metadata is of another host'],
    /configure the public URL/
  ],
  [
    'metadata in capital letters',
    { resource: (origin) => ({ resource: `${origin.replace('http:', 'HTTP:')}/mcp` }) },
    ['problem metadata/resource: The metadata writes the URL in another way, as with capital letters'],
    /written like this/
  ],
  [
    'metadata without resource',
    { resource: { resource: undefined } },
    ['problem metadata/resource: The metadata does not say of which URL it is'],
    /set it to the URL/
  ],
  [
    'metadata without an authorization server',
    { resource: { authorization_servers: [] } },
    ['problem metadata/authorization-servers: The metadata names no authorization server'],
    /name the issuer/
  ],
  [
    'metadata with empty lists',
    { resource: { resource_signing_alg_values_supported: [] } },
    ['warning metadata/empty: The metadata has empty lists'],
    /leave them out/
  ],
  [
    'tokens in the query',
    { resource: { bearer_methods_supported: ['header', 'query'] } },
    ['warning metadata/bearer-methods: The metadata does not send tokens by the header alone'],
    /never query/
  ],
  [
    'metadata that browsers keep from pages',
    {
      server: head(
        ({ url }) => url.startsWith(wellKnown),
        (reply) => reply.removeHeader('access-control-allow-origin')
      )
    },
    ['warning metadata/cors: Clients in browsers cannot read the metadata'],
    /Access-Control-Allow-Origin: \*/
  ],
  [
    'metadata without a preflight',
    {
      server: instead(
        ({ method }) => method === 'OPTIONS',
        (reply) => reply.code(404).send({ error: 'none' })
      )
    },
    ['warning metadata/cors: Clients in browsers fail at the preflight of the metadata'],
    /answer OPTIONS/
  ],
  [
    'an issuer that is no URL',
    { resource: { authorization_servers: ['login.example'] } },
    ['problem issuer/url: An authorization server is named by what is no URL of an issuer'],
    /as it names itself/
  ],
  [
    'an issuer that is not there',
    { resource: { authorization_servers: ['http://127.0.0.1:9'] } },
    ['problem issuer/reach: The authorization server cannot be reached'],
    /start the server/
  ],
  [
    'an issuer without metadata',
    {
      issuer: instead(
        ({ url }) => url.startsWith('/.well-known'),
        (reply) => reply.code(404).send({ error: 'none' })
      )
    },
    ['problem issuer/metadata: The authorization server publishes no metadata'],
    /publish RFC 8414 metadata/
  ],
  [
    'OpenID discovery alone',
    {
      issuer: (app) => {
        const place = '/.well-known/oauth-authorization-server'
        app.get('/.well-known/openid-configuration', async (_request, reply) => {
          const { payload } = await app.inject({ url: place, headers: { 'x-inner': '1' } })
          return reply.type('application/json').send(payload)
        })
        instead(
          ({ url, headers }) => url === place && headers['x-inner'] === undefined,
          (reply) => reply.code(404).send({ error: 'none' })
        )(app)
        head(
          ({ url }) => url.startsWith('/.well-known/openid'),
          (reply) => reply.header('access-control-allow-origin', '*')
        )(app)
      }
    },
    ['warning issuer/metadata: The authorization server has OpenID discovery, but no RFC 8414 metadata'],
    /\/\.well-known\/oauth-authorization-server, too/
  ],
  [
    'an issuer with a slash more',
    { metadata: (origin) => ({ issuer: `${origin}/` }) },
    ['problem issuer/name: Two names of the issuer differ by a slash at the end'],
    /exactly as the issuer does/
  ],
  [
    'metadata of another issuer',
    { metadata: { issuer: 'https://login.example' } },
    ['problem issuer/name: Its metadata is of another issuer'],
    /the issuer that its metadata names/
  ],
  [
    'an authorization server without a token endpoint',
    { metadata: { token_endpoint: undefined } },
    ['problem issuer/endpoints: The metadata has no usable token_endpoint'],
    /publish it/
  ],
  [
    'an endpoint without https',
    { metadata: { authorization_endpoint: 'http://login.example/authorize' } },
    ['problem issuer/endpoints: The authorization_endpoint is not on https'],
    /configure the public URL of the authorization server/
  ],
  [
    'no PKCE',
    { metadata: { code_challenge_methods_supported: undefined } },
    ['problem issuer/pkce: It does not say that it takes PKCE with S256'],
    /support PKCE, and say so/
  ],
  [
    'PKCE in the clear alone',
    { metadata: { code_challenge_methods_supported: ['plain'] } },
    ['problem issuer/pkce: It does not say that it takes PKCE with S256'],
    /support PKCE/
  ],
  [
    'no registration',
    { metadata: { registration_endpoint: undefined } },
    ['warning issuer/registration: Clients cannot register by themselves'],
    /give every user a client id/
  ],
  [
    'secrets for all clients',
    { metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } },
    ['warning issuer/public-clients: It does not say that it takes public clients'],
    /clients without a secret/
  ],
  [
    'no codes',
    { metadata: { grant_types_supported: ['client_credentials'] } },
    ['problem issuer/grants: It does not give codes'],
    /authorization_code/
  ],
  [
    'no refreshing',
    { metadata: { grant_types_supported: undefined } },
    ['warning issuer/grants: It does not say that tokens can be refreshed'],
    /refresh_token/
  ],
  [
    'another way to answer',
    { metadata: { response_types_supported: ['token'] } },
    ['problem issuer/responses: It does not say that it answers with a code'],
    /has to be there/
  ],
  [
    'an authorization server that browsers keep from pages',
    {
      issuer: head(
        () => true,
        (reply) => reply.removeHeader('access-control-allow-origin')
      )
    },
    ['warning issuer/cors: Clients in browsers cannot read the metadata of the authorization server'],
    /allow every origin/
  ]
])('%s is found', async (_, options, found, mend) => {
  const { url } = await stand(options)
  const diagnosis = await look(url)
  expect(wrong(diagnosis)).toEqual(found)
  expect(diagnosis.first[0]).toMatch(mend)
  expect(diagnosis.conclusion).toBe(found.some((one) => one.startsWith('problem')) ? 'wrong' : 'healthy')
})

test('metadata of an issuer with a path that stands where OAuth does not look is found there', async () => {
  const { url } = await stand({
    resource: { authorization_servers: ['PLACE'] },
    server: (app) => {
      app.addHook('onRequest', async (request) => {
        const { host = '' } = request.headers
        if (request.url.startsWith(wellKnown)) origin = `http://${host}`
      })
      rewrite(/oauth-protected-resource/, (document) => ({ ...document, authorization_servers: [`${origin}/tenant`] }))(
        app
      )
      app.get('/tenant/.well-known/oauth-authorization-server', async () => ({ issuer: `${origin}/tenant` }))
    }
  })
  let origin = ''
  const { findings } = await look(url)
  const found = findings.find(({ check }) => check === 'issuer/metadata')
  expect(found).toMatchObject({ level: 'problem', where: `${origin}/tenant` })
  expect(found?.mend).toContain(`${origin}/.well-known/oauth-authorization-server/tenant`)
})

test('an open server that publishes where to log in is found', async () => {
  const { url } = await stand({
    open: true,
    server: (app) => app.get(`${wellKnown}/mcp`, async () => ({ resource: 'https://mcp.example/mcp' }))
  })
  expect(wrong(await look(url))).toEqual([
    'warning entrance/metadata: The server publishes where to log in, and lets everybody in'
  ])
})
