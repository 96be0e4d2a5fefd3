/** Whom the reference server lets in: tokens of the command line, and an authorization server. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { staticTokens, type Verifier } from '../auth/index.ts'
import type { Accounts, AuthorizationStore } from '../auth/server/index.ts'
import { DeclarationError } from '../protocol/errors.ts'
import { privilege } from './privileged.ts'
import type { ServeOptions } from './serve-options.ts'
import { UsageError } from './usage.ts'

export interface ServeAuth {
  chain: Verifier[]
  /** Whether there are tokens to be sent as they are. */
  tokens: boolean
  /** Who was made up to log in, where nobody was named. */
  demo: { name: string; password: string } | undefined
}

/** Undefined when everybody may come in. Throws a UsageError for what cannot be. */
export async function authOf(options: ServeOptions): Promise<ServeAuth | undefined> {
  const { tokens, authServer } = options
  const chain: Verifier[] = tokens.length === 0 ? [] : [staticTokens(tokens)]
  let demo: ServeAuth['demo']
  if (authServer !== undefined) {
    if (authServer.people === undefined) demo = { name: 'demo', password: randomBytes(9).toString('base64url') }
    chain.push(await authorization(options, authServer, demo))
  }
  return chain.length === 0 ? undefined : { chain, tokens: tokens.length > 0, demo }
}

async function authorization(
  options: ServeOptions,
  { people, store }: NonNullable<ServeOptions['authServer']>,
  demo: ServeAuth['demo']
): Promise<Verifier> {
  const { authorizationServer, passwordFile } = await import('../auth/server/index.ts')
  const kept = await storeAt(store)
  try {
    return authorizationServer({
      resource: resourceOf(options),
      name: 'Handwire reference server',
      scopes: { mcp: 'Use everything that asks for no scope', [privilege]: 'Use the items that ask for a scope' },
      authenticate: demo === undefined ? passwordFile(people as string) : only(demo),
      store: kept
    })
  } catch (error) {
    if (error instanceof DeclarationError) throw new UsageError(`${error.message}; see --public-url`)
    throw error
  }
}

/** What `--auth-store` names. */
async function storeAt(place: string): Promise<AuthorizationStore> {
  const { memoryStore, redisStore, sqliteStore } = await import('../auth/server/index.ts')
  if (place === ':memory:') return memoryStore()
  if (!/^rediss?:\/\//i.test(place)) return sqliteStore(place)
  try {
    return redisStore({ url: place })
  } catch (error) {
    if (error instanceof DeclarationError) throw new UsageError(`${error.message}; see --auth-store`)
    throw error
  }
}

/** The address that clients use. */
function resourceOf({ publicUrl, host, port, path }: ServeOptions): string {
  if (publicUrl !== undefined) return publicUrl.href
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}${path}`
}

/** One person, as long as the process lives. */
function only({ name, password }: { name: string; password: string }): Accounts['authenticate'] {
  const known = Buffer.from(password)
  return (attempt) => {
    const typed = Buffer.from(attempt.password)
    const right = typed.length === known.length && timingSafeEqual(typed, known) && attempt.username === name
    return right ? { subject: name } : undefined
  }
}
