/** Names and passwords, tried one at a time: guesses are slow, whoever they are for. */
import type { Logger } from '../../protocol/ports.ts'
import { Ceiling, Failures } from './ceiling.ts'
import type { Account, Accounts, Attempt } from './options.ts'

/** How many passwords are checked at once: each check takes memory and time. */
const mostAtOnce = 4
/** How many are checked a minute, whoever they are of: so that guesses of many names are slow, too. */
const perMinute = 120

/** Why nobody was logged in, for people, and when to try again. */
export interface Refused {
  fault: string
  retryAfter?: number
}

export class Logins {
  readonly #accounts: Accounts
  readonly #log: Logger
  readonly #failures = new Failures()
  readonly #ceiling = new Ceiling(perMinute)
  #atOnce = 0

  constructor(accounts: Accounts, log: Logger) {
    this.#accounts = accounts
    this.#log = log
  }

  /** Who it is, or why nobody was logged in. */
  async attempt(attempt: Attempt): Promise<Account | Refused> {
    // an authenticator may take a name in any letters: they are one name here
    const username = attempt.username.normalize('NFKC').toLowerCase()
    const wait = this.#failures.wait(username) || (this.#ceiling.take() ?? 0)
    if (wait > 0 || this.#atOnce >= mostAtOnce) {
      const retryAfter = Math.max(1, wait)
      return { fault: `Too many attempts. Try again in ${retryAfter} s.`, retryAfter }
    }
    this.#atOnce += 1
    // counted before it is known, so that attempts at the same moment are counted, too
    this.#failures.failed(username)
    let account: Account | undefined
    try {
      account = username === '' ? undefined : await this.#accounts.authenticate(attempt)
    } finally {
      this.#atOnce -= 1
    }
    if (account === undefined) {
      this.#log.info({}, 'login failed')
      return { fault: 'The name or the password is wrong.' }
    }
    this.#failures.succeeded(username)
    return account
  }
}
