/** An authorization server's metadata: where clients look for it, and what has to stand in it (RFC 8414, OpenID discovery). */
import { metadataPlaces } from '../../auth/issuer.ts'
import { explain } from './failure.ts'
import { allowed, allows } from './metadata.ts'
import { isFailure, isLoopback, isPage, mediaType, objectOf, shown, type Visit } from './visit.ts'
import type { Reply } from './wire.ts'

/** An authorization server whose metadata was found. */
export interface Issuer {
  /** As the resource names it. */
  url: string
  document: Readonly<Record<string, unknown>>
  place: URL
}

const page = 'https://inspector.example'

/** Looks at one authorization server. Resolves with its metadata; undefined when there is none that may be used. */
export async function judgeIssuer(visit: Visit, issuer: string): Promise<Issuer | undefined> {
  const { findings, wire } = visit
  const where = `authorization_servers: ${shown(issuer)}`
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || /[?#]/.test(issuer)) {
    findings.problem('issuer/url', 'An authorization server is named by what is no URL of an issuer', {
      where,
      expected: 'an https URL without query and fragment',
      received: shown(issuer),
      mend: 'name the issuer as it names itself in its metadata and in `iss`',
      requirements: ['AUTH-15']
    })
    return undefined
  }
  if (url.protocol === 'http:' && !isLoopback(url))
    findings.problem('issuer/url', 'The authorization server is not on https', {
      where,
      expected: 'https',
      received: shown(issuer),
      mend: 'serve it over https: tokens and passwords cross there',
      requirements: ['AUTH-65']
    })
  const tried: string[] = []
  for (const [index, place] of metadataPlaces(issuer).entries()) {
    const reply = await wire.ask({ method: 'GET', url: new URL(place), headers: { accept: 'application/json' } })
    if (isFailure(reply)) {
      const { failure } = reply
      findings.problem(
        'issuer/reach',
        failure === 'private'
          ? 'The authorization server is in a private network'
          : 'The authorization server cannot be reached',
        {
          where: `GET ${place}`,
          expected: 'its metadata',
          ...explain(reply),
          requirements: [failure === 'private' ? 'SECBP-27' : 'AUTH-12']
        }
      )
      return undefined
    }
    const document = reply.status === 200 ? objectOf(reply) : undefined
    if (document === undefined) {
      tried.push(
        `${place}: ${isPage(reply) ? `${reply.status}, a page for people` : `${reply.status} ${mediaType(reply)}`}`
      )
      continue
    }
    judgePlace(visit, place, index, tried)
    const found = { url: issuer, document, place: new URL(place) }
    await judgeMetadata(visit, found)
    return found
  }
  findings.problem('issuer/metadata', 'The authorization server publishes no metadata', {
    where: shown(issuer),
    expected: '200 and a JSON document at one of the well-known places',
    received: tried.join('; '),
    mend: (await misplaced(visit, url)) ?? 'publish RFC 8414 metadata at the first of these places',
    requirements: ['AUTH-12']
  })
  return undefined
}

function judgePlace({ findings }: Visit, place: string, index: number, tried: readonly string[]): void {
  if (index === 0) {
    findings.ok('issuer/metadata', 'The authorization server publishes its metadata', { where: `GET ${place}` })
    return
  }
  findings.warning('issuer/metadata', 'The authorization server has OpenID discovery, but no RFC 8414 metadata', {
    where: `GET ${place}`,
    expected: 'the same document at the place of RFC 8414',
    received: tried.join('; '),
    mend: 'serve it at /.well-known/oauth-authorization-server, too: clients of this revision ask there, and some nowhere else',
    requirements: ['AUTH-12']
  })
}

/** The well-known path appended to an issuer with a path, where OAuth inserts it. */
async function misplaced({ wire }: Visit, { origin, pathname }: URL): Promise<string | undefined> {
  const path = pathname.replace(/\/$/, '')
  if (path === '') return undefined
  const url = new URL(`${origin}${path}/.well-known/oauth-authorization-server`)
  const reply = await wire.ask({ method: 'GET', url, headers: { accept: 'application/json' } })
  if (isFailure(reply) || reply.status !== 200 || objectOf(reply) === undefined) return undefined
  return `it is at ${url.href}: OAuth puts the well-known path before that of the issuer, ${origin}/.well-known/oauth-authorization-server${path}`
}

async function judgeMetadata(visit: Visit, issuer: Issuer): Promise<void> {
  const { findings, wire } = visit
  const { document, place, url } = issuer
  const told = document['issuer']
  if (told === url) findings.ok('issuer/name', 'Its metadata names the same issuer', { received: url })
  else {
    const slash = typeof told === 'string' && told.replace(/\/$/, '') === url.replace(/\/$/, '')
    findings.problem(
      'issuer/name',
      slash ? 'Two names of the issuer differ by a slash at the end' : 'Its metadata is of another issuer',
      {
        where: `issuer in ${place.href}`,
        expected: url,
        received: told === undefined ? 'no such member' : String(told),
        mend: slash
          ? 'write it in authorization_servers exactly as the issuer does itself'
          : 'name in authorization_servers the issuer that its metadata names, or mend the public URL of the authorization server',
        requirements: ['AUTH-28']
      }
    )
  }
  judgeEndpoints(visit, issuer)
  judgeAbilities(visit, issuer)
  const reply: Reply = await wire.ask({ method: 'GET', url: place, headers: { origin: page } })
  if (allows(reply, page)) return
  findings.warning('issuer/cors', 'Clients in browsers cannot read the metadata of the authorization server', {
    where: `GET ${place.href} with Origin: ${page}`,
    expected: 'Access-Control-Allow-Origin: *',
    received: allowed(reply),
    mend: 'allow every origin on the metadata, the token endpoint and the registration, if clients in browsers are to log in'
  })
}

function judgeEndpoints({ findings }: Visit, { document, place }: Issuer): void {
  const before = findings.all.length
  for (const name of ['authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'revocation_endpoint']) {
    const value = document[name]
    const where = `${name} in ${place.href}`
    const needed = name === 'authorization_endpoint' || name === 'token_endpoint'
    if (value === undefined && !needed) continue
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
    if (url === undefined)
      findings.problem('issuer/endpoints', `The metadata has no usable ${name}`, {
        where,
        expected: 'an absolute https URL',
        received: value === undefined ? 'no such member' : JSON.stringify(value),
        mend: 'publish it',
        requirements: ['AUTH-12']
      })
    else if (url.protocol !== 'https:' && !isLoopback(url))
      findings.problem('issuer/endpoints', `The ${name} is not on https`, {
        where,
        expected: 'https',
        received: shown(url),
        mend: 'serve it over https; behind a proxy, configure the public URL of the authorization server',
        requirements: ['AUTH-65', 'SECBP-43']
      })
  }
  if (findings.all.length === before) findings.ok('issuer/endpoints', 'Its endpoints can be used')
}

/** What it can do, as far as a public client without a preset id needs it. */
function judgeAbilities({ findings }: Visit, { document, place }: Issuer): void {
  const listed = (name: string, standard: readonly string[]): { values: readonly unknown[]; received: string } => {
    const value = document[name]
    if (!Array.isArray(value)) return { values: standard, received: 'no such member' }
    return { values: value, received: JSON.stringify(value) }
  }
  const at = (name: string): string => `${name} in ${place.href}`
  const pkce = listed('code_challenge_methods_supported', [])
  if (pkce.values.includes('S256')) findings.ok('issuer/pkce', 'It takes PKCE with S256')
  else
    findings.problem('issuer/pkce', 'It does not say that it takes PKCE with S256', {
      where: at('code_challenge_methods_supported'),
      expected: '["S256"]',
      received: pkce.received,
      mend: 'support PKCE, and say so: clients have to use it, and newer ones turn away where it is not said',
      requirements: ['AUTH-67']
    })
  const registers = document['registration_endpoint'] !== undefined
  const byDocument = document['client_id_metadata_document_supported'] === true
  if (registers) findings.ok('issuer/registration', 'Clients can register by themselves')
  else
    findings.warning('issuer/registration', 'Clients cannot register by themselves', {
      where: at('registration_endpoint'),
      expected: 'a URL',
      received: byDocument ? 'none, but client ids that are documents' : 'no such member',
      mend: `turn dynamic client registration on, or give every user a client id to enter: ${byDocument ? 'clients of this revision' : 'most clients'} cannot log in without`,
      requirements: ['AUTH-09']
    })
  const methods = listed('token_endpoint_auth_methods_supported', ['client_secret_basic'])
  if (!methods.values.includes('none'))
    findings.warning('issuer/public-clients', 'It does not say that it takes public clients', {
      where: at('token_endpoint_auth_methods_supported'),
      expected: 'a list with "none" in it',
      received:
        methods.received === 'no such member' ? 'no such member, which means client_secret_basic' : methods.received,
      mend: 'let clients without a secret in, with PKCE: desktop clients cannot keep one',
      requirements: ['AUTH-08']
    })
  const grants = listed('grant_types_supported', ['authorization_code', 'implicit'])
  if (!grants.values.includes('authorization_code'))
    findings.problem('issuer/grants', 'It does not give codes', {
      where: at('grant_types_supported'),
      expected: '["authorization_code", "refresh_token"]',
      received: grants.received,
      mend: 'allow the grant authorization_code: people log in by it'
    })
  else if (!grants.values.includes('refresh_token'))
    findings.warning('issuer/grants', 'It does not say that tokens can be refreshed', {
      where: at('grant_types_supported'),
      expected: '["authorization_code", "refresh_token"]',
      received: grants.received,
      mend: 'allow the grant refresh_token, or people log in again whenever a token ends'
    })
  const responses = listed('response_types_supported', [])
  if (!responses.values.includes('code'))
    findings.problem('issuer/responses', 'It does not say that it answers with a code', {
      where: at('response_types_supported'),
      expected: '["code"]',
      received: responses.received,
      mend: 'publish it: the member has to be there'
    })
}
