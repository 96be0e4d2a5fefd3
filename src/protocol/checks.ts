/**
 * What an arriving message must pass, in order; the first refusal wins.
 * Shape is frame.ts's; revision and session come first for every message, then method, capability and params of a request.
 */
import { ProtocolError } from './errors.ts'
import { isObject, type NotificationMessage, type RequestMessage } from './frame.ts'
import { type MethodRow, notificationMethods, requestMethods } from './methods.ts'
import { ownerOf, type Principal } from './principal.ts'
import { explain } from './schema.ts'
import type { Session } from './session.ts'

/** What the shell knows of the sender besides the message: on HTTP from the headers. */
export interface Claims {
  session: string | undefined
  /** MCP-Protocol-Version, as it came. */
  revision: string | undefined
  /** The transport itself is the session, as on stdio: nobody has to name one. */
  implicit?: boolean
  /** Who the sender was verified to be; undefined where nobody is. */
  principal?: Principal | undefined
}

/**
 * A request may be served only where its session is alive, belongs to whoever asks, and speaks the revision of its header.
 * A session of somebody else is none: nobody learns that there is one (SECBP-34).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkSession, ProtocolError } from 'handwire/protocol'
 *
 * const claims = { session: 'no-such-session', revision: undefined }
 * assert.throws(
 *   () => checkSession(claims, undefined),
 *   (error) => error instanceof ProtocolError && error.kind === 'unknownSession'
 * )
 * ```
 */
export function checkSession(claims: Claims, session: Session | undefined): Session {
  if (claims.session === undefined) {
    if (claims.implicit === true) throw new ProtocolError('notInitialized', { expected: 'initialize' })
    throw new ProtocolError('noSession', { expected: 'the Mcp-Session-Id that initialize returned' })
  }
  if (session === undefined || session.owner !== ownerOf(claims.principal)) {
    throw new ProtocolError('unknownSession', { expected: 'a session that is alive: send initialize again' })
  }
  if (claims.revision !== undefined && claims.revision !== session.revision) {
    throw new ProtocolError('wrongRevision', { expected: session.revision, received: claims.revision })
  }
  return session
}

const requestChecks: readonly ((message: RequestMessage, session: Session) => void)[] = [
  function method(message) {
    if (!requestMethods.has(message.method))
      throw new ProtocolError('unknownMethod', { subject: message.method, received: message.method })
  },
  function capability(message, session) {
    const needs = rowOf(message).needs
    if (needs === undefined) return
    const offered = session.offered[needs.capability]
    if (
      offered === undefined ||
      (needs.member !== undefined && (offered as Record<string, unknown>)[needs.member] !== true)
    ) {
      throw new ProtocolError('notOffered', {
        subject: message.method,
        expected: 'a method of a capability that initialize offered',
        received: message.method
      })
    }
  },
  function params(message) {
    checkParams(message)
  }
]

/**
 * Everything a request must pass once its session stands. Throws unknownMethod, notOffered, or what its row says of bad params.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkRequest, ProtocolError, type Session } from 'handwire/protocol'
 *
 * const session: Session = {
 *   id: 's',
 *   revision: '2025-06-18',
 *   client: { info: { name: 'client', version: '1' }, capabilities: {} },
 *   offered: { tools: {} },
 *   ready: true,
 *   level: 'info',
 *   subscriptions: [],
 *   data: {}
 * }
 * checkRequest({ is: 'request', id: 1, method: 'tools/list', params: {} }, session)
 * assert.throws(
 *   () => checkRequest({ is: 'request', id: 2, method: 'prompts/list', params: {} }, session),
 *   (error) => error instanceof ProtocolError && error.kind === 'notOffered'
 * )
 * ```
 */
export function checkRequest(message: RequestMessage, session: Session): void {
  for (const check of requestChecks) check(message, session)
}

/** The params of a request against the schema of its method. */
export function checkParams(message: RequestMessage): void {
  const row = rowOf(message)
  if (message.params === undefined && row.bare) return
  const validate = row.params()
  const params = message.params ?? {}
  if (validate(params)) return
  const why = explain(validate.errors)
  const cursor = params['cursor']
  const wrong =
    row.wrong === 'invalidParams' && cursor !== undefined && typeof cursor !== 'string' ? 'wrongCursor' : row.wrong
  const level = wrong === 'wrongLevel' ? params['level'] : undefined
  throw new ProtocolError(wrong, { subject: why, expected: why, received: level ?? message.params })
}

/** Whether a notification is one we know, with params that fit; others are ignored (RPC-31, CANCEL-18). */
export function fits(message: NotificationMessage): boolean {
  const row = notificationMethods.get(message.method)
  if (row === undefined) return false
  if (message.params === undefined) return row.bare
  return row.params()(message.params)
}

/** The progress token of a request: a string or an integer, 0 and '' included (PROG-01, PROG-06). */
export function progressToken(params: Record<string, unknown> | undefined): string | number | undefined {
  const meta = params?.['_meta']
  return isObject(meta) ? (meta['progressToken'] as string | number | undefined) : undefined
}

function rowOf(message: RequestMessage): MethodRow {
  return requestMethods.get(message.method) as MethodRow
}
