/** The token that was given: what it says of itself, and why the server took it or did not. */
import { namesResource } from '../../auth/resource.ts'
import type { Resource } from './document.ts'
import type { Spoken } from './message.ts'
import { asked, came, isFailure, objectOf, shown, type Visit } from './visit.ts'

/** What is known of the place where the token is used. */
export interface TokenPlace {
  resource: Resource | undefined
  /** Scopes that the challenge asks for. */
  scopes: readonly string[]
}

type Claims = Readonly<Record<string, unknown>>
const toleranceSeconds = 5

/** Judges a token by its claims, where it is a JWT, and by what the server made of it. */
export function judgeToken(visit: Visit, token: string, spoken: Spoken, place: TokenPlace): void {
  const { findings } = visit
  const { reply } = spoken
  if (isFailure(reply)) return
  const parts = readToken(token)
  const faults = parts === undefined ? [] : judgeClaims(visit, parts, place)
  const where = `${asked(reply)}, with the token`
  const header = reply.headers['www-authenticate']
  const received = `${header === undefined ? '' : `WWW-Authenticate: ${header}; `}${came(reply)}`
  if (reply.status === 200 && spoken.message?.result !== undefined) {
    if (faults.length === 0) findings.ok('token/taken', 'The server takes the token', { where })
    else
      findings.problem('token/taken', 'The server takes a token that it should refuse', {
        where,
        expected: '401 with error="invalid_token"',
        received: `200, though ${faults.join(', ')}`,
        mend: 'verify audience, issuer and end of every token',
        requirements: ['AUTH-47', 'AUTH-49']
      })
    return
  }
  const expected = '200 with the result of initialize'
  if (reply.status === 401)
    findings.problem('token/taken', 'The server refuses the token', {
      where,
      expected,
      received,
      mend:
        faults.length > 0
          ? `get another token: ${faults.join(', ')}`
          : parts === undefined
            ? 'the token is opaque: look whether it has ended, was withdrawn or is of another server; the log of the server may say why'
            : 'its claims look right here, so look at its signature: is it of a key that the issuer publishes, and can the server reach those keys?'
    })
  else if (reply.status === 403)
    findings.problem('token/taken', 'The server knows the token, and it is not enough', {
      where,
      expected,
      received,
      mend: 'get a token with the scopes that the challenge names'
    })
  else if (reply.status === 503)
    findings.problem('token/taken', 'The server cannot verify tokens now', {
      where,
      expected,
      received,
      mend: 'see its log: most often it cannot reach its issuer or the issuer’s keys'
    })
  else
    findings.problem('token/taken', 'The server does not let the token in', {
      where,
      expected,
      received,
      mend: 'look into its log: a token should be answered 200 or 401'
    })
}

/** Header and claims of a JWT; undefined of any other token. */
function readToken(token: string): { header: Claims; claims: Claims } | undefined {
  const [header, claims, signature, ...more] = token.split('.')
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0) return undefined
  const read = (part: string): Claims | undefined => objectOf({ text: Buffer.from(part, 'base64url').toString() })
  const [first, second] = [read(header), read(claims)]
  return first === undefined || second === undefined ? undefined : { header: first, claims: second }
}

/** Tells of the claims, one finding each; gives what should keep the token out, in words. */
function judgeClaims(
  visit: Visit,
  { header, claims }: { header: Claims; claims: Claims },
  place: TokenPlace
): string[] {
  return [
    judgeAlgorithm(visit, header['alg']),
    judgeIssuer(visit, claims['iss'], place),
    judgeAudience(visit, claims['aud'], place),
    ...judgeTimes(visit, claims),
    judgeScopes(visit, claims['scope'] ?? claims['scp'], place)
  ].filter((fault) => fault !== undefined)
}

function judgeAlgorithm({ findings }: Visit, algorithm: unknown): string | undefined {
  const name = String(algorithm)
  if (!/^(none|HS\d+)$/i.test(name)) return undefined
  findings.problem(
    'token/algorithm',
    `The token is ${/none/i.test(name) ? 'not signed' : 'signed with a shared secret'}`,
    {
      where: 'alg in the header of the token',
      expected: 'an asymmetric algorithm, such as RS256 or ES256',
      received: name,
      mend: 'have the issuer sign access tokens with a key pair',
      requirements: ['AUTH-46']
    }
  )
  return /none/i.test(name) ? 'it is not signed' : undefined
}

function judgeIssuer({ findings }: Visit, issuer: unknown, { resource }: TokenPlace): string | undefined {
  const where = 'iss in the token'
  const received = issuer === undefined ? 'no such claim' : shown(String(issuer))
  const known = resource?.issuers ?? []
  if (known.length === 0) {
    findings.note('token/issuer', 'The token names its issuer', { where, received })
    return undefined
  }
  if (typeof issuer === 'string' && known.includes(issuer)) {
    findings.ok('token/issuer', 'The token is of an authorization server of this resource', { where, received })
    return undefined
  }
  findings.problem('token/issuer', 'The token is of another issuer', {
    where,
    expected: known.map((one) => shown(one)).join(' or '),
    received,
    mend: 'get a token where the metadata says; or mend authorization_servers, if this is the right issuer',
    requirements: ['AUTH-51']
  })
  return 'its issuer is another'
}

function judgeAudience({ findings, url }: Visit, audience: unknown, { resource }: TokenPlace): string | undefined {
  const where = 'aud in the token'
  const expected = (resource?.identifier ?? url.href).replace(/\/$/, '')
  const received = audience === undefined ? 'no such claim' : shown(JSON.stringify(audience))
  if (namesResource(audience, expected)) {
    findings.ok('token/audience', 'The token is for this resource', { where, received })
    return undefined
  }
  findings.problem('token/audience', 'The token is not for this resource', {
    where,
    expected,
    received,
    mend: 'ask for the token with resource=URL of the endpoint; the issuer has to put it into `aud` (RFC 8707), which some do only when the API is registered there by exactly this URL',
    requirements: ['AUTH-47', 'AUTH-78']
  })
  return 'its audience is another'
}

function judgeTimes({ findings, now }: Visit, claims: Claims): (string | undefined)[] {
  const seconds = Math.floor(now() / 1000)
  const { exp, nbf } = claims as { exp?: unknown; nbf?: unknown }
  const faults: string[] = []
  const where = 'exp in the token'
  if (typeof exp !== 'number') {
    findings.problem('token/end', 'The token has no end', {
      where,
      expected: 'seconds since 1970',
      received: 'no such claim',
      mend: 'have the issuer put an end to its tokens',
      requirements: ['AUTH-46']
    })
    faults.push('it has no end')
  } else if (exp + toleranceSeconds < seconds) {
    findings.problem('token/end', `The token ended ${spell(seconds - exp)} ago`, {
      where,
      expected: `after ${time(seconds)}`,
      received: time(exp),
      mend: 'get a new one, or refresh it',
      requirements: ['AUTH-49']
    })
    faults.push('it has ended')
  } else findings.ok('token/end', `The token is good for ${spell(exp - seconds)} more`, { where, received: time(exp) })
  if (typeof nbf === 'number' && nbf - toleranceSeconds > seconds) {
    findings.problem('token/begin', `The token is good in ${spell(nbf - seconds)} only`, {
      where: 'nbf in the token',
      expected: `before ${time(seconds)}`,
      received: time(nbf),
      mend: 'look at the clocks of the issuer and of this machine'
    })
    faults.push('it is not valid yet')
  }
  return faults
}

function judgeScopes({ findings }: Visit, scope: unknown, { scopes }: TokenPlace): undefined {
  const held = Array.isArray(scope) ? scope.map(String) : typeof scope === 'string' ? scope.split(' ') : []
  const lacking = scopes.filter((needed) => !held.includes(needed))
  const received = held.length === 0 ? 'none' : held.join(' ')
  if (lacking.length > 0)
    findings.problem('token/scope', `The token lacks ${lacking.join(', ')}`, {
      where: 'scope in the token',
      expected: scopes.join(' '),
      received,
      mend: 'ask for these scopes, and see that the issuer grants them'
    })
  else findings.ok('token/scope', 'The token has the scopes that are asked for', { received })
}

function time(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z')
}

function spell(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}
