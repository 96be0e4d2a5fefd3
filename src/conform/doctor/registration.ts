/** Dynamic client registration as clients do it (RFC 7591); a client that is left behind is named. */
import { judgeAuthorization } from './authorization.ts'
import type { Resource } from './document.ts'
import { explain } from './failure.ts'
import type { Issuer } from './issuer.ts'
import { came, isFailure, objectOf, shown, type Visit } from './visit.ts'
import type { Answer } from './wire.ts'

/** A client that was registered. */
export interface Client {
  id: string
  secret: string | undefined
  redirect: string
}

interface Registered extends Client {
  /** Where the client can be taken away again, and what for (RFC 7592). */
  management: { uri: string; token: string } | undefined
}

const loopback = 'http://127.0.0.1:41871/callback'
const customScheme = 'handwire-doctor://oauth/callback'

/** Registers two clients, asks for a code and a token with one of them, and takes both away where that is possible. */
export async function judgeRegistration(visit: Visit, issuer: Issuer, resource: Resource): Promise<void> {
  const endpoint = issuer.document['registration_endpoint']
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return
  const left: Registered[] = []
  const client = await register(visit, new URL(endpoint), loopback)
  if (client !== undefined) {
    left.push(client)
    await judgeAuthorization(visit, issuer, resource, client)
    const native = await register(visit, new URL(endpoint), customScheme)
    if (native !== undefined) left.push(native)
  }
  await tidy(visit, left)
}

async function register(visit: Visit, url: URL, redirect: string): Promise<Registered | undefined> {
  const { findings, wire } = visit
  const native = redirect === customScheme
  const metadata = {
    client_name: 'handwire doctor',
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none'
  }
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const reply = await wire.ask({ method: 'POST', url, headers, body: JSON.stringify(metadata) })
  const where = `POST ${shown(url)}, with redirect_uris ["${redirect}"]`
  const check = native ? 'registration/custom-scheme' : 'registration/loopback'
  if (isFailure(reply)) {
    findings.problem(check, 'The registration cannot be reached', {
      where,
      expected: '201 with a client_id',
      ...explain(reply)
    })
    return undefined
  }
  const document = objectOf(reply)
  const id = document?.['client_id']
  if (reply.status >= 300 || typeof id !== 'string') {
    refused(visit, reply, where, native)
    return undefined
  }
  if (reply.status === 201)
    findings.ok(
      check,
      native
        ? 'A client with a scheme of its own can register (Cursor and other desktop clients)'
        : 'A client on this machine can register',
      { where }
    )
  else
    findings.warning(check, `The registration is answered ${reply.status}`, {
      where,
      expected: '201',
      mend: 'answer 201: strict clients take nothing else'
    })
  const text = (name: string): string | undefined => {
    const value = document?.[name]
    return typeof value === 'string' ? value : undefined
  }
  const secret = text('client_secret')
  const token = text('registration_access_token')
  const uri = text('registration_client_uri')
  for (const one of [secret, token]) if (one !== undefined) visit.secrets.add(one)
  const management = token === undefined || uri === undefined || !URL.canParse(uri) ? undefined : { uri, token }
  return { id, secret, redirect, management }
}

function refused({ findings }: Visit, reply: Answer, where: string, native: boolean): void {
  const document = objectOf(reply)
  const error = document?.['error']
  const description = document?.['error_description']
  const reason = [error, description].filter((part) => typeof part === 'string').join(': ')
  const detail = {
    where,
    expected: '201 with a client_id',
    received: reason === '' ? came(reply) : `${reply.status} ${reason}`
  }
  if (native)
    findings.warning('registration/custom-scheme', 'A client with a scheme of its own cannot register', {
      ...detail,
      mend: 'let redirect URIs of private schemes in for clients of type native (RFC 8252): Cursor and others have one'
    })
  else if (reply.status === 401 || reply.status === 403)
    findings.problem('registration/loopback', 'Registration is published, and closed', {
      ...detail,
      mend: 'let clients register without a token of their own, or leave registration_endpoint out and hand out client ids'
    })
  else
    findings.problem('registration/loopback', 'A client on this machine cannot register', {
      ...detail,
      mend: 'let public clients (token_endpoint_auth_method none) with http redirects to 127.0.0.1 and localhost register',
      requirements: ['AUTH-09']
    })
}

/** Takes the clients away again, and says which could not be. */
async function tidy({ wire, findings }: Visit, clients: readonly Registered[]): Promise<void> {
  const left: string[] = []
  for (const { id, management } of clients) {
    if (management === undefined) {
      left.push(id)
      continue
    }
    const headers = { authorization: `Bearer ${management.token}` }
    const reply = await wire.ask({ method: 'DELETE', url: new URL(management.uri), headers })
    if (isFailure(reply) || reply.status >= 300) left.push(id)
  }
  if (left.length > 0)
    findings.note('registration/left', 'Clients with the name “handwire doctor” are left behind', {
      where: 'the authorization server',
      received: left.join(', '),
      mend: 'take them away when you like: they can do nothing without somebody who logs in'
    })
  else if (clients.length > 0) findings.ok('registration/left', 'The clients that were registered are gone again')
}
