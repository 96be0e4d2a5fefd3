/** Dynamic client registration (RFC 7591): the same metadata is the same client, and nobody can fill the store. */
import { createHash } from 'node:crypto'
import { DeclarationError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import { usedSeconds } from './adapter.ts'
import { Ceiling } from './ceiling.ts'
import { faultOfRedirects, isNative } from './redirects.ts'
import type { AuthorizationStore } from './store.ts'

/** How much may be registered. */
export interface RegistrationLimits {
  /** Most clients that are kept; 10,000 by default. */
  max?: number
  /** Most new clients a minute, from everybody together; 60 by default. */
  perMinute?: number
}

/** What a registration comes to: metadata to be registered, a client that was, or a refusal. */
export type Registration =
  | { metadata: ClientMetadata; id: string | undefined }
  | { known: Readonly<Record<string, unknown>> }
  | { error: 'invalid_redirect_uri' | 'invalid_client_metadata'; description: string }
  | { retryAfter: number }

/** What is taken of a client's metadata. */
export interface ClientMetadata {
  application_type: 'native' | 'web'
  client_name?: string
  client_uri?: string
  grant_types: string[]
  redirect_uris: string[]
  response_types: ['code']
  token_endpoint_auth_method: string
}

const methods: readonly string[] = ['none', 'client_secret_basic', 'client_secret_post']

export class Registrations {
  readonly #store: AuthorizationStore
  readonly #max: number
  readonly #ceiling: Ceiling

  /** Throws a DeclarationError for limits that let nobody in. */
  constructor(store: AuthorizationStore, { max = 10_000, perMinute = 60 }: RegistrationLimits) {
    if (!(max >= 1 && perMinute >= 1))
      throw new DeclarationError(
        'auth-registration',
        'authorizationServer: registration.max and perMinute are from 1 on'
      )
    this.#store = store
    this.#max = max
    this.#ceiling = new Ceiling(perMinute)
  }

  /**
   * What the metadata of a request comes to. A public client that is known already takes nothing of the limits; one with a
   * secret is new every time, because the secret is its own.
   */
  async consider(body: Record<string, unknown>): Promise<Registration> {
    const metadata = readMetadata(body)
    if ('error' in metadata) return metadata
    const id = metadata.token_endpoint_auth_method === 'none' ? clientId(metadata) : undefined
    const known = id === undefined ? undefined : await this.#store.find('Client', id)
    if (known !== undefined) return { known }
    const wait = this.#ceiling.take()
    if (wait !== undefined) return { retryAfter: wait }
    if ((await this.#store.count('Client')) >= this.#max) return { retryAfter: 3600 }
    return { metadata, id }
  }

  /** A client that gets tokens is kept longer than one that never did. */
  async used(id: string): Promise<void> {
    const kept = await this.#store.find('Client', id)
    const day = Math.floor(Date.now() / 86_400_000)
    if (kept === undefined || kept['used'] === day) return
    await this.#store.upsert('Client', id, { ...kept, used: day }, { expiresIn: usedSeconds })
  }
}

/**
 * The metadata that is taken. What is left out is not refused: keys and logos of clients are never fetched, and scopes are
 * asked for with each authorization instead, so that a client that registered for few can ask for more later.
 */
function readMetadata(body: Record<string, unknown>): ClientMetadata | (Registration & { error: string }) {
  const redirects = body['redirect_uris']
  const fault = faultOfRedirects(redirects)
  if (fault !== undefined) return { error: 'invalid_redirect_uri', description: fault }
  const invalid = (description: string) => ({ error: 'invalid_client_metadata', description }) as const
  const name = body['client_name']
  if (name !== undefined && typeof name !== 'string') return invalid('client_name must be a text')
  const method = body['token_endpoint_auth_method'] ?? 'none'
  if (typeof method !== 'string' || !methods.includes(method))
    return invalid(`token_endpoint_auth_method must be one of ${methods.join(', ')}`)
  const responses = body['response_types'] ?? ['code']
  if (!Array.isArray(responses) || !responses.includes('code')) return invalid('response_types must hold code')
  const grants = body['grant_types'] ?? ['authorization_code', 'refresh_token']
  if (!Array.isArray(grants) || !grants.includes('authorization_code'))
    return invalid('grant_types must hold authorization_code')
  const uris = redirects as string[]
  const told = plainName(name)
  const home = webUri(body['client_uri'])
  return {
    application_type: isNative(uris) || severalHosts(uris) || body['application_type'] === 'native' ? 'native' : 'web',
    ...(told === '' ? {} : { client_name: told }),
    ...(home === undefined ? {} : { client_uri: home }),
    grant_types: ['authorization_code', ...(grants.includes('refresh_token') ? ['refresh_token'] : [])],
    redirect_uris: [...new Set(uris)],
    response_types: ['code'],
    token_endpoint_auth_method: method
  }
}

/** A name as it may be shown: one line, without characters that turn the text around or cannot be seen. */
function plainName(name = ''): string {
  const plain = name
    .replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]+/gu, ' ')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .trim()
  return [...plain].slice(0, 100).join('')
}

function webUri(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || uri.length > 2048 || !URL.canParse(uri)) return undefined
  return /^https?:$/.test(new URL(uri).protocol) ? uri : undefined
}

/** A client of several hosts is asked about every time, as a native one is: people have allowed the host that they were shown. */
function severalHosts(uris: readonly string[]): boolean {
  return new Set(uris.map((uri) => new URL(uri).host)).size > 1
}

/** The id of a public client: a digest of what it said of itself. */
function clientId(metadata: ClientMetadata): string {
  const sorted = { ...metadata, redirect_uris: [...metadata.redirect_uris].sort() }
  const text = JSON.stringify(Object.entries(sorted).sort(([one], [other]) => (one < other ? -1 : 1)))
  return createHash('sha256').update(text).digest('base64url')
}

/** The metadata that stands in a body; undefined when it is no JSON object. */
export function readRegistration(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    return isObject(value) ? value : undefined
  } catch {
    // no JSON
    return undefined
  }
}
