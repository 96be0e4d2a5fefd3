/** The authorization server's store in Redis, through the package `redis`: for an API of several processes. */
import { RedisConnection } from './redis-connection.ts'
import * as scripts from './redis-scripts.ts'
import type { AuthorizationStore, StoredAs, StoredPayload } from './store.ts'

export interface RedisStoreOptions {
  /** Address, such as `redis://127.0.0.1:6379` or, with TLS, `rediss://user:password@redis.example:6380/1`. */
  url: string
  /** What every key begins with; `handwire:` by default. Give each authorization server that shares a Redis its own. */
  prefix?: string
}

/**
 * Keeps everything in one Redis of version 6 or newer (no cluster), which any number of processes and machines may share.
 * Redis itself drops what has expired. The keys that sign tokens stand in it: nobody else should be able to read it, it has
 * to save to disk for logins to outlive it, and with `maxmemory-policy noeviction` it forgets nothing early.
 *
 * Nothing connects before `open`, which rejects when Redis cannot be reached. Later what Redis does not answer within two
 * seconds rejects, what is asked while it is away does so at once, and the connection is made again by itself. Needs the
 * package `redis`. Throws a DeclarationError for an address that is none.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { authorizationServer, redisStore } from 'handwire/auth-server'
 *
 * const auth = authorizationServer({
 *   resource: 'https://mcp.example/mcp',
 *   authenticate: ({ username, password }) => (password === 'tulip' ? { subject: username } : undefined),
 *   store: redisStore({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', prefix: 'acme:' })
 * })
 * assert.deepEqual(auth.issued.issuers, ['https://mcp.example/oauth'])
 * assert.throws(() => redisStore({ url: 'redis.example' }), /no address of a Redis/)
 * ```
 */
export function redisStore(options: RedisStoreOptions): AuthorizationStore {
  return new RedisStore(options)
}

class RedisStore implements AuthorizationStore {
  readonly #connection: RedisConnection
  readonly #prefix: string

  constructor({ url, prefix = 'handwire:' }: RedisStoreOptions) {
    this.#connection = new RedisConnection(url)
    this.#prefix = prefix
  }

  async open(): Promise<void> {
    await this.#connection.open()
  }

  async find(model: string, id: string): Promise<StoredPayload | undefined> {
    return payloadOf(await this.#connection.run(scripts.find, [this.#row(model, id)]))
  }

  async findByUid(model: string, uid: string): Promise<StoredPayload | undefined> {
    const index = this.#index('uid', model, uid)
    return payloadOf(await this.#connection.run(scripts.findListed, [index], [this.#row(model, '')]))
  }

  async upsert(model: string, id: string, payload: StoredPayload, as: StoredAs = {}): Promise<void> {
    await this.#write('put', model, id, payload, as)
  }

  add(model: string, id: string, payload: StoredPayload, as: StoredAs = {}): Promise<boolean> {
    return this.#write('add', model, id, payload, as)
  }

  async consume(model: string, id: string): Promise<boolean> {
    return (await this.#connection.run(scripts.consume, [this.#row(model, id)])) === 1
  }

  async destroy(model: string, id: string): Promise<void> {
    await this.#connection.run(scripts.destroy, [this.#row(model, id)], [id])
  }

  async revokeByGrantId(model: string, grantId: string): Promise<void> {
    const index = this.#index('grant', model, grantId)
    await this.#connection.run(scripts.destroyListed, [index], [this.#row(model, '')])
  }

  async count(model: string): Promise<number> {
    return Number(await this.#connection.run(scripts.count, [this.#index('all', model)]))
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  async #write(how: 'add' | 'put', model: string, id: string, payload: StoredPayload, as: StoredAs): Promise<boolean> {
    const { consumed = '', ...rest } = payload
    const life = as.expiresIn === undefined ? '' : Math.round(as.expiresIn * 1000)
    const keys = [this.#row(model, id), this.#index('all', model)]
    if (as.grantId !== undefined) keys.push(this.#index('grant', model, as.grantId))
    if (as.uid !== undefined) keys.push(this.#index('uid', model, as.uid))
    const values = [id, JSON.stringify(rest), String(consumed), String(life), how]
    return (await this.#connection.run(scripts.write, keys, values)) === 1
  }

  #row(model: string, id: string): string {
    return `${this.#prefix}row:${model}:${id}`
  }

  #index(kind: 'all' | 'grant' | 'uid', model: string, name = ''): string {
    return `${this.#prefix}${kind}:${model}:${name}`
  }
}

/** A row as the scripts give it: payload and consumed, each null where there is none. */
function payloadOf(row: unknown): StoredPayload | undefined {
  const [payload, consumed] = (row ?? []) as (string | null | undefined)[]
  if (payload === null || payload === undefined) return undefined
  const rest = JSON.parse(payload) as StoredPayload
  return consumed === null || consumed === undefined ? rest : { ...rest, consumed: Number(consumed) }
}
