/** The keys of an authorization server: those that sign tokens, and those that sign cookies. Made once, then kept. */
import { randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import type { AuthorizationStore } from './store.ts'

/** How access tokens are signed. */
export const algorithm = 'ES256'

export interface Keys {
  /** Private keys, the one that signs first; the others stay published for tokens that they signed. */
  signing: JWK[]
  /** Secrets of cookies, the one that signs first. */
  cookies: string[]
}

/** How many keys are published at most. */
const most = 4

/** The keys as they are kept; new ones where there are none. */
export async function readKeys(store: AuthorizationStore): Promise<Keys> {
  const kept = await store.find('Keys', 'keys')
  if (kept !== undefined) return kept as unknown as Keys
  const made = { signing: [await newKey()], cookies: [newSecret()] }
  if (await store.add('Keys', 'keys', made)) return made
  // another process was faster
  return (await store.find('Keys', 'keys')) as unknown as Keys
}

/** Puts a new key, and a new secret of cookies, before the others. */
export async function rotateKeys(store: AuthorizationStore): Promise<Keys> {
  const { signing, cookies } = await readKeys(store)
  const rotated = {
    signing: [await newKey(), ...signing].slice(0, most),
    cookies: [newSecret(), ...cookies].slice(0, most)
  }
  await store.upsert('Keys', 'keys', rotated)
  return rotated
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

async function newKey(): Promise<JWK> {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const kid = randomBytes(12).toString('base64url')
  return { ...(await exportJWK(privateKey)), kid, alg: algorithm, use: 'sig' }
}

/** What of a key may be published. */
export function publicKey({ d: _secret, ...key }: JWK): JWK {
  return key
}
