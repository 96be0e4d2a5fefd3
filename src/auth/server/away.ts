/** The way to where people log in elsewhere, and back: one state for each way, good once, and in one browser (SECBP-17 to SECBP-23). */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Provider } from 'oidc-provider'
import { digest } from './adapter.ts'
import type { Visit } from './consent.ts'
import { same } from './form.ts'
import type { Account, Settings } from './options.ts'
import { onwardPage, sendPage } from './page.ts'
import type { AuthorizationStore } from './store.ts'
import type { UpstreamLogin } from './upstream.ts'

/** Somebody who has come back. */
export interface Returned {
  /** What they were in the middle of. */
  uid: string
  /** Who it is; undefined when they may not log in here. Rejects when it cannot be told. */
  account(): Promise<Account | undefined>
}

/** How long somebody may be away, in seconds. */
const awaySeconds = 600

export class Away {
  readonly #upstream: UpstreamLogin
  readonly #settings: Settings
  readonly #store: AuthorizationStore

  constructor(upstream: UpstreamLogin, settings: Settings, store: AuthorizationStore) {
    this.#upstream = upstream
    this.#settings = settings
    this.#store = store
  }

  /** Sends a browser away, after somebody has agreed. */
  async send(provider: Provider, { req, res, interaction }: Visit): Promise<void> {
    const { uid } = interaction
    const [state, nonce, verifier] = [secret(), secret(), secret()]
    const url = await this.#upstream.begin(this.#redirectUri, { state, nonce, verifier })
    await this.#store.upsert('Away', digest(state), { uid, nonce, verifier }, { expiresIn: awaySeconds })
    const options = { ...this.#cookie, maxAge: awaySeconds * 1000 }
    provider.createContext(req, res).cookies.set(this.#cookieName(uid), state, options)
    const { name } = this.#upstream
    sendPage(res, 200, onwardPage('One moment', `You are sent to ${name} to sign in.`, 'Go on', url))
  }

  /** Who has come back; undefined when nobody was sent away with this state, or not from this browser. */
  async receive(provider: Provider, request: FastifyRequest, res: ServerResponse): Promise<Returned | undefined> {
    const { searchParams: answer } = new URL(request.raw.url ?? '', this.#settings.issuer)
    const state = answer.get('state') ?? ''
    const kept = await this.#store.find('Away', digest(state))
    if (kept === undefined) return undefined
    const { uid, nonce, verifier } = kept as { uid: string; nonce: string; verifier: string }
    const { cookies } = provider.createContext(request.raw, res)
    const expected = cookies.get(this.#cookieName(uid), { signed: true })
    if (expected === undefined || !same(expected, state)) return undefined
    if (!(await this.#store.consume('Away', digest(state)))) return undefined
    await this.#store.destroy('Away', digest(state))
    cookies.set(this.#cookieName(uid), null, this.#cookie)
    return { uid, account: () => this.#upstream.finish(this.#redirectUri, { state, nonce, verifier }, answer) }
  }

  get #redirectUri(): string {
    return `${this.#settings.issuer}/callback`
  }

  get #cookie() {
    return { path: '/', httpOnly: true, sameSite: 'lax', secure: this.#settings.https, signed: true } as const
  }

  #cookieName(uid: string): string {
    return `${this.#settings.https ? '__Host-' : ''}handwire-away-${uid}`
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}
