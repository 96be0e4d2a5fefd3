/** The guard of one endpoint: its chain of verifiers, what it tells those whom it does not let in, and its metadata. */
import type { IncomingMessage } from 'node:http'
import { DeclarationError, ProtocolError } from '../protocol/errors.ts'
import { type Awaitable, isLater, type Logger } from '../protocol/ports.ts'
import { lackingScopes, type Principal, scopeToken } from '../protocol/principal.ts'
import type { Lent } from '../protocol/register.ts'
import { logThrown } from '../protocol/thrown.ts'
import { readBearer } from './bearer.ts'
import { type ChallengeBase, challengeOf } from './challenge.ts'
import { canonicalResource, metadataDocument, metadataPath, metadataUrl } from './resource.ts'
import { isStatic } from './static.ts'
import {
  type HostCheck,
  type HostPrincipal,
  type Issued,
  TokenError,
  UnreachableError,
  type Verifier
} from './verifier.ts'

/** What an endpoint may be guarded by: one verifier or check, or a chain of them, of which the first that knows decides. */
export type Auth = Verifier | HostCheck | readonly (Verifier | HostCheck)[]

/** The metadata of an endpoint, and the path at which clients look for it. */
export interface Metadata {
  path: string
  document: object
}

/** A request to be verified. */
interface Candidate {
  raw: IncomingMessage
  /** What a check of the host's is given. */
  lent: NonNullable<Lent>
  /** The log of its exchange. */
  logger: Logger
}

export class Guard {
  /** The endpoint's public URL, where tokens are issued for it. */
  readonly resource: string | undefined
  readonly metadata: Metadata | undefined
  /** Those of the chain that are no checks of the host's. */
  readonly verifiers: readonly Verifier[]
  readonly #chain: readonly (Verifier | HostCheck)[]
  readonly #base: ChallengeBase

  /**
   * @param name who the server is, for people
   * Throws a DeclarationError for an empty chain, and for verifiers whose tokens are for different endpoints.
   */
  constructor(auth: Auth, name: string) {
    const chain = Array.isArray(auth) ? (auth as readonly (Verifier | HostCheck)[]) : [auth as Verifier | HostCheck]
    if (chain.length === 0)
      throw new DeclarationError(
        'auth-empty',
        'auth: nobody could be let in by an empty chain: give a verifier, or `auth: false` to let everybody in'
      )
    for (const entry of chain) checkEntry(entry)
    if (chain.filter(isStatic).length > 1)
      throw new DeclarationError(
        'auth-token',
        'auth: a chain has one staticTokens([…]), with all tokens: the first would refuse those of the second'
      )
    this.#chain = chain
    this.verifiers = chain.filter((entry) => typeof entry !== 'function')
    checkScopes(this.verifiers)
    const issued = mergeIssued(this.verifiers)
    this.resource = issued?.resource
    this.#base = {
      metadata: issued === undefined ? undefined : metadataUrl(issued.resource),
      realm: name,
      scopes: [...new Set(this.verifiers.flatMap(({ required = [] }) => required))]
    }
    this.metadata =
      issued === undefined
        ? undefined
        : { path: metadataPath(issued.resource), document: metadataDocument(issued, name) }
  }

  /**
   * Who a request comes from. Throws or rejects with `unauthorized`, `malformedAuthorization`, `invalidToken`,
   * `insufficientScope`, `cannotVerify` or `internal`, or with an error of a host's check; why a token is not good is told to
   * the log alone.
   */
  verify(candidate: Candidate): Awaitable<Principal> {
    let token: string | undefined
    let without: ProtocolError | undefined
    try {
      token = readBearer(candidate.raw)
    } catch (error) {
      without = error as ProtocolError
      // a check of the host's may look at something else
      if (without.kind !== 'unauthorized' || this.#chain.length === this.verifiers.length) throw error
    }
    return this.#ask(candidate, token, 0, without)
  }

  /** The WWW-Authenticate header of a refusal; undefined for one that has nothing to do with authorization. */
  challenge(error: ProtocolError): string | undefined {
    return challengeOf(error, this.#base)
  }

  /** Makes the verifiers ready; rejects with what keeps one from working. */
  async ready(): Promise<void> {
    for (const verifier of this.verifiers) await verifier.ready?.()
  }

  async close(): Promise<void> {
    for (const verifier of this.verifiers) await verifier.close?.()
  }

  /** Asks the chain, from one place on. */
  #ask(
    candidate: Candidate,
    token: string | undefined,
    from: number,
    without: ProtocolError | undefined
  ): Awaitable<Principal> {
    for (let place = from; place < this.#chain.length; place += 1) {
      const entry = this.#chain[place] as Verifier | HostCheck
      if (typeof entry !== 'function' && token === undefined) continue
      const scopes = typeof entry === 'function' ? [] : (entry.required ?? [])
      let answer: Awaitable<Principal | undefined>
      try {
        answer = whole(
          typeof entry === 'function' ? entry(candidate.lent) : entry.verify(token as string, candidate.raw.socket),
          typeof entry !== 'function'
        )
      } catch (error) {
        throw refusal(error, candidate)
      }
      if (isLater(answer)) {
        return answer.then(
          (principal) =>
            principal === undefined ? this.#ask(candidate, token, place + 1, without) : admit(principal, scopes),
          (error) => {
            throw refusal(error, candidate)
          }
        )
      }
      if (answer !== undefined) return admit(answer, scopes)
    }
    if (without !== undefined) throw without
    candidate.logger.info({}, 'access token refused: nobody recognises it')
    throw new ProtocolError('invalidToken', { expected: goodToken })
  }
}

const goodToken = 'a token that was issued for this endpoint and has not ended'

function admit(principal: Principal, required: readonly string[]): Principal {
  if (lackingScopes(principal, required).length > 0) throw new ProtocolError('insufficientScope', { scopes: required })
  return principal
}

/** What a verifier, or a check of the host's, says, made whole. Nobody gets in whose subject is not told: throws a TypeError. */
function whole(
  said: Awaitable<Principal | HostPrincipal | undefined>,
  kept: boolean
): Awaitable<Principal | undefined> {
  if (isLater(said)) return said.then((principal) => wholeNow(principal, kept))
  return wholeNow(said, kept)
}

/** A verifier's own is `kept` as it is; of a host's, which may be an object that changes with each login, a copy is taken. */
function wholeNow(said: Principal | HostPrincipal | undefined | null, kept: boolean): Principal | undefined {
  // a check that is not typed may say null for nobody
  if (said === undefined || said === null) return undefined
  if (typeof said.subject !== 'string' || said.subject === '') throw new TypeError('a principal has a subject')
  const { issuer = 'host', scopes = [] } = said
  // in a text any part of it would be found
  if (!(Array.isArray(scopes) && scopes.every((one) => typeof one === 'string')))
    throw new TypeError('the scopes of a principal are a list of texts: split a text at its spaces')
  if (kept && said.issuer !== undefined && said.scopes !== undefined) return said as Principal
  if (!kept) checkEnd(said.expiresAt)
  return { ...said, issuer, scopes }
}

/** Whether what a check of the host's says holds still. Throws a TokenError for one that has ended. */
function checkEnd(expiresAt: unknown): void {
  if (expiresAt === undefined) return
  if (typeof expiresAt !== 'number') throw new TypeError('expiresAt of a principal is in seconds since 1970')
  if (!(expiresAt * 1000 > Date.now())) throw new TokenError('what the check of the API says of who calls has ended')
}

/** What a failed verification is answered with; whose fault it is decides where it is told. */
function refusal(error: unknown, { raw, logger }: Candidate): unknown {
  if (error instanceof ProtocolError) return error
  // whoever sent no token, to a check of the host's, is not told of one that is bad (RFC 6750 section 3.1)
  const noToken = raw.headers.authorization === undefined
  if (error instanceof TokenError) {
    logger.info({ reason: error.message }, 'access token refused')
    return noToken ? new ProtocolError('unauthorized') : new ProtocolError('invalidToken', { expected: goodToken })
  }
  if (error instanceof UnreachableError) {
    logThrown(logger, 'warn', error, 'access tokens cannot be verified')
    return new ProtocolError('cannotVerify')
  }
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode
  if (status === 401) return new ProtocolError(noToken ? 'unauthorized' : 'invalidToken')
  if (typeof status === 'number') return error
  logThrown(logger, 'error', error, 'verifier failed')
  return new ProtocolError('internal')
}

/** Throws a DeclarationError for what can verify nobody, and would refuse everybody without a word. */
function checkEntry(entry: unknown): void {
  if (typeof entry === 'function' || typeof (entry as Partial<Verifier> | null | undefined)?.verify === 'function')
    return
  throw new DeclarationError(
    'auth-verifier',
    'auth: each entry is a verifier, such as staticTokens([…]) or jwt({…}) give, or a function (request) => principal'
  )
}

/** Throws a DeclarationError for a scope that no token can have. */
function checkScopes(verifiers: readonly Verifier[]): void {
  for (const { required = [] } of verifiers)
    if (!Array.isArray(required))
      throw new DeclarationError('scope', `auth: required is a list of scopes: write ['${String(required)}']`)
  const all = verifiers.flatMap(({ required = [], issued }) => [...required, ...(issued?.scopes ?? [])])
  const wrong = all.find((scope) => typeof scope !== 'string' || !scopeToken.test(scope))
  if (wrong !== undefined)
    throw new DeclarationError(
      'scope',
      `auth: ${JSON.stringify(wrong)} is no scope: it is printable ASCII without spaces, quotes and backslashes; give several as a list`
    )
}

/** Where clients get tokens, from all verifiers of a chain together. */
function mergeIssued(verifiers: readonly Verifier[]): Issued | undefined {
  const all = verifiers.flatMap(({ issued }) => (issued === undefined ? [] : [issued]))
  const [first] = all
  if (first === undefined) return undefined
  const resource = canonicalResource(first.resource)
  const other = all.find((issued) => canonicalResource(issued.resource) !== resource)
  if (other !== undefined)
    throw new DeclarationError(
      'auth-resource',
      `auth: one endpoint is one resource, and its verifiers name ${resource} and ${other.resource}: give them the same`
    )
  const issuers = [...new Set(all.flatMap((issued) => issued.issuers))]
  return { resource, issuers, scopes: [...new Set(all.flatMap(({ scopes = [] }) => scopes))] }
}
