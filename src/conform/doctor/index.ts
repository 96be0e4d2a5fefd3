/** The doctor: goes the way of a client, from the first request to the last, and says in words what is wrong and where. */
import { Needles } from '../report/needles.ts'
import { cut } from '../report/text.ts'
import { ownVersion } from '../version.ts'
import { judgeBrowser } from './browser.ts'
import { type Challenged, judgeChallenge } from './challenged.ts'
import type { Resource } from './document.ts'
import { judgeEntrance } from './entrance.ts'
import { type Finding, Findings, type Level } from './findings.ts'
import { judgeIssuer } from './issuer.ts'
import type { Spoken } from './message.ts'
import { judgeMetadata, publishesMetadata } from './metadata.ts'
import { probeBadToken, probeGetWithout, probeOrigin } from './probes.ts'
import { reach } from './reach.ts'
import { judgeRegistration } from './registration.ts'
import { judgeSession, open, type ServerSaid } from './session.ts'
import { judgeToken } from './token.ts'
import { isFailure, shown, type Visit } from './visit.ts'
import { type Answer, type Network, Wire } from './wire.ts'

/** How the doctor goes about it. */
export interface DoctorOptions {
  /** An access token; sent to the endpoint alone, and never shown. */
  token?: string
  /** Headers of every request to the origin of the endpoint, such as a proxy asks for; never shown. */
  headers?: Readonly<Record<string, string>>
  /** Origin of a page that is to use the server, such as `https://app.example`; pages are not asked about by default. */
  origin?: string
  /** Whether to register clients at the authorization servers, which may leave them behind; no by default. */
  register?: boolean
  /** How long the server's stream is listened to, in milliseconds; 2000 by default, 30,000 and more wait for its keep-alive. */
  listenMs?: number
  /** How long any answer may take, in milliseconds; 10,000 by default. */
  timeoutMs?: number
  /** Milliseconds since 1970; the time of this machine by default. */
  now?: () => number
  /** How names and addresses are reached; the system's way by default. */
  network?: Network
}

/** What was found. It holds no token, no session id and no header that was given. */
export interface Diagnosis {
  format: 'handwire-doctor/1'
  /** Who looked. */
  doctor: string
  url: string
  /** `wrong` when there is a problem; warnings alone leave a server healthy. */
  conclusion: 'healthy' | 'wrong' | 'unreachable'
  server?: ServerSaid
  counts: Record<Level, number>
  findings: Finding[]
  /** What to do, the most important first; at most five. */
  first: string[]
}

/**
 * Goes the way of a client to an MCP server over HTTP: address and TLS, entrance, challenge, metadata, authorization servers,
 * token, session and stream. Nothing outside of that way is read, no tool is called, and what a server says of others is
 * followed into private networks only when it is in one itself (SECBP-27).
 * Never rejects for what a server does. Throws a TypeError for what is no http or https URL, or has credentials in it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { doctor } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const { conclusion, server } = await doctor(`${await app.listen()}/mcp`)
 * assert.equal(conclusion, 'healthy')
 * assert.equal(server?.name, 'acme')
 * await app.close()
 * ```
 */
export async function doctor(url: string | URL, options: DoctorOptions = {}): Promise<Diagnosis> {
  const visit = visitOf(url, options)
  const asked = shown(visit.url)
  const way = await goThrough(visit)
  const shownAs = blanking(visit.secrets)
  const findings = visit.findings.all.map((finding) => clean(finding, shownAs))
  const counts = { problem: 0, warning: 0, note: 0, ok: 0 }
  for (const { level } of findings) counts[level] += 1
  return {
    format: 'handwire-doctor/1',
    doctor: `handwire ${await ownVersion()}`,
    url: asked,
    conclusion: !way.reached ? 'unreachable' : counts.problem > 0 ? 'wrong' : 'healthy',
    ...(way.server === undefined ? {} : { server: clean(way.server, shownAs) }),
    counts,
    findings,
    first: firstOf(findings)
  }
}

/** Longest text of a finding, in characters. */
const limit = 500

/** Headers whose values are secret however short they are. */
const telling = /auth|cookie|token|key|secret|password/

function visitOf(given: string | URL, options: DoctorOptions): Visit {
  const url = new URL(given)
  if (!['http:', 'https:'].includes(url.protocol)) throw new TypeError('the doctor looks at http and https URLs')
  if (url.username !== '' || url.password !== '')
    throw new TypeError('the URL has credentials in it: give them as a header')
  url.hash = ''
  const { token, origin, register = false, listenMs = 2000, timeoutMs = 10_000, now = Date.now } = options
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  )
  const { authorization, ...others } = headers
  const bearer = token ?? /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  const secrets = new Set(
    Object.entries(headers).flatMap(([name, value]) =>
      // a host that a proxy is told is in the URL, too
      telling.test(name) || (value.length >= 8 && !url.href.includes(value)) ? [value] : []
    )
  )
  if (bearer !== undefined) for (const part of [bearer, ...bearer.split('.')]) if (part.length > 3) secrets.add(part)
  // credentials of another scheme are a matter of the way there
  const own = authorization === undefined || bearer !== undefined ? others : { ...others, authorization }
  return {
    url,
    wire: new Wire(timeoutMs, options.network),
    findings: new Findings(),
    token: bearer,
    headers: own,
    origin,
    register,
    listenMs,
    now,
    secrets,
    local: false,
    public: false
  }
}

async function goThrough(visit: Visit): Promise<{ reached: boolean; server?: ServerSaid | undefined }> {
  const first = await reach(visit)
  if (first === undefined) return { reached: false }
  const entrance = await judgeEntrance(visit, first)
  let server: ServerSaid | undefined
  if (entrance === 'guarded') server = await goGuarded(visit, first.reply)
  if (entrance === 'open') {
    await probeOpen(visit)
    server = await judgeSession(visit, first)
  }
  if (visit.origin !== undefined && entrance !== 'shut') await judgeBrowser(visit, visit.origin)
  return { reached: true, server }
}

/** What is to be asked of a server that lets everybody in. */
async function probeOpen(visit: Visit): Promise<void> {
  const { findings, token } = visit
  if (await publishesMetadata(visit))
    findings.warning('entrance/metadata', 'The server publishes where to log in, and lets everybody in', {
      where: 'POST of initialize, without a token',
      expected: '401 with a challenge',
      received: '200',
      mend: 'answer 401 to every request without a token, initialize too, or take the metadata away',
      requirements: ['AUTH-25']
    })
  if (token !== undefined) findings.note('token/taken', 'The token that was given is not asked for: the server is open')
  await probeOrigin(visit)
}

async function goGuarded(visit: Visit, refusal: Answer): Promise<ServerSaid | undefined> {
  const { findings, token, register } = visit
  const challenged = judgeChallenge(visit, refusal)
  await probeGetWithout(visit)
  await probeBadToken(visit)
  const resource = await judgeMetadata(visit, challenged)
  await goToIssuers(visit, resource)
  if (register && resource === undefined)
    findings.note('registration/loopback', 'Nothing was registered: no authorization server was found')
  if (token === undefined) {
    findings.note('token/given', 'What comes behind the entrance was not looked at', {
      mend: 'give a token with --token, or in HANDWIRE_TOKEN'
    })
    return undefined
  }
  return goWithToken(visit, token, { resource, challenged })
}

async function goToIssuers(visit: Visit, resource: Resource | undefined): Promise<void> {
  // more than a few would be a list to keep the doctor busy
  for (const url of resource?.issuers.slice(0, 4) ?? []) {
    const issuer = await judgeIssuer(visit, url)
    if (issuer !== undefined && visit.register && resource !== undefined)
      await judgeRegistration(visit, issuer, resource)
  }
}

async function goWithToken(
  visit: Visit,
  token: string,
  { resource, challenged }: { resource: Resource | undefined; challenged: Challenged }
): Promise<ServerSaid | undefined> {
  const opened: Spoken = await open(visit)
  judgeToken(visit, token, opened, { resource, scopes: challenged.scopes })
  if (isFailure(opened.reply) || opened.message?.result === undefined) return undefined
  await probeOrigin(visit)
  return judgeSession(visit, { ...opened, reply: opened.reply })
}

/** Blanks what must not be shown wherever it occurs, and cuts only then: half a secret would not be known for one. */
function blanking(secrets: Iterable<string>): (text: string) => string {
  const needles = new Needles(secrets)
  return (text) =>
    cut(
      needles.replace(text, () => '[secret]'),
      limit
    )
}

/** The same with its texts blanked. */
function clean<T extends object>(value: T, shownAs: (text: string) => string): T {
  const ours = new Set(['area', 'check', 'level'])
  const entries = Object.entries(value).map(([name, text]) => [
    name,
    typeof text === 'string' && !ours.has(name) ? shownAs(text) : text
  ])
  return Object.fromEntries(entries) as T
}

/** The mends of problems and then of warnings, in the order of the way: what comes first is most often why the rest fails. */
function firstOf(findings: readonly Finding[]): string[] {
  const mends = (['problem', 'warning'] as const).flatMap((level) =>
    findings.flatMap((finding) => (finding.level === level && finding.mend !== undefined ? [finding.mend] : []))
  )
  return [...new Set(mends)].slice(0, 5)
}
