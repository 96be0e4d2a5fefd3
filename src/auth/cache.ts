/**
 * Principals whose tokens were verified a moment ago, by the digest of the token: the token itself is kept only with the
 * connection that it came by, which has it anyway. A client sends the same token by the same connection again and again, and a
 * digest costs more than everything else that is done to verify it.
 */
import { hash } from 'node:crypto'
import type { Principal } from '../protocol/principal.ts'

interface Kept {
  principal: Principal
  /** Milliseconds since 1970. */
  until: number
}

export class PrincipalCache {
  readonly #kept = new Map<string, Kept>()
  readonly #near = new WeakMap<object, { token: string; kept: Kept }>()
  readonly #keptMs: number
  readonly #max: number
  readonly #now: () => number

  /**
   * @param keptMs longest time for which a principal is kept; 0 keeps none
   * @param max most principals that are kept
   * @param now milliseconds since 1970
   */
  constructor(keptMs: number, max: number, now: () => number) {
    this.#keptMs = keptMs
    this.#max = max
    this.#now = now
  }

  /** The principal of a token that was kept; undefined when it has to be verified. `connection` is what it came by. */
  get(token: string, connection: object): Principal | undefined {
    if (this.#kept.size === 0) return undefined
    const near = this.#near.get(connection)
    if (near?.token === token && near.kept.until > this.#now()) return near.kept.principal
    const key = hash('sha256', token, 'base64')
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    if (kept.until > this.#now()) {
      this.#near.set(connection, { token, kept })
      return kept.principal
    }
    this.#kept.delete(key)
    return undefined
  }

  /**
   * Keeps the principal of a good token, never longer than the token itself lasts.
   * @param latest when it has to be verified again at the latest, in milliseconds since 1970
   */
  keep(token: string, principal: Principal, latest = Number.POSITIVE_INFINITY): void {
    const now = this.#now()
    const until = Math.min(now + this.#keptMs, latest, (principal.expiresAt ?? Number.POSITIVE_INFINITY) * 1000)
    if (until <= now) return
    // the oldest goes: a map keeps the order in which its entries came
    if (this.#kept.size >= this.#max) this.#kept.delete(this.#kept.keys().next().value as string)
    this.#kept.set(hash('sha256', token, 'base64'), { principal, until })
  }
}
