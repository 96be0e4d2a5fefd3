/** The bearer token of a request (RFC 6750 section 2.1, draft-ietf-oauth-v2-1-13 section 5.1): from the header alone. */
import type { IncomingMessage } from 'node:http'
import { ProtocolError } from '../protocol/errors.ts'

/** Longest token that is looked at, in characters. */
const longestToken = 8192
const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * The token that a request carries. Throws `unauthorized` when it carries none, `malformedAuthorization` when it carries
 * several, or a Bearer header that holds no token (AUTH-45). A token in the query counts for nothing (AUTH-44).
 */
export function readBearer({ headers, rawHeaders, url = '' }: IncomingMessage): string {
  const header = headers.authorization
  const queried = url.includes('access_token=') && /[?&]access_token=/.test(url)
  if (header === undefined) {
    throw new ProtocolError('unauthorized', {
      expected: queried ? 'the token in the Authorization header: one in the query is not read' : expected
    })
  }
  if (queried) {
    throw new ProtocolError('malformedAuthorization', {
      subject: 'a token in the header and one in the query',
      expected: 'the token in the Authorization header alone'
    })
  }
  // Node keeps the first of several and drops the others
  if (several(rawHeaders)) {
    throw new ProtocolError('malformedAuthorization', { subject: 'several Authorization headers', expected })
  }
  const token = bearer.exec(header)?.[1]
  if (token !== undefined && token.length <= longestToken) return token
  if (token !== undefined)
    throw new ProtocolError('invalidToken', { expected: `a token of at most ${longestToken} characters` })
  if (/^bearer(?: |$)/i.test(header)) {
    throw new ProtocolError('malformedAuthorization', { subject: 'Bearer without a token', expected })
  }
  // another scheme says nothing to us
  throw new ProtocolError('unauthorized', { expected })
}

const expected = 'Authorization: Bearer, followed by an access token'

function several(rawHeaders: readonly string[]): boolean {
  let found = 0
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place] as string
    if (name.length === 13 && name.toLowerCase() === 'authorization') found += 1
  }
  return found > 1
}
