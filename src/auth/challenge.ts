/** The WWW-Authenticate header of a refusal (RFC 6750 section 3, RFC 9728 section 5.1). */
import type { ErrorName, ProtocolError } from '../protocol/errors.ts'

/** What the challenges of one endpoint have in common. */
export interface ChallengeBase {
  /** Where the metadata document is; undefined when no client can get a token by itself. */
  metadata: string | undefined
  /** Named where there is no metadata: a challenge has at least one parameter. */
  realm: string
  /** What a client has to ask for to use the endpoint at all. */
  scopes: readonly string[]
}

/** The OAuth error of a refusal; none for a request without credentials (AUTH-50). */
const codes: Partial<Record<ErrorName, string | undefined>> = {
  unauthorized: undefined,
  malformedAuthorization: 'invalid_request',
  invalidToken: 'invalid_token',
  insufficientScope: 'insufficient_scope'
}

/** The header for a refusal; undefined for one that has nothing to do with authorization. */
export function challengeOf(error: ProtocolError, { metadata, realm, scopes }: ChallengeBase): string | undefined {
  if (!(error.kind in codes)) return undefined
  const code = codes[error.kind]
  const needed = error.detail.scopes ?? scopes
  const parameters = [
    ...(metadata === undefined ? [`realm="${quoted(realm)}"`] : []),
    ...(code === undefined ? [] : [`error="${code}"`, `error_description="${quoted(error.message)}"`]),
    ...(needed.length === 0 ? [] : [`scope="${needed.join(' ')}"`]),
    ...(metadata === undefined ? [] : [`resource_metadata="${metadata}"`])
  ]
  return `Bearer ${parameters.join(', ')}`
}

/** What a quoted string of the header may hold as it is (RFC 6750 section 3). */
function quoted(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '_')
}
