/** Request headers to claims, or the refusal they earn (basic/transports). Nothing here looks at the body. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Claims } from '../protocol/checks.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { Principal } from '../protocol/principal.ts'

const json = 'application/json'
const eventStream = 'text/event-stream'

/** What the headers say of session and revision, and who sent them. An empty session header counts as none. */
export function readClaims(headers: IncomingHttpHeaders, principal: Principal | undefined): Claims {
  const session = headers['mcp-session-id'] as string | undefined
  return {
    session: session === '' ? undefined : session,
    revision: headers['mcp-protocol-version'] as string | undefined,
    principal
  }
}

/** Throws notAcceptable when a POST excludes one of the two types an answer may have (HTTP-07, HTTP-08). */
export function checkPostAccept(headers: IncomingHttpHeaders): void {
  const { accept } = headers
  if (accept === undefined || accept === 'application/json, text/event-stream') return
  if (!accepts(accept, json) || !accepts(accept, eventStream)) {
    throw new ProtocolError('notAcceptable', { expected: `${json}, ${eventStream}`, received: accept })
  }
}

/** Throws notEventStream when a GET excludes the only type its answer can have. */
export function checkGetAccept(headers: IncomingHttpHeaders): void {
  const { accept } = headers
  if (accept !== undefined && !accepts(accept, eventStream)) {
    throw new ProtocolError('notEventStream', { expected: eventStream, received: accept })
  }
}

/** Throws wrongMediaType for a body that does not say it is JSON in UTF-8 (HTTP-09, TRANS-01). */
export function checkContentType(headers: IncomingHttpHeaders): void {
  const type = headers['content-type']
  if (type === json) return
  const [essence = '', ...parameters] = (type ?? '').split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  if (essence !== json || (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')) {
    throw new ProtocolError('wrongMediaType', { expected: json, received: type ?? 'no Content-Type' })
  }
}

/** Whether an Accept header lets a media type through, by its most specific range (RFC 9110 section 12.5.1). */
function accepts(header: string, type: string): boolean {
  const group = `${type.slice(0, type.indexOf('/'))}/*`
  let best = 0
  let allowed = false
  for (const range of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim())
    const rank = name === type ? 3 : name === group ? 2 : name === '*/*' ? 1 : 0
    if (rank === 0 || rank < best) continue
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    best = rank
    allowed = quality === undefined || Number(quality.slice(2)) > 0
  }
  return allowed
}
