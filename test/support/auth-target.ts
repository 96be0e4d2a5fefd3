/**
 * The reference server behind a door, and tokens for it: those that are good, and those that are wrong in one way each, under
 * the names by which the cases of the corpus need them (spec-fixtures/README.md, Tokens).
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createListener } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import { offerPrivileged, privilege } from '../../src/cli/privileged.ts'
import type { HandwireOptions } from '../../src/http/index.ts'
import { offerExtended } from './extended.ts'
import { referenceApp } from './reference.ts'

/** Tokens by name; `valid` is among them. */
export type TokensByName = Record<string, string> & { valid: string }

export interface TinyIssuer {
  url: string
  /** Tokens for a resource, made in this minute. */
  tokensFor(resource: string): Promise<TokensByName>
  close(): Promise<void>
}

/** An issuer on a free loopback port: its metadata and its keys, and tokens without a question asked. */
export async function tinyIssuer(): Promise<TinyIssuer> {
  const algorithm = 'ES256'
  const [own, strange] = await Promise.all([generateKeyPair(algorithm), generateKeyPair(algorithm)])
  const key = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: algorithm, use: 'sig' }
  const server = createServer((request, response) => {
    const documents: Record<string, object> = {
      '/.well-known/oauth-authorization-server': {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/keys`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256']
      },
      '/keys': { keys: [key] }
    }
    const document = documents[request.url ?? '']
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? {}))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const tokensFor = async (resource: string): Promise<TokensByName> => {
    const now = Math.floor(Date.now() / 1000)
    const claims = (more: JWTPayload): JWTPayload => ({
      iss: url,
      sub: 'ann',
      aud: resource,
      client_id: 'corpus',
      scope: privilege,
      iat: now,
      exp: now + 3600,
      ...more
    })
    const made = (more: JWTPayload, key = own.privateKey): Promise<string> =>
      new SignJWT(claims(more)).setProtectedHeader({ alg: algorithm, kid: 'own', typ: 'at+jwt' }).sign(key)
    const { origin, pathname } = new URL(resource)
    const { aud: _, ...anybody } = claims({})
    return {
      valid: await made({}),
      otherUser: await made({ sub: 'bob' }),
      narrow: await made({ scope: 'plain' }),
      expired: await made({ iat: now - 7200, exp: now - 3600 }),
      early: await made({ nbf: now + 3600 }),
      otherAudience: await made({ aud: `${origin}/sibling${pathname}` }),
      noAudience: await new SignJWT(anybody)
        .setProtectedHeader({ alg: algorithm, kid: 'own', typ: 'at+jwt' })
        .sign(own.privateKey),
      severalAudiences: await made({ aud: ['https://elsewhere.example', resource] }),
      capitalAudience: await made({ aud: `${origin.toUpperCase()}${pathname}` }),
      otherKey: await made({}, strange.privateKey),
      unsigned: new UnsecuredJWT(claims({})).encode()
    }
  }
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
  }
  return { url, tokensFor, close }
}

/** A server behind a door, not yet listening. */
export interface Guarded {
  app: FastifyInstance
  tokens: TokensByName
}

/** What lets in whom the issuer gave a token for the resource. Everything the corpus knows is behind it. */
export async function guardedByIssuer(
  issuer: TinyIssuer,
  resource: string,
  options: Partial<HandwireOptions> = {}
): Promise<Guarded> {
  const auth = jwt({ issuer: issuer.url, resource, scopes: [privilege], toleranceSeconds: 0 })
  return { app: await behind(auth, options), tokens: await issuer.tokensFor(resource) }
}

/** What lets in who has one of some static tokens, and promises nothing of OAuth. */
export async function guardedByHashes(options: Partial<HandwireOptions> = {}): Promise<Guarded> {
  const [ann, bob, narrow, expired] = [newToken(), newToken(), newToken(), newToken()]
  const auth = staticTokens([
    { name: 'ann', sha256: ann.sha256, scopes: [privilege] },
    { name: 'bob', sha256: bob.sha256, scopes: [privilege] },
    { name: 'ann', sha256: narrow.sha256 },
    { name: 'ann', sha256: expired.sha256, scopes: [privilege], expires: '2025-06-18' }
  ])
  const tokens = { valid: ann.token, otherUser: bob.token, narrow: narrow.token, expired: expired.token }
  return { app: await behind(auth, options), tokens }
}

/** A server behind a door, at an address that is known before its tokens are made. */
export interface ListeningGuarded {
  url: string
  tokens: TokensByName
  close(): Promise<void>
}

/** Lets in by tokens of an issuer of its own. */
export async function listeningBehindIssuer(): Promise<ListeningGuarded> {
  const issuer = await tinyIssuer()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/mcp`
  const { app, tokens } = await guardedByIssuer(issuer, url)
  await app.listen({ port, host: '127.0.0.1' })
  const close = async (): Promise<void> => {
    await app.close()
    await issuer.close()
  }
  return { url, tokens, close }
}

/** Lets in by static tokens. */
export async function listeningBehindHashes(): Promise<ListeningGuarded> {
  const { app, tokens } = await guardedByHashes()
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
  return { url, tokens, close: () => app.close() }
}

/** A port that nobody listens on: the address of a resource has to be known before its server is made. */
async function freePort(): Promise<number> {
  const listener = createListener().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  listener.close()
  await once(listener, 'close')
  return port
}

async function behind(auth: HandwireOptions['auth'], options: Partial<HandwireOptions>): Promise<FastifyInstance> {
  const app = await referenceApp({ limits: { sessions: 100_000 }, ...options, ...(auth === undefined ? {} : { auth }) })
  offerExtended(app.mcp)
  offerPrivileged(app.mcp)
  return app
}
