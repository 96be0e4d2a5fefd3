/** The authorization and the token endpoint, asked by a registered client: up to the page where somebody would log in. */
import { createHash, randomBytes } from 'node:crypto'
import type { Resource } from './document.ts'
import { explain } from './failure.ts'
import type { Issuer } from './issuer.ts'
import type { Client } from './registration.ts'
import { came, isFailure, objectOf, shown, type Visit } from './visit.ts'
import type { Reply } from './wire.ts'

/** Asks for a code, for one with another loopback port, and for a token with a code that is none. */
export async function judgeAuthorization(
  visit: Visit,
  issuer: Issuer,
  resource: Resource,
  client: Client
): Promise<void> {
  const endpoint = issuer.document['authorization_endpoint']
  if (typeof endpoint === 'string' && URL.canParse(endpoint)) {
    const url = new URL(endpoint)
    const first = outcome(await authorize(visit, url, client, resource.identifier), client.redirect)
    if (first.fine) {
      visit.findings.ok(
        'registration/authorize',
        'The authorization endpoint asks the user to log in, for this resource',
        {
          where: `GET ${shown(url)}`
        }
      )
      await judgePort(visit, url, client, resource)
    } else await explainRefusal(visit, url, client, first.received)
  }
  await judgeToken(visit, issuer, resource, client)
}

async function explainRefusal(visit: Visit, url: URL, client: Client, received: string): Promise<void> {
  const { findings } = visit
  const where = `GET ${shown(url)}, with response_type code, PKCE S256 and resource`
  const expected = 'a page to log in, or a redirect to one'
  const without = outcome(await authorize(visit, url, client, undefined), client.redirect)
  if (without.fine)
    findings.problem('registration/resource', 'The authorization endpoint refuses the parameter resource', {
      where,
      expected,
      received,
      mend: 'take `resource` (RFC 8707) with the URL of the endpoint, or ignore it: clients always send it',
      requirements: ['AUTH-37']
    })
  else
    findings.problem('registration/authorize', 'The authorization endpoint refuses a correct request', {
      where,
      expected,
      received,
      mend: 'see its reason, and the log of the authorization server'
    })
}

/** Native clients take whatever port is free at the time (RFC 8252 section 7.3). */
async function judgePort(visit: Visit, url: URL, client: Client, { identifier }: Resource): Promise<void> {
  const redirect = client.redirect.replace(/:\d+/, ':52817')
  const { fine, received } = outcome(await authorize(visit, url, { ...client, redirect }, identifier), redirect)
  if (fine) {
    visit.findings.ok('registration/port', 'A client may come back on another port of its machine')
    return
  }
  visit.findings.warning('registration/port', 'A client may not come back on another port of its machine', {
    where: `GET ${shown(url)}, with redirect_uri ${redirect}; ${client.redirect} is registered`,
    expected: 'a page to log in, or a redirect to one',
    received,
    mend: 'leave the port out when redirects to 127.0.0.1 are compared: clients take one that is free'
  })
}

function authorize({ wire }: Visit, endpoint: URL, client: Client, resource: string | undefined): Promise<Reply> {
  const url = new URL(endpoint)
  const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url')
  const parameters = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirect,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: randomBytes(16).toString('base64url'),
    ...(resource === undefined ? {} : { resource })
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return wire.ask({ method: 'GET', url, headers: { accept: 'text/html' } })
}

/** Whether somebody could log in now; otherwise what came in place of that. */
function outcome(reply: Reply, redirect: string): { fine: boolean; received: string } {
  if (isFailure(reply)) return { fine: false, received: reply.message }
  const location = reply.headers['location'] ?? ''
  const back = URL.canParse(location) && location.startsWith(redirect) ? new URL(location).searchParams : undefined
  const error = back?.get('error') ?? undefined
  if (error !== undefined) {
    const description = back?.get('error_description') ?? ''
    return { fine: false, received: `a redirect with error=${error}${description === '' ? '' : `: ${description}`}` }
  }
  const { status } = reply
  if (status < 400 && (status < 300 || location !== '')) return { fine: true, received: String(status) }
  const document = objectOf(reply)
  const said = [document?.['error'], document?.['error_description']].filter((part) => typeof part === 'string')
  return { fine: false, received: said.length === 0 ? came(reply) : `${status} ${said.join(': ')}` }
}

/** The token endpoint has to know the client, and to refuse the code in JSON. */
async function judgeToken(visit: Visit, issuer: Issuer, { identifier }: Resource, client: Client): Promise<void> {
  const { findings, wire } = visit
  const endpoint = issuer.document['token_endpoint']
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: 'handwire-doctor-has-no-code',
    redirect_uri: client.redirect,
    client_id: client.id,
    code_verifier: randomBytes(32).toString('base64url'),
    resource: identifier,
    ...(client.secret === undefined ? {} : { client_secret: client.secret })
  }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  const reply = await wire.ask({ method: 'POST', url: new URL(endpoint), headers, body })
  const where = `POST ${shown(endpoint)}, with a code that is none`
  const expected = '400 with error invalid_grant, in JSON'
  if (isFailure(reply)) {
    findings.problem('registration/token', 'The token endpoint cannot be reached', {
      where,
      expected,
      ...explain(reply)
    })
    return
  }
  const error = objectOf(reply)?.['error']
  if (reply.status === 400 && error === 'invalid_grant') {
    findings.ok('registration/token', 'The token endpoint knows the client', { where })
    return
  }
  const received = typeof error === 'string' ? `${reply.status} ${error}` : came(reply)
  if (error === 'invalid_client' || error === 'unauthorized_client')
    findings.problem('registration/token', 'The token endpoint does not take the client that was just registered', {
      where,
      expected,
      received,
      mend: 'let public clients in that send client_id in the body and no secret'
    })
  else if (error === 'invalid_target')
    findings.problem('registration/resource', 'The token endpoint refuses the parameter resource', {
      where,
      expected,
      received,
      mend: 'take `resource` (RFC 8707) with the URL of the endpoint, or ignore it: clients always send it',
      requirements: ['AUTH-37']
    })
  else if (reply.status >= 500 || typeof error !== 'string')
    findings.problem('registration/token', 'The token endpoint does not answer as OAuth does', {
      where,
      expected,
      received,
      mend: 'answer errors with 400 and JSON, as RFC 6749 section 5.2 has it; a proxy has to pass POST through'
    })
  else findings.note('registration/token', `The token endpoint refuses a wrong code with ${error}`, { where, expected })
}
