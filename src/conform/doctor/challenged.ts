/** What the 401 tells a client: where it can get a token, or that it cannot get one by itself (RFC 6750, RFC 9728 section 5.1). */
import { readChallenges } from '../challenges.ts'
import { asked, isLoopback, shown, type Visit } from './visit.ts'
import type { Answer } from './wire.ts'

/** What is of use in a challenge. */
export interface Challenged {
  /** Where the metadata is; undefined when the challenge names no place that can be asked. */
  metadata: URL | undefined
  /** What resource_metadata says, whether of use or not. */
  named: string | undefined
  scopes: string[]
  /** Whether clients can make anything of it. */
  readable: boolean
}

const none: Challenged = { metadata: undefined, named: undefined, scopes: [], readable: false }

export function judgeChallenge(visit: Visit, answer: Answer): Challenged {
  const { findings } = visit
  const header = answer.headers['www-authenticate']
  const where = `WWW-Authenticate of ${asked(answer)}`
  const expected = 'Bearer resource_metadata="https://…"'
  if (header === undefined) {
    findings.problem('challenge/header', 'The 401 has no challenge', {
      where,
      expected,
      received: 'no such header',
      mend: 'send WWW-Authenticate with every 401, and let the proxy pass it: by it clients find where to log in',
      requirements: ['AUTH-23']
    })
    return none
  }
  const challenges = readChallenges(header)
  const detail = { where, expected, received: header }
  if (challenges === undefined) {
    findings.problem('challenge/header', 'The challenge cannot be read', {
      ...detail,
      mend: 'write Bearer name="value", name="value", with every value in quotes and a comma between',
      requirements: ['AUTH-24']
    })
    return none
  }
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  if (bearer === undefined) {
    findings.problem('challenge/scheme', `The challenge is for ${challenges.map(({ scheme }) => scheme).join(', ')}`, {
      ...detail,
      mend: 'challenge with Bearer: it is the only scheme that clients of MCP know; a proxy may ask for a login of its own',
      requirements: ['AUTH-24']
    })
    return none
  }
  const parameters = bearer.params
  if (Object.keys(parameters).length === 0)
    findings.warning('challenge/header', 'The challenge says nothing but Bearer', {
      ...detail,
      mend: 'add resource_metadata, or at least realm: a challenge has one parameter or more',
      requirements: ['AUTH-24']
    })
  else findings.ok('challenge/header', 'The challenge is Bearer and can be read', { where })
  if (parameters['error'] !== undefined)
    findings.warning('challenge/error', 'A client without a token is told that it did something wrong', {
      where,
      expected: 'no error where there was no token',
      received: `error="${parameters['error']}"`,
      mend: 'leave error out when the request has no token',
      requirements: ['AUTH-50']
    })
  const scopes = (parameters['scope'] ?? '').split(' ').filter((scope) => scope !== '')
  const named = parameters['resource_metadata']
  return { metadata: named === undefined ? undefined : placeOf(visit, named, where), named, scopes, readable: true }
}

/** The place that resource_metadata names, as far as a client may go there. */
function placeOf({ findings, url, local }: Visit, named: string, where: string): URL | undefined {
  const detail = { where, received: `resource_metadata="${shown(named)}"`, requirements: ['AUTH-24'] }
  if (!URL.canParse(named) || !/^https?:/i.test(named)) {
    findings.problem('challenge/resource-metadata', 'The challenge names a place that is no absolute URL', {
      ...detail,
      expected: `an absolute URL, such as ${url.origin}/.well-known/oauth-protected-resource${url.pathname}`,
      mend: 'write the whole URL, with https and the public name of the server'
    })
    return undefined
  }
  const place = new URL(named)
  if (!local && isLoopback(place)) {
    findings.problem('challenge/resource-metadata', 'The challenge sends clients to their own machine', {
      ...detail,
      expected: `a URL at ${url.host}`,
      mend: 'configure the public URL of the server (`resource`): it tells the name by which it knows itself behind the proxy'
    })
    return undefined
  }
  if (place.protocol === 'http:' && !isLoopback(place))
    findings.problem('challenge/resource-metadata', 'The challenge names a place without https', {
      ...detail,
      expected: 'https',
      mend: 'configure the public URL of the server: behind a proxy that ends TLS it believes that it is http'
    })
  else if (place.host !== url.host)
    findings.warning('challenge/resource-metadata', 'The challenge names a place on another host', {
      ...detail,
      expected: `a URL at ${url.host}`,
      mend: 'publish the metadata at the host of the endpoint; behind a proxy, configure the public URL of the server'
    })
  else findings.ok('challenge/resource-metadata', 'The challenge names where the metadata is', { where: named })
  return place
}
