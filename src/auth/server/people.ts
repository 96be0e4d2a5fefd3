/** Who has logged in, as far as tokens care: asked for again before each new token. */
import { digest } from './adapter.ts'
import { type Account, type Accounts, grantSeconds } from './options.ts'
import type { AuthorizationStore } from './store.ts'

export class People {
  readonly #accounts: Accounts
  readonly #store: AuthorizationStore

  constructor(accounts: Accounts, store: AuthorizationStore) {
    this.#accounts = accounts
    this.#store = store
  }

  /** Keeps who has logged in, for as long as anything they agree to now can last. */
  async remember({ subject, name, scopes }: Account): Promise<void> {
    const kept = { subject, name, scopes }
    await this.#store.upsert('Account', digest(subject), kept, { expiresIn: grantSeconds })
  }

  /** Somebody who has logged in before; undefined when they may have no tokens any more. */
  async find(subject: string): Promise<Account | undefined> {
    if (this.#accounts.find !== undefined) return this.#accounts.find(subject)
    return (await this.#store.find('Account', digest(subject))) as unknown as Account | undefined
  }
}

/** Those of the scopes that somebody can grant. */
export function grantable({ scopes }: Account, asked: readonly string[]): string[] {
  // of a text `includes` would find parts
  if (scopes !== undefined && !Array.isArray(scopes))
    throw new TypeError('the scopes of an account are a list of texts')
  return asked.filter((scope) => scopes?.includes(scope) ?? true)
}
