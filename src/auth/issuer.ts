/** What an issuer publishes of itself: found by RFC 8414, then by OpenID Connect Discovery (AUTH-28 seen from the server). */
import { DeclarationError } from '../protocol/errors.ts'
import { isObject } from '../protocol/frame.ts'
import { fetchJson } from './fetch-json.ts'
import { secure } from './resource.ts'
import { UnreachableError } from './verifier.ts'

/** The members of an issuer's metadata (RFC 8414 section 2) that a resource server uses. */
export interface IssuerMetadata {
  issuer: string
  jwksUri: string | undefined
  introspectionEndpoint: string | undefined
}

/** How long an issuer that could not be reached is left alone, in milliseconds. */
const cooldownMs = 5000
/** How long its metadata is taken for fresh, in milliseconds. */
const freshMs = 3_600_000

/**
 * The places of an issuer's metadata, in the order in which they are asked.
 * With a path: RFC 8414 section 3.1 inserts before it, OpenID appends behind it.
 */
export function metadataPlaces(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/openid-configuration${path}`
  ]
  return [...new Set(places)]
}

/** Throws a DeclarationError for an issuer that is no URL to trust. */
export function checkIssuer(issuer: unknown): asserts issuer is string {
  if (typeof issuer === 'string' && URL.canParse(issuer) && secure(new URL(issuer)) && !/[?#]/.test(issuer)) return
  throw new DeclarationError(
    'auth-issuer',
    `auth: issuer ${JSON.stringify(issuer)} is no https URL without query and fragment, as its tokens carry it in "iss"`
  )
}

/** One issuer, asked when it is first needed, and not again before it may have changed. */
export class Issuer {
  readonly url: string
  readonly #timeoutMs: number
  readonly #now: () => number
  #known: { metadata: IssuerMetadata; at: number } | undefined
  #asking: Promise<IssuerMetadata> | undefined
  #failed: { error: unknown; at: number } | undefined

  /** @param now milliseconds since 1970 */
  constructor(url: string, timeoutMs: number, now: () => number) {
    checkIssuer(url)
    this.url = url
    this.#timeoutMs = timeoutMs
    this.#now = now
  }

  /** Its metadata. Rejects with an UnreachableError; what was known stays good while the issuer is away. */
  async metadata(): Promise<IssuerMetadata> {
    const now = this.#now()
    if (this.#known !== undefined && now - this.#known.at < freshMs) return this.#known.metadata
    if (this.#failed !== undefined && now - this.#failed.at < cooldownMs) return this.#stale(this.#failed.error)
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    try {
      return await this.#asking
    } catch (error) {
      this.#failed = { error, at: this.#now() }
      return this.#stale(error)
    }
  }

  #stale(error: unknown): IssuerMetadata {
    if (this.#known === undefined) throw error
    return this.#known.metadata
  }

  async #ask(): Promise<IssuerMetadata> {
    let failure: unknown
    for (const place of metadataPlaces(this.url)) {
      // an issuer that knows one of the places alone may answer at the others with anything
      const { value } = await fetchJson(place, this.#timeoutMs).catch((error: unknown) => {
        failure ??= error
        return { value: undefined }
      })
      if (value === undefined) continue
      const metadata = this.#read(place, value)
      this.#known = { metadata, at: this.#now() }
      this.#failed = undefined
      return metadata
    }
    throw failure ?? new UnreachableError(`${this.url} publishes no metadata`)
  }

  /** Metadata of another issuer is that of a stranger (RFC 8414 section 3.3). */
  #read(place: string, value: unknown): IssuerMetadata {
    const text = (name: string): string | undefined => {
      const member = isObject(value) ? value[name] : undefined
      if (member === undefined) return undefined
      // an issuer in the web has nothing on this machine
      const fits = (url: string): boolean => url.startsWith('https:') || !this.url.startsWith('https:')
      if (typeof member === 'string' && URL.canParse(member) && fits(new URL(member).href)) return member
      throw new UnreachableError(`${place}: ${name} is no URL to trust`)
    }
    const issuer = isObject(value) ? value['issuer'] : undefined
    if (issuer !== this.url)
      throw new UnreachableError(
        `${place} is the metadata of ${JSON.stringify(issuer)?.slice(0, 200)}, not of ${this.url}`
      )
    return { issuer: this.url, jwksUri: text('jwks_uri'), introspectionEndpoint: text('introspection_endpoint') }
  }
}
