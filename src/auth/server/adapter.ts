/** What oidc-provider keeps, put into our store: secrets by their digest, so that the store alone opens nothing. */
import { createHash } from 'node:crypto'
import type { Adapter, AdapterPayload, errors } from 'oidc-provider'
import type { AuthorizationStore, StoredPayload } from './store.ts'

/** How long a client that nobody has used is kept, in seconds: one day. */
export const unusedSeconds = 86_400
/** How long a client is kept after its last use, in seconds: ninety days. */
export const usedSeconds = 90 * 86_400

/** Whose ids are no secrets. */
const open: ReadonlySet<string> = new Set(['Client', 'Grant'])

/** Where one model is kept. A code that is used twice at once is good once. */
export class StoreAdapter implements Adapter {
  readonly #model: string
  readonly #store: AuthorizationStore
  readonly #errors: typeof errors
  readonly #reuseSeconds: number

  /** @param reuseSeconds how long a refresh token that was used is taken once more */
  constructor(model: string, store: AuthorizationStore, types: typeof errors, reuseSeconds: number) {
    this.#model = model
    this.#store = store
    this.#errors = types
    this.#reuseSeconds = reuseSeconds
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<undefined> {
    const { jti: _id, ...kept } = payload as StoredPayload
    const { grantId, uid } = payload
    const seconds = expiresIn ?? (this.#model === 'Client' ? unusedSeconds : undefined)
    if (typeof kept['client_secret'] === 'string') kept['client_secret'] = digest(kept['client_secret'])
    // the package notes the cookie of the session there, and does not use it
    if (this.#model === 'Interaction' && kept['session'] !== undefined)
      kept['session'] = { ...(kept['session'] as object), cookie: undefined }
    await this.#store.upsert(this.#model, this.#key(id), kept, { expiresIn: seconds, grantId, uid })
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const kept = await this.#store.find(this.#model, this.#key(id))
    if (kept === undefined) return undefined
    if (this.#again(kept)) delete kept.consumed
    return (this.#model === 'Client' ? kept : { ...kept, jti: id }) as AdapterPayload
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return (await this.#store.findByUid(this.#model, uid)) as AdapterPayload | undefined
  }

  /** Nothing that is offered has user codes. */
  async findByUserCode(): Promise<undefined> {}

  async consume(id: string): Promise<undefined> {
    const key = this.#key(id)
    if (await this.#store.consume(this.#model, key)) return
    const kept = await this.#store.find(this.#model, key)
    if (kept === undefined || !this.#again(kept)) throw new this.#errors.InvalidGrant('already used')
  }

  async destroy(id: string): Promise<undefined> {
    await this.#store.destroy(this.#model, this.#key(id))
  }

  async revokeByGrantId(grantId: string): Promise<undefined> {
    await this.#store.revokeByGrantId(this.#model, grantId)
  }

  /** Whether something was used so lately that it is taken once more. */
  #again({ consumed }: StoredPayload): boolean {
    return this.#model === 'RefreshToken' && consumed !== undefined && consumed + this.#reuseSeconds > Date.now() / 1000
  }

  #key(id: string): string {
    return open.has(this.#model) ? id : digest(id)
  }
}

/** What stands in the store for a secret: these are random, so that a plain hash cannot be turned round. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
