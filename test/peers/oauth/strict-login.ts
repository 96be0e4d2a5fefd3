/** OAuth as the RFCs have it, by oauth4webapi: everything that comes is looked at, and what is not as it should be throws. */
import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import type { Wallet } from './wallet.ts'
import type { Wire } from './wire.ts'

/** Parameters of a Bearer challenge. */
export type Challenge = Readonly<Record<string, string | undefined>>

/** What oauth4webapi is told with every request. */
export interface Sending {
  [oauth.allowInsecureRequests]: true
  [oauth.customFetch]: (url: string, init: object) => Promise<Response>
}

/** Everything is sent over the wire that is looked at, and loopback needs no TLS. */
export function sendingOver(wire: Wire): Sending {
  return {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url, init) => wire.fetch(url, init as RequestInit)
  }
}

/** What was found out about a server. */
interface Found {
  resource: oauth.ResourceServer
  server: oauth.AuthorizationServer
}

/** One login of one client to one endpoint. */
export class StrictLogin {
  readonly #endpoint: URL
  readonly #wallet: Wallet
  readonly #options: Sending
  readonly #opaque: boolean
  #found: Found | undefined
  #state = ''

  /** @param opaque whether access tokens say nothing by themselves; otherwise they are verified as RFC 9068 says */
  constructor(endpoint: URL, wallet: Wallet, wire: Wire, opaque: boolean) {
    this.#endpoint = endpoint
    this.#wallet = wallet
    this.#opaque = opaque
    this.#options = sendingOver(wire)
  }

  /** Finds out who issues tokens, registers, and has somebody sent there; `more` are scopes that they granted before. */
  async begin(challenge: Challenge, more = ''): Promise<void> {
    const { resource, server } = await this.#discover(challenge)
    if (this.#wallet.clientId === '') await this.#register(server)
    const verifier = oauth.generateRandomCodeVerifier()
    this.#state = oauth.generateRandomState()
    this.#wallet.saveCodeVerifier(verifier)
    const scopes = [...more.split(' '), ...(challenge['scope']?.split(' ') ?? resource.scopes_supported ?? [])]
    const url = new URL(server.authorization_endpoint as string)
    const query = {
      client_id: this.#wallet.clientId,
      response_type: 'code',
      redirect_uri: this.#wallet.redirectUrl,
      scope: [...new Set(scopes)].filter((scope) => scope !== '').join(' '),
      state: this.#state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource: resource.resource
    }
    url.search = new URLSearchParams(query).toString()
    this.#wallet.redirectToAuthorization(url)
  }

  /** Exchanges the code of the address that the browser was sent back to. Throws for one of another issuer or another state. */
  async finish(back: URL): Promise<void> {
    const { resource, server } = this.#known
    assert.ok(back.href.startsWith(this.#wallet.redirectUrl), `sent back to ${back.href}`)
    const parameters = oauth.validateAuthResponse(server, this.#client, back, this.#state)
    assert.equal(parameters.get('iss'), server.issuer)
    const { redirectUrl } = this.#wallet
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      this.#client,
      oauth.None(),
      parameters,
      redirectUrl,
      this.#wallet.codeVerifier(),
      { ...this.#options, additionalParameters: { resource: resource.resource } }
    )
    assert.match(response.headers.get('cache-control') ?? '', /no-store/)
    await this.#keep(await oauth.processAuthorizationCodeResponse(server, this.#client, response))
  }

  /** Gets new tokens for the old refresh token; false when it is good no more. */
  async refresh(): Promise<boolean> {
    const { resource, server } = this.#known
    const { refresh } = this.#wallet.held
    const response = await oauth.refreshTokenGrantRequest(server, this.#client, oauth.None(), refresh, {
      ...this.#options,
      additionalParameters: { resource: resource.resource }
    })
    try {
      const tokens = await oauth.processRefreshTokenResponse(server, this.#client, response)
      assert.notEqual(tokens.refresh_token, refresh, 'a refresh token of a public client is good once')
      await this.#keep(tokens)
      return true
    } catch (error) {
      if (!(error instanceof oauth.ResponseBodyError)) throw error
      assert.ok(['invalid_grant', 'invalid_client'].includes(error.error), error.error)
      this.#wallet.invalidateCredentials('tokens')
      if (error.error === 'invalid_client') {
        // a server that has forgotten the client may have changed in other ways too
        this.#wallet.invalidateCredentials('client')
        this.#found = undefined
      }
      return false
    }
  }

  get #known(): Found {
    if (this.#found === undefined) throw new Error('nothing was found out yet')
    return this.#found
  }

  get #client(): oauth.Client {
    return { client_id: this.#wallet.clientId }
  }

  /** RFC 9728, then RFC 8414. */
  async #discover(challenge: Challenge): Promise<Found> {
    if (this.#found !== undefined) return this.#found
    const described = await oauth.resourceDiscoveryRequest(this.#endpoint, this.#options)
    assert.equal(
      challenge['resource_metadata'],
      described.url,
      'the challenge names the metadata where RFC 9728 puts it'
    )
    const resource = await oauth.processResourceDiscoveryResponse(this.#endpoint, described)
    // without the slash of a URL that has no path (basic/authorization#canonical-server-uri)
    assert.equal(resource.resource, this.#endpoint.href.replace(/\/$/, ''))
    assert.equal(resource.authorization_servers?.length, 1)
    assert.deepEqual(resource.bearer_methods_supported, ['header'])
    const issuer = new URL(resource.authorization_servers?.[0] as string)
    const response = await oauth.discoveryRequest(issuer, { ...this.#options, algorithm: 'oauth2' })
    const server = await oauth.processDiscoveryResponse(issuer, response)
    assert.equal(server.issuer, resource.authorization_servers?.[0])
    assert.equal(server.authorization_response_iss_parameter_supported, true)
    assert.deepEqual(server.code_challenge_methods_supported, ['S256'])
    assert.ok(
      server.token_endpoint_auth_methods_supported?.includes('none'),
      'public clients may use the token endpoint'
    )
    assert.ok(server.response_types_supported?.includes('code'))
    assert.ok(server.grant_types_supported?.includes('refresh_token'))
    this.#found = { resource, server }
    return this.#found
  }

  async #register(server: oauth.AuthorizationServer): Promise<void> {
    const metadata = { ...this.#wallet.clientMetadata, application_type: 'native' }
    const response = await oauth.dynamicClientRegistrationRequest(
      server,
      metadata as Partial<oauth.Client>,
      this.#options
    )
    const client = await oauth.processDynamicClientRegistrationResponse(response)
    assert.equal(client.token_endpoint_auth_method, 'none')
    assert.deepEqual(client['redirect_uris'], this.#wallet.clientMetadata.redirect_uris)
    assert.equal(client['client_secret'], undefined)
    this.#wallet.saveClientInformation({ client_id: client.client_id })
  }

  async #keep(tokens: oauth.TokenEndpointResponse): Promise<void> {
    assert.equal(tokens.token_type, 'bearer')
    assert.ok((tokens.expires_in ?? 0) > 0, 'it is told how long the token lasts')
    if (!this.#opaque) await this.#inspect(tokens)
    else assert.ok(!tokens.access_token.includes('.'), 'the token says nothing by itself')
    const { access_token, refresh_token = this.#wallet.tokens()?.refresh_token, scope } = tokens
    this.#wallet.saveTokens({
      access_token,
      token_type: 'Bearer',
      ...(refresh_token === undefined ? {} : { refresh_token }),
      ...(scope === undefined ? {} : { scope })
    })
  }

  /** Verifies an access token as a resource server would (RFC 9068): by the published keys, for this endpoint alone. */
  async #inspect({ access_token: token, scope }: oauth.TokenEndpointResponse): Promise<void> {
    const { resource, server } = this.#known
    const request = new Request(this.#endpoint, { headers: { authorization: `Bearer ${token}` } })
    // a copy, because keys are remembered with the object, and may be others after a restart
    const claims = await oauth.validateJwtAccessToken({ ...server }, request, resource.resource, this.#options)
    assert.equal(claims.aud, resource.resource)
    assert.equal(claims.client_id, this.#wallet.clientId)
    if (scope !== undefined) assert.equal(claims.scope, scope)
  }
}
