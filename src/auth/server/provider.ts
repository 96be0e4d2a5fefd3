/** oidc-provider, set up: which of it is offered, for how long things last, and what its URLs and pages are. */
import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type {
  ClientAuthMethod,
  Configuration,
  errors,
  interactionPolicy,
  KoaContextWithOIDC,
  Provider
} from 'oidc-provider'
import { DeclarationError } from '../../protocol/errors.ts'
import type { Logger } from '../../protocol/ports.ts'
import { namesResource } from '../resource.ts'
import { digest, StoreAdapter } from './adapter.ts'
import { explain } from './explain.ts'
import { algorithm, type Keys } from './keys.ts'
import { grantSeconds, type Settings } from './options.ts'
import { messagePage, onwardPage, pageHeaders } from './page.ts'
import { grantable, type People } from './people.ts'
import { isNative } from './redirects.ts'
import type { AuthorizationStore } from './store.ts'

/** What oidc-provider is set up with. */
export interface ProviderParts {
  settings: Settings
  /** The endpoints that tokens may be for: the first is meant when a client names none. */
  resources: ReadonlySet<string>
  keys: Keys
  store: AuthorizationStore
  people: People
  log: Logger
  /** Called for every authorization that somebody has to be asked about. */
  asked(ctx: KoaContextWithOIDC, uid: string): void
  /** The id that a client is to get, by the request that registers it. */
  ids: WeakMap<IncomingMessage, string>
}

/** How long people stay logged in at the page, in seconds: eight hours, or until the browser is closed. */
const sessionSeconds = 8 * 3600
/** How long somebody may think, in seconds. */
export const interactionSeconds = 1800
/** How long an access token lasts, in seconds. */
export const accessSeconds = 600

/** What this server needs of the package. */
export interface Package {
  Provider: typeof Provider
  errors: typeof errors
  interactionPolicy: typeof interactionPolicy
}

let loading: Promise<Package> | undefined

/** Loads the package; what it says to the console goes to the log. Throws a DeclarationError when it is not installed. */
export function loadProvider(log: Logger): Promise<Package> {
  // once, because the console is another while it loads
  loading ??= load(log)
  return loading
}

async function load(log: Logger): Promise<Package> {
  const { warn } = console
  console.warn = (...said: unknown[]) => {
    if (String(said[0]).includes('oidc-provider ')) log.warn({ said: said[0] }, 'oidc-provider has a warning')
    else warn(...said)
  }
  try {
    const [{ Provider, errors, interactionPolicy }] = await Promise.all([import('oidc-provider'), import('jose')])
    return { Provider, errors, interactionPolicy }
  } catch {
    throw new DeclarationError(
      'auth-provider',
      'authorizationServer: the packages oidc-provider and jose are not installed: npm install oidc-provider jose'
    )
  } finally {
    console.warn = warn
  }
}

/** Sets up the package. Every URL it tells is made from the issuer, never from what a request says of itself. */
export function buildProvider(loaded: Package, parts: ProviderParts): Provider {
  const { Provider, errors } = loaded
  const { settings, store, log } = parts
  const { issuer, https } = settings
  const provider = new Provider(issuer, {
    ...configuration(parts, loaded),
    adapter: (model: string) => new StoreAdapter(model, store, errors, settings.reuseSeconds)
  })
  const { host, protocol } = new URL(issuer)
  Object.defineProperties(provider.request, {
    host: { get: () => host },
    protocol: { get: () => protocol.slice(0, -1) },
    secure: { get: () => https }
  })
  provider.OIDCContext.prototype.urlFor = (name, options) => provider.urlFor(name, options)
  // a client's secret stands in the store by its digest
  provider.Client.prototype.compareClientSecret = function (actual: string) {
    return digest(actual) === (this as unknown as { clientSecret: string }).clientSecret
  }
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.path.startsWith('/.well-known/')) describe(ctx.body, settings)
    else leave(ctx as KoaContextWithOIDC)
  })
  const koa: EventEmitter = provider
  koa.on('error', (error) => log.error({ err: error }, 'authorization server failed'))
  provider.on('server_error', (_ctx, error) => log.error({ err: error }, 'authorization server failed'))
  return provider
}

function configuration(parts: ProviderParts, { errors: types, interactionPolicy }: Package): Configuration {
  const { settings, resources, keys, people, asked, ids } = parts
  const { mount, https, scopes, refreshSeconds } = settings
  const tag = digest(settings.issuer).slice(0, 6)
  const cookie = { httpOnly: true, sameSite: 'lax', secure: https, signed: true } as const
  const [signing] = keys.signing
  const off = { enabled: false }
  const policy = interactionPolicy.base()
  const { Check } = interactionPolicy
  // whoever is logged in, and may have no tokens any more, logs in as somebody else
  const gone = new Check(
    'gone',
    'the account is gone',
    ({ oidc }) => oidc.session?.accountId !== undefined && !oidc.account
  )
  policy.get('login')?.checks.add(gone)
  return {
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'] satisfies ClientAuthMethod[],
    clientBasedCORS: () => true,
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: algorithm,
      response_modes: ['query'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none'
    },
    clockTolerance: 5,
    cookies: {
      keys: keys.cookies,
      long: { ...cookie, path: '/' },
      short: cookie,
      names: {
        session: `${https ? '__Host-' : ''}handwire-${tag}`,
        // the package ties these two to their paths, which __Host- forbids; what counts is the cookie of the page
        interaction: `${https ? '__Secure-' : ''}handwire-${tag}-asked`,
        resume: `${https ? '__Secure-' : ''}handwire-${tag}-resume`
      }
    },
    expiresWithSession: () => false,
    extraTokenClaims: (_ctx, token) => ('grantId' in token ? { grant: token.grantId } : {}),
    features: {
      devInteractions: off,
      dPoP: off,
      pushedAuthorizationRequests: off,
      registration: {
        enabled: true,
        idFactory: (ctx) => ids.get(ctx.req) ?? digest(crypto.randomUUID()),
        issueRegistrationAccessToken: false
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => settings.resource,
        useGrantedResource: () => true,
        async getResourceServerInfo(ctx, indicator) {
          const audience = [...resources].find((resource) => namesResource(indicator, resource))
          if (audience === undefined) throw new types.InvalidTarget()
          const subject = ctx.oidc.entities.Account?.accountId
          const account = subject === undefined ? undefined : await people.find(subject)
          const offered = account === undefined ? [...scopes.keys()] : grantable(account, [...scopes.keys()])
          return {
            audience,
            scope: offered.join(' '),
            accessTokenFormat: 'jwt',
            accessTokenTTL: accessSeconds,
            jwt: { sign: { alg: algorithm, kid: signing?.kid as string } }
          }
        }
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: off,
      userinfo: off
    },
    findAccount: async (_ctx, subject) =>
      (await people.find(subject)) === undefined ? undefined : { accountId: subject, claims: () => ({ sub: subject }) },
    interactions: {
      policy,
      url(ctx, { uid }) {
        asked(ctx, uid)
        return `${mount}/interaction/${uid}`
      }
    },
    // a client that can use one gets it: people would have to log in every ten minutes
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    jwks: { keys: keys.signing as never },
    pkce: { required: () => true },
    renderError(ctx, { error, error_description: description }) {
      ctx.set(pageHeaders)
      ctx.body = messagePage('This cannot go on', explain(error, description))
    },
    responseTypes: ['code'],
    rotateRefreshToken: true,
    routes: {
      authorization: '/authorize',
      jwks: '/jwks',
      registration: '/register',
      revocation: '/revoke',
      token: '/token'
    },
    scopes: ['openid', 'offline_access'],
    ttl: {
      AccessToken: accessSeconds,
      AuthorizationCode: 60,
      Grant: grantSeconds,
      IdToken: accessSeconds,
      Interaction: interactionSeconds,
      RefreshToken: refreshSeconds,
      Session: sessionSeconds
    }
  }
}

/** Completes the metadata document (RFC 8414). */
function describe(document: unknown, { scopes }: Settings): void {
  if (typeof document !== 'object' || document === null) return
  Object.assign(document, {
    response_modes_supported: ['query'],
    revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    scopes_supported: ['openid', 'offline_access', ...scopes.keys()]
  })
}

/** A program that is opened by a link of its own scheme leaves the browser where it is: with a page that says so. */
function leave(ctx: KoaContextWithOIDC): void {
  const location = ctx.response.get('location')
  if (location === '' || !URL.canParse(location)) return
  const to = new URL(location)
  if (/^https?:$/.test(to.protocol)) {
    // anybody may register any site: a link to us must lead nowhere else before somebody was asked (RFC 9700 section 4.11.2)
    const asked = ctx.oidc?.entities?.Interaction !== undefined || ctx.oidc?.entities?.AuthorizationCode !== undefined
    const own = to.origin === new URL(ctx.oidc?.issuer ?? location).origin
    if (own || asked || isNative([location])) return
    ctx.remove('location')
    ctx.status = 400
    ctx.set(pageHeaders)
    const why = explain(
      to.searchParams.get('error') ?? 'invalid_request',
      to.searchParams.get('error_description') ?? ''
    )
    ctx.body = messagePage('This cannot go on', why)
    return
  }
  ctx.remove('location')
  ctx.status = 200
  ctx.set(pageHeaders)
  const scheme = new URL(location).protocol.slice(0, -1)
  ctx.body = onwardPage(
    'Back to your application',
    'You can close this page when it has opened.',
    `Open ${scheme}`,
    location
  )
}
