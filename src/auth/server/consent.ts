/** Asks people: who they are, and whether a client may act for them. Answers go to oidc-provider, which goes on from there. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Logger } from '../../protocol/ports.ts'
import { Away } from './away.ts'
import { type ConsentView, consentPage } from './consent-page.ts'
import { type Form, foreign, formToken, readForm, same } from './form.ts'
import { Logins } from './login.ts'
import type { Account, Settings } from './options.ts'
import { messagePage, onwardPage, sendPage } from './page.ts'
import { grantable, type People } from './people.ts'
import { interactionSeconds } from './provider.ts'
import { describeRedirect } from './redirects.ts'
import type { AuthorizationStore } from './store.ts'

type Interaction = InstanceType<Provider['Interaction']>

/** One exchange with a browser. */
export interface Visit {
  request: FastifyRequest
  req: IncomingMessage
  res: ServerResponse
  interaction: Interaction
  /** What the form has to name. */
  token: string
}

export class Consent {
  readonly #settings: Settings
  readonly #people: People
  readonly #log: Logger
  readonly #logins: Logins
  readonly #away: Away | undefined

  constructor(settings: Settings, people: People, store: AuthorizationStore, log: Logger) {
    const { accounts, upstream } = settings
    this.#settings = settings
    this.#people = people
    this.#log = log
    this.#logins = new Logins(accounts, log)
    this.#away = upstream === undefined ? undefined : new Away(upstream, settings, store)
  }

  /** Ties a request for consent to the browser in which it began. */
  begin(ctx: KoaContextWithOIDC, uid: string): void {
    const options = { ...this.#cookie, maxAge: interactionSeconds * 1000 }
    ctx.cookies.set(this.#cookieName(uid), randomBytes(32).toString('base64url'), options)
  }

  /** Answers a browser that asks for the page, or sends its form. */
  async serve(
    provider: Provider,
    request: FastifyRequest,
    req: IncomingMessage,
    res: ServerResponse,
    uid: string
  ): Promise<void> {
    const visit = await this.#visit(provider, request, req, res, uid)
    if (visit === undefined) return sendPage(res, 400, expired)
    if (visit.req.method !== 'POST') return this.#show(provider, visit, 200)
    const form = await readForm(visit.req)
    if (form === undefined) return sendPage(res, 413, messagePage('This cannot go on', ['The form is too long.']))
    if (foreign(visit.req) || !same(form.get('token'), visit.token)) {
      this.#log.warn({}, 'a form was refused that does not come from the page')
      return sendPage(res, 403, expired)
    }
    await this.#answer(provider, visit, form)
  }

  /** Answers a browser that comes back from where people log in elsewhere. */
  async back(provider: Provider, request: FastifyRequest, res: ServerResponse): Promise<void> {
    const returned = await this.#away?.receive(provider, request, res)
    const visit =
      returned === undefined ? undefined : await this.#visit(provider, request, request.raw, res, returned.uid)
    if (returned === undefined || visit === undefined) return sendPage(res, 400, expired)
    let account: Account | undefined
    try {
      account = await returned.account()
    } catch (error) {
      this.#log.warn({ err: error }, 'login elsewhere failed')
      return this.#show(provider, visit, 403, 'The login did not work. Try again.')
    }
    if (account === undefined) return this.#show(provider, visit, 403, 'You may not log in here with this account.')
    await this.#agree(provider, visit, account, true)
  }

  /** What a browser is in the middle of; undefined when that has ended, or was begun in another browser. */
  async #visit(
    provider: Provider,
    request: FastifyRequest,
    req: IncomingMessage,
    res: ServerResponse,
    uid: string
  ): Promise<Visit | undefined> {
    const secret = provider.createContext(req, res).cookies.get(this.#cookieName(uid), { signed: true })
    const interaction = secret === undefined ? undefined : await provider.Interaction.find(uid)
    if (secret === undefined || interaction === undefined) return undefined
    return { request, req, res, interaction, token: formToken(uid, secret) }
  }

  async #answer(provider: Provider, visit: Visit, form: Form): Promise<void> {
    const { interaction } = visit
    switch (form.get('action')) {
      case 'deny':
        return this.#finish(provider, visit, { error: 'access_denied', error_description: 'the user said no' })
      case 'switch':
        await this.#forget(provider, visit)
        return this.#show(provider, visit, 200)
      case 'allow':
        break
      default:
        return this.#show(provider, visit, 400, 'Choose one of the buttons.')
    }
    const known = await this.#current(interaction)
    const account = known ?? (await this.#logIn(provider, visit, form))
    if (account !== undefined) await this.#agree(provider, visit, account, known === undefined)
  }

  /** Somebody agrees. */
  async #agree(provider: Provider, visit: Visit, account: Account, anew: boolean): Promise<void> {
    const { interaction } = visit
    const granted = grantable(account, this.#asked(interaction))
    if (granted.length === 0) {
      const fault = `${account.name ?? account.subject} can allow nothing of this here.`
      return this.#show(provider, visit, 403, fault)
    }
    if (anew && interaction.session?.accountId !== account.subject) await this.#forget(provider, visit)
    await this.#people.remember(account)
    const grantId = await this.#grant(provider, interaction, account, granted)
    const login = anew ? { login: { accountId: account.subject, remember: false } } : {}
    await this.#finish(provider, visit, { ...login, consent: { grantId } })
  }

  /** Who logs in with this form; undefined when that was answered already. */
  async #logIn(provider: Provider, visit: Visit, form: Form): Promise<Account | undefined> {
    if (this.#away !== undefined) {
      await this.#away.send(provider, visit).catch((error: unknown) => {
        this.#log.warn({ err: error }, 'nobody can log in elsewhere')
        return this.#show(provider, visit, 503, `${this.#settings.upstream?.name} cannot be reached. Try again later.`)
      })
      return undefined
    }
    const [username, password] = [form.get('username').trim(), form.get('password')]
    const found = await this.#logins.attempt({ username, password, request: visit.request })
    if (!('fault' in found)) return found
    const { fault, retryAfter } = found
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    await this.#show(provider, visit, retryAfter === undefined ? 403 : 429, fault, username, headers)
    return undefined
  }

  /** Who is logged in already, unless the request wants that anew. */
  async #current({ session, prompt }: Interaction): Promise<Account | undefined> {
    if (session?.accountId === undefined || prompt.name === 'login') return undefined
    return this.#people.find(session.accountId)
  }

  /** Logs out whoever is logged in. */
  async #forget(provider: Provider, { req, res, interaction }: Visit): Promise<void> {
    const session = await provider.Session.get(provider.createContext(req, res) as never)
    await session.destroy()
    interaction.session = undefined
    await interaction.persist()
  }

  async #grant(provider: Provider, interaction: Interaction, account: Account, granted: string[]): Promise<string> {
    const { client_id: clientId, resource } = interaction.params
    const grant = new provider.Grant({ accountId: account.subject, clientId: clientId as string })
    const refused = this.#asked(interaction).filter((scope) => !granted.includes(scope))
    for (const indicator of [resource].flat() as string[]) {
      grant.addResourceScope(indicator, granted)
      if (refused.length > 0) grant.rejectResourceScope(indicator, refused)
    }
    const own = scopesOf(interaction).filter((scope) => scope === 'openid' || scope === 'offline_access')
    if (own.length > 0) grant.addOIDCScope(own)
    return grant.save()
  }

  /** Leaves the answer for oidc-provider, and sends the browser there. */
  async #finish(provider: Provider, visit: Visit, result: NonNullable<Interaction['result']>): Promise<void> {
    const { req, res, interaction } = visit
    interaction.result = result
    await interaction.persist()
    provider.createContext(req, res).cookies.set(this.#cookieName(interaction.uid), null, this.#cookie)
    // a page and no redirect: a browser would hold the whole chain of redirects, the client's own included, to our form-action
    sendPage(res, 200, onwardPage('One moment', 'You are sent back to the application.', 'Go on', interaction.returnTo))
  }

  async #show(
    provider: Provider,
    { res, interaction, token }: Visit,
    status: number,
    fault?: string,
    username?: string,
    headers?: Record<string, string>
  ): Promise<void> {
    const { client_id: id, redirect_uri: redirect } = interaction.params
    const [client, account] = await Promise.all([provider.Client.find(id as string), this.#current(interaction)])
    const { name: service, scopes } = this.#settings
    const asked = this.#asked(interaction)
    const view: ConsentView = {
      service,
      client: client?.clientName,
      redirect: describeRedirect(redirect as string),
      scopes: asked.map((scope) => [scope, scopes.get(scope) ?? ''] as const),
      account: account?.name ?? account?.subject,
      elsewhere: this.#settings.upstream?.name,
      action: `${this.#settings.mount}/interaction/${interaction.uid}`,
      token,
      fault,
      username
    }
    sendPage(res, status, consentPage(view), headers)
  }

  /** What a request asks for, of what there is. */
  #asked(interaction: Interaction): string[] {
    return scopesOf(interaction).filter((scope) => this.#settings.scopes.has(scope))
  }

  get #cookie() {
    return { path: '/', httpOnly: true, sameSite: 'lax', secure: this.#settings.https, signed: true } as const
  }

  #cookieName(uid: string): string {
    return `${this.#settings.https ? '__Host-' : ''}handwire-consent-${uid}`
  }
}

const expired = messagePage('This request has expired', [
  'It was answered already, or it was begun in another browser.',
  'Go back to the application and start again.'
])

function scopesOf({ params }: Interaction): string[] {
  return typeof params['scope'] === 'string' ? params['scope'].split(' ') : []
}
