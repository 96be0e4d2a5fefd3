/** People who log in elsewhere: at an OpenID provider, by authorization code with PKCE (OpenID Connect Core section 3.1). */
import { createHash } from 'node:crypto'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { DeclarationError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import { checkMembers, type Members } from '../../protocol/members.ts'
import type { Awaitable } from '../../protocol/ports.ts'
import { fetchJson } from '../fetch-json.ts'
import { checkIssuer } from '../issuer.ts'
import { secure } from '../resource.ts'
import type { Account } from './options.ts'

/** Options of `upstreamOpenId`. */
export interface UpstreamOptions {
  /** URL of the provider, exactly as it stands in its metadata and its tokens. */
  issuer: string
  /** What this server is registered as there, with the redirect URI `<issuer of this server>/callback`. */
  clientId: string
  clientSecret: string
  /** Who may log in, by the claims of the ID token; undefined for those who may not. A public provider knows everybody. */
  account(claims: Readonly<Record<string, unknown>>): Awaitable<Account | undefined>
  /** What is asked for there; `openid profile email` by default. */
  scopes?: readonly string[]
  /** How the page calls it; its host by default. */
  name?: string
  /** How long it may take to answer, in milliseconds; 5000 by default. */
  timeoutMs?: number
}

const members: Members<UpstreamOptions> = {
  issuer: true,
  clientId: 'text',
  clientSecret: 'text',
  account: true,
  scopes: 'texts',
  name: 'text',
  timeoutMs: 'number'
}

/** What is kept of one login while somebody is there. */
export interface Pending {
  state: string
  nonce: string
  /** The PKCE verifier. */
  verifier: string
}

/** A provider at which people log in. */
export interface UpstreamLogin {
  /** How the page calls it. */
  readonly name: string
  /** Where to send the browser. */
  begin(redirectUri: string, pending: Pending): Promise<string>
  /** Who came back with a code; undefined when they may not log in here. Throws for a code or a token that is not good. */
  finish(redirectUri: string, pending: Pending, answer: URLSearchParams): Promise<Account | undefined>
}

interface Metadata {
  authorization: string
  token: string
  /** Whether the secret goes into the body, where the provider does not take it in the header. */
  post: boolean
  /** Whether it says who it is in its answers (RFC 9207). */
  names: boolean
  keys: JWTVerifyGetKey
  at: number
}

const freshMs = 3_600_000
const algorithms = ['EdDSA', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']

/**
 * People log in at an OpenID provider instead of by a password of ours. They agree on our page first, for each client
 * (SECBP-01, SECBP-18); only then are they sent there, with a state that is new each time, good once, and bound to their
 * browser.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { authorizationServer, memoryStore, upstreamOpenId } from 'handwire/auth-server'
 *
 * const auth = authorizationServer({
 *   resource: 'https://mcp.example/mcp',
 *   authenticate: upstreamOpenId({
 *     issuer: 'https://accounts.google.com',
 *     clientId: 'our-id',
 *     clientSecret: 'our-secret',
 *     account: ({ sub, email, hd }) =>
 *       hd === 'acme.example' ? { subject: String(sub), name: String(email) } : undefined
 *   }),
 *   store: memoryStore()
 * })
 * assert.deepEqual(auth.issued.issuers, ['https://mcp.example/oauth'])
 * ```
 */
export function upstreamOpenId(options: UpstreamOptions): UpstreamLogin {
  checkMembers('upstreamOpenId', options, members)
  const { issuer, clientId, clientSecret, account, scopes } = options
  checkIssuer(issuer)
  if (typeof account !== 'function' || !clientId || !clientSecret)
    throw new DeclarationError(
      'auth-upstream',
      'upstreamOpenId: give clientId, clientSecret and `account`: who may log in'
    )
  // without it there is an access token, and nobody whom it stands for
  if (scopes?.includes('openid') === false)
    throw new DeclarationError('auth-upstream', "upstreamOpenId: 'openid' is among its scopes")
  return new OpenIdLogin(options)
}

class OpenIdLogin implements UpstreamLogin {
  readonly name: string
  readonly #options: UpstreamOptions
  readonly #timeoutMs: number
  #known: Metadata | undefined

  constructor(options: UpstreamOptions) {
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 5000
    this.name = options.name ?? new URL(options.issuer).host
  }

  async begin(redirectUri: string, { state, nonce, verifier }: Pending): Promise<string> {
    const { authorization } = await this.#metadata()
    const { clientId, scopes = ['openid', 'profile', 'email'] } = this.#options
    const url = new URL(authorization)
    const parameters = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256'
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return url.href
  }

  async finish(redirectUri: string, pending: Pending, answer: URLSearchParams): Promise<Account | undefined> {
    const { names } = await this.#metadata()
    const iss = answer.get('iss')
    // an answer of another provider (RFC 9207 section 2.4)
    if (iss === null ? names : iss !== this.#options.issuer) throw new Error('the answer is of another provider')
    const code = answer.get('code') ?? ''
    if (code === '') throw new Error('the provider has sent no code')
    const claims = await this.#claims(await this.#idToken(code, redirectUri, pending.verifier), pending.nonce)
    return this.#options.account(claims)
  }

  async #idToken(code: string, redirectUri: string, verifier: string): Promise<string> {
    const { token: url, post } = await this.#metadata()
    const { clientId, clientSecret } = this.#options
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
    const basic = Buffer.from(`${formText(clientId)}:${formText(clientSecret)}`).toString('base64')
    const { status, value } = await fetchJson(url, this.#timeoutMs, {
      method: 'POST',
      headers: post ? {} : { authorization: `Basic ${basic}` },
      body: new URLSearchParams(post ? { ...form, client_id: clientId, client_secret: clientSecret } : form)
    })
    const token = isObject(value) ? value['id_token'] : undefined
    if (typeof token !== 'string') throw new Error(`the provider has sent no ID token: status ${status}`)
    return token
  }

  /** The claims of an ID token that was made for us, and for this login (OpenID Connect Core section 3.1.3.7). */
  async #claims(token: string, nonce: string): Promise<JWTPayload> {
    const { jwtVerify } = await import('jose')
    const { issuer, clientId } = this.#options
    const { keys } = await this.#metadata()
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: clientId,
      algorithms,
      clockTolerance: 5,
      requiredClaims: ['exp', 'iat', 'sub', 'nonce']
    })
    if (payload['nonce'] !== nonce) throw new Error('the ID token is of another login')
    const party = payload['azp']
    if (party === undefined ? Array.isArray(payload.aud) && payload.aud.length > 1 : party !== clientId)
      throw new Error('the ID token is for another party')
    return payload
  }

  async #metadata(): Promise<Metadata> {
    if (this.#known !== undefined && this.#known.at + freshMs > Date.now()) return this.#known
    const { createRemoteJWKSet, customFetch } = await import('jose')
    const { issuer } = this.#options
    const { value } = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, this.#timeoutMs)
    if (!isObject(value) || value['issuer'] !== issuer) throw new Error(`${issuer} publishes no metadata of its own`)
    const methods = value['token_endpoint_auth_methods_supported']
    const fetched = async (url: string) => {
      const { status, value: found } = await fetchJson(url, this.#timeoutMs)
      return found === undefined ? new Response(null, { status }) : Response.json(found)
    }
    this.#known = {
      authorization: place(value, 'authorization_endpoint', issuer),
      token: place(value, 'token_endpoint', issuer),
      post: Array.isArray(methods) && !methods.includes('client_secret_basic'),
      names: value['authorization_response_iss_parameter_supported'] === true,
      keys: createRemoteJWKSet(new URL(place(value, 'jwks_uri', issuer)), { [customFetch]: fetched }),
      at: Date.now()
    }
    return this.#known
  }
}

function place(metadata: Record<string, unknown>, name: string, issuer: string): string {
  const url = metadata[name]
  // a provider in the web has nothing on this machine
  const fits = ({ protocol }: URL): boolean => protocol === 'https:' || !/^https:/i.test(issuer)
  if (typeof url === 'string' && URL.canParse(url) && secure(new URL(url)) && fits(new URL(url))) return url
  throw new Error(`the metadata of the provider has no ${name} that can be trusted`)
}

/** As a name and a secret stand in Basic credentials of OAuth (RFC 6749 section 2.3.1). */
function formText(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
