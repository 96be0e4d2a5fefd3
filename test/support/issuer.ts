/** An issuer of the tests' own: metadata, keys, introspection, good tokens and crooked ones, and the faults that issuers have. */
import { constants, KeyObject, sign } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { onTestFinished } from 'vitest'

/** What an issuer answers at. The metadata is at the places of RFC 8414, of OpenID, and of OpenID with the path inserted. */
export type Place = 'oauth' | 'openid' | 'inserted' | 'keys' | 'introspection'

/**
 * What may be wrong with an answer: a failure (500), too many requests (429), no such thing (404), credentials that are not
 * taken (401), nothing ever, half of it, a closed connection, a redirect to `FakeIssuer.elsewhere`, more than anybody reads, a
 * page in its place.
 */
export const faults = [
  'failure',
  'busy',
  'missing',
  'refused',
  'silent',
  'half',
  'cut',
  'redirect',
  'huge',
  'page'
] as const

export type Fault = (typeof faults)[number]

/** Those that end by the time limit alone. */
export const never: ReadonlySet<Fault> = new Set<Fault>(['silent', 'half'])

export interface IssuerOptions {
  /** Path of the issuer's own URL, such as `/tenants/acme`; none by default. */
  path?: string
  /** Where its metadata is; at the place of RFC 8414 alone by default. */
  places?: readonly Place[]
  /** A port that was in use before; any free one by default. */
  port?: number
}

export interface IssuerKey {
  readonly kid: string
  readonly alg: string
  readonly private: CryptoKey
  readonly public: CryptoKey
  /** As it is published. */
  readonly jwk: JWK
}

export class FakeIssuer {
  readonly url: string
  readonly origin: string
  /** Paths that were asked, in order. */
  readonly asked: string[] = []
  /** Bodies that came to the introspection endpoint, with the credentials. */
  readonly introspected: { body: string; authorization: string | undefined }[] = []
  readonly faults = new Map<Place, Fault>()
  /** What the metadata says; tests may make it lie. */
  readonly metadata: Record<string, unknown>
  /** What is published, in order. */
  keys: IssuerKey[] = []
  /** Where redirects lead. */
  elsewhere = 'https://elsewhere.example/'
  /** What is known of opaque tokens; any other is not active. */
  readonly opaque = new Map<string, object>()
  readonly #app: FastifyInstance
  #waiting: { path: string; heard: () => void }[] = []

  private constructor(app: FastifyInstance, { path = '' }: IssuerOptions) {
    this.#app = app
    this.origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    this.url = `${this.origin}${path}`
    this.metadata = {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.origin}/keys`,
      introspection_endpoint: `${this.origin}/introspection`,
      response_types_supported: ['code']
    }
  }

  /** Listens until the test ends, or until `close`; with one key, of ES256. */
  static async open(options: IssuerOptions = {}): Promise<FakeIssuer> {
    const issuer = await FakeIssuer.start(options)
    onTestFinished(() => issuer.close())
    return issuer
  }

  /** The same for several tests: whoever opened it closes it. */
  static async start({ path = '', places = ['oauth'], port = 0 }: IssuerOptions = {}): Promise<FakeIssuer> {
    const app = Fastify({ forceCloseConnections: true })
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    let issuer: FakeIssuer | undefined
    const at =
      (place: Place, value: (request: FastifyRequest) => unknown) => (request: FastifyRequest, reply: FastifyReply) =>
        (issuer as FakeIssuer).#answer(place, request, reply, () => value(request))
    const documents = {
      oauth: `/.well-known/oauth-authorization-server${path}`,
      openid: `${path}/.well-known/openid-configuration`,
      inserted: `/.well-known/openid-configuration${path}`
    }
    for (const place of places) {
      const url = documents[place as keyof typeof documents]
      if (!app.hasRoute({ method: 'GET', url }))
        app.get(
          url,
          at(place, () => issuer?.metadata)
        )
    }
    app.get(
      '/keys',
      at('keys', () => ({ keys: issuer?.keys.map(({ jwk }) => jwk) }))
    )
    app.post(
      '/introspection',
      at('introspection', (request) => (issuer as FakeIssuer).#introspect(request))
    )
    app.addHook('onRequest', async ({ url }) => (issuer as FakeIssuer).#heard(url))
    await app.listen({ port, host: '127.0.0.1' })
    issuer = new FakeIssuer(app, { path })
    await issuer.addKey('ES256')
    return issuer
  }

  close(): Promise<void> {
    return this.#app.close()
  }

  /** Resolves when a path is asked for the next time. */
  nextAsked(path: string): Promise<void> {
    return new Promise((heard) => this.#waiting.push({ path, heard }))
  }

  /** A fresh key, published as the last one. */
  async addKey(alg: string, kid = `${alg}-${this.keys.length + 1}`): Promise<IssuerKey> {
    const key = await makeKey(alg, kid)
    this.keys.push(key)
    return key
  }

  /** The published key of this algorithm that came first. */
  key(alg = 'ES256'): IssuerKey {
    const found = this.keys.find((key) => key.alg === alg)
    if (found === undefined) throw new Error(`the issuer has no key for ${alg}`)
    return found
  }

  /** An access token as RFC 9068 has it, for `aud`; claims that are undefined are left out. */
  token(aud: unknown, claims: Record<string, unknown> = {}, key = this.key(), header: object = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const all = { iss: this.url, sub: 'ann', client_id: 'editor', aud, iat: now, exp: now + 300, jti: 'j1', ...claims }
    return new SignJWT(all as JWTPayload)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
      .sign(key.private)
  }

  #heard(url: string): void {
    this.asked.push(url)
    const heard = this.#waiting.filter(({ path }) => path === url)
    this.#waiting = this.#waiting.filter(({ path }) => path !== url)
    for (const waiter of heard) waiter.heard()
  }

  #introspect({ body, headers }: FastifyRequest): object {
    const { authorization } = headers
    this.introspected.push({ body: String(body), authorization })
    return this.opaque.get(new URLSearchParams(String(body)).get('token') ?? '') ?? { active: false }
  }

  #answer(place: Place, request: FastifyRequest, reply: FastifyReply, value: () => unknown): unknown {
    switch (this.faults.get(place)) {
      case 'failure':
        return reply.code(500).send({})
      case 'busy':
        return reply.code(429).send({})
      case 'missing':
        return reply.code(404).send({})
      case 'refused':
        return reply.code(401).send({})
      case 'page':
        return reply.type('text/html').send('<html></html>')
      case 'redirect':
        return reply.redirect(this.elsewhere, 302)
      case 'huge':
        return reply.send({ ...(value() as object), padding: 'x'.repeat(600 * 1024) })
      case 'cut':
        request.raw.destroy()
        return reply.hijack()
      case 'silent':
        return reply.hijack()
      case 'half':
        reply.hijack().raw.writeHead(200, { 'content-type': 'application/json' }).write('{')
        return reply
      default:
        return reply.send(value())
    }
  }
}

/** A key pair of its own. */
export async function makeKey(alg: string, kid: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return {
    kid,
    alg,
    private: privateKey,
    public: publicKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  }
}

/** A compact JWS of anything, signed without any library for JWTs, which would refuse most of it. */
export function forge(header: object | string, payload: object | string, key: IssuerKey): string {
  const part = (value: object | string): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const signed = `${part(header)}.${part(payload)}`
  return `${signed}.${signature(signed, key).toString('base64url')}`
}

function signature(text: string, { alg, private: cryptoKey }: IssuerKey): Buffer {
  const key = KeyObject.from(cryptoKey as never)
  const data = Buffer.from(text)
  const hash = `sha${alg.slice(2)}`
  if (alg === 'EdDSA') return sign(null, data, key)
  if (alg.startsWith('ES')) return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('RS')) return sign(hash, data, key)
  return sign(hash, data, {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST
  })
}
