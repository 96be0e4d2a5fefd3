/** What a client keeps of its logins, in the shape in which both official SDKs want it. */
import { randomBytes } from 'node:crypto'
import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens
} from '@modelcontextprotocol/client'

/** Where native clients are sent back to; nobody has to listen there, because the browser stops before it. */
export const loopbackRedirect = 'http://127.0.0.1:4321/callback'

export class Wallet implements OAuthClientProvider {
  /** Where somebody was to log in, in order. */
  readonly asked: URL[] = []
  readonly redirectUrl: string
  readonly #metadata: OAuthClientMetadata
  #client: StoredOAuthClientInformation | undefined
  #tokens: StoredOAuthTokens | undefined
  #verifier = ''
  #discovered: OAuthDiscoveryState | undefined

  /** @param method how the client proves at the token endpoint who it is; public clients cannot */
  constructor(redirectUrl = loopbackRedirect, method = 'none') {
    this.redirectUrl = redirectUrl
    this.#metadata = {
      client_name: 'Peer',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: method
    }
  }

  get clientMetadata(): OAuthClientMetadata {
    return this.#metadata
  }

  /** The tokens. Throws when there are none. */
  get held(): { access: string; refresh: string; scope: string | undefined } {
    const { access_token: access, refresh_token: refresh = '', scope } = this.#tokens ?? {}
    if (access === undefined) throw new Error('there is no token')
    return { access, refresh, scope }
  }

  get clientId(): string {
    return this.#client?.client_id ?? ''
  }

  /** Makes the access token one that was never issued, and keeps the refresh token. */
  spoil(): void {
    const { access } = this.held
    const place = access.length - 10
    const other = access[place] === 'A' ? 'B' : 'A'
    this.#tokens = {
      ...(this.#tokens as StoredOAuthTokens),
      access_token: access.slice(0, place) + other + access.slice(place + 1)
    }
  }

  state(): string {
    return randomBytes(16).toString('base64url')
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.#client
  }

  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#tokens
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens
  }

  redirectToAuthorization(url: URL): void {
    this.asked.push(url)
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    return this.#verifier
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovered
  }

  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (scope === 'all' || scope === 'client') this.#client = undefined
    if (scope === 'all' || scope === 'tokens') this.#tokens = undefined
    if (scope === 'all' || scope === 'verifier') this.#verifier = ''
    if (scope === 'all' || scope === 'discovery') this.#discovered = undefined
  }
}
