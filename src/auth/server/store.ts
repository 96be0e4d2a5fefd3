/** Where an authorization server keeps what must outlive a process: clients, grants, refresh tokens, sessions and keys. */
import type { Awaitable } from '../../protocol/ports.ts'

/** What is kept of one thing: plain JSON. `consumed` is set by `consume`, in seconds since 1970. */
export type StoredPayload = Record<string, unknown> & { consumed?: number }

/** How a thing is kept. */
export interface StoredAs {
  /** How long it is kept, in seconds; for ever by default. */
  expiresIn?: number | undefined
  /** The grant it goes with when that is revoked. */
  grantId?: string | undefined
  /** Another name by which `findByUid` finds it. */
  uid?: string | undefined
}

/**
 * A place for rows of JSON by model and id. The ids of secrets are digests of them, so that who reads the store cannot use
 * what stands in it. What has expired is not found.
 */
export interface AuthorizationStore {
  /** Called once, before anything else; what it throws ends the boot. */
  open?(): Awaitable<void>
  find(model: string, id: string): Promise<StoredPayload | undefined>
  findByUid(model: string, uid: string): Promise<StoredPayload | undefined>
  /** Keeps a payload, in the place of what was there. */
  upsert(model: string, id: string, payload: StoredPayload, as?: StoredAs): Promise<void>
  /** Keeps a payload where there is none; whether it did, in one step with looking. */
  add(model: string, id: string, payload: StoredPayload, as?: StoredAs): Promise<boolean>
  /** Marks as used, in one step with looking; whether this was the first time. */
  consume(model: string, id: string): Promise<boolean>
  destroy(model: string, id: string): Promise<void>
  /** Destroys all of a model that go with a grant. */
  revokeByGrantId(model: string, grantId: string): Promise<void>
  /** How many of a model are kept. */
  count(model: string): Promise<number>
  /** Called now and then: drops what has expired. */
  purge?(): Awaitable<void>
  close?(): Awaitable<void>
}

interface Kept extends StoredAs {
  payload: StoredPayload
  /** Milliseconds since 1970. */
  until: number
}

/**
 * Keeps everything in this process: for tests and for servers that may forget who logged in.
 *
 * @param now milliseconds since 1970; the time of this machine by default
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { memoryStore } from 'handwire/auth-server'
 *
 * const store = memoryStore()
 * await store.upsert('Client', 'a', { client_name: 'Editor' }, { expiresIn: 60 })
 * assert.deepEqual(await store.find('Client', 'a'), { client_name: 'Editor' })
 * assert.equal(await store.count('Client'), 1)
 * ```
 */
export function memoryStore(now: () => number = Date.now): AuthorizationStore {
  const models = new Map<string, Map<string, Kept>>()
  const rows = (model: string): Map<string, Kept> => {
    const found = models.get(model) ?? new Map<string, Kept>()
    models.set(model, found)
    return found
  }
  const fresh = (kept: Kept | undefined): Kept | undefined =>
    kept !== undefined && kept.until > now() ? kept : undefined
  const keep = (model: string, id: string, payload: StoredPayload, as: StoredAs): void => {
    const until = as.expiresIn === undefined ? Number.POSITIVE_INFINITY : now() + as.expiresIn * 1000
    rows(model).set(id, { ...as, payload: structuredClone(payload), until })
  }
  const purge = (): void => {
    for (const kept of models.values()) for (const [id, { until }] of kept) if (until <= now()) kept.delete(id)
  }
  return {
    find: async (model, id) => structuredClone(fresh(rows(model).get(id))?.payload),
    findByUid: async (model, uid) =>
      structuredClone([...rows(model).values()].find((kept) => kept.uid === uid && fresh(kept))?.payload),
    upsert: async (model, id, payload, as = {}) => keep(model, id, payload, as),
    add: async (model, id, payload, as = {}) => {
      if (fresh(rows(model).get(id)) !== undefined) return false
      keep(model, id, payload, as)
      return true
    },
    consume: async (model, id) => {
      const kept = fresh(rows(model).get(id))
      if (kept === undefined || kept.payload.consumed !== undefined) return false
      kept.payload.consumed = Math.floor(now() / 1000)
      return true
    },
    destroy: async (model, id) => void rows(model).delete(id),
    revokeByGrantId: async (model, grantId) => {
      for (const [id, kept] of rows(model)) if (kept.grantId === grantId) rows(model).delete(id)
    },
    count: async (model) => {
      purge()
      return rows(model).size
    },
    purge
  }
}
