/** An issuer of access tokens: it is asked for its keys once, so what it costs does not count. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface Issuing {
  issuer: string
  /** Good for a day, at the resource alone. */
  token: string
}

/** Serves the metadata and the keys of an issuer, and signs one token such as issuers sign them. */
export async function issuing(resource: string): Promise<Issuing> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }
  const app = Fastify()
  app.get('/.well-known/oauth-authorization-server', () => ({ issuer, jwks_uri: `${issuer}/jwks` }))
  app.get('/jwks', () => ({ keys: [jwk] }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const issuer = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const token = await new SignJWT({ client_id: 'bench', scope: 'read write' })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(resource)
    .setSubject('ann')
    .setJti('6f6e65206f66206d616e79')
    .setIssuedAt()
    .setExpirationTime('1d')
    .sign(privateKey)
  return { issuer, token }
}
