/** Whether the server can be reached: its name, TLS, and what stands before it. */
import { isPrivate } from './address.ts'
import { explain } from './failure.ts'
import { initialize, type Spoken, speak } from './message.ts'
import { answerer, asked, came, isFailure, isLoopback, isPage, shown, type Visit } from './visit.ts'
import type { Answer } from './wire.ts'

const redirects = new Set([301, 302, 303, 307, 308])
const dayMs = 86_400_000

/**
 * Opens the way to the endpoint with the first message of a client, without a token, and follows its redirects on the same
 * host. Resolves with the answer; undefined when nobody answered.
 */
export async function reach(visit: Visit): Promise<(Spoken & { reply: Answer }) | undefined> {
  const { findings } = visit
  for (let hops = 0; ; hops += 1) {
    if (!(await locate(visit))) return undefined
    const spoken = await speak(visit, initialize(), { token: false })
    const { reply } = spoken
    if (isFailure(reply)) {
      const expected = 'an answer over HTTP'
      findings.problem('reach/answer', 'The server cannot be reached', {
        where: asked(reply),
        expected,
        ...explain(reply)
      })
      return undefined
    }
    const next = redirects.has(reply.status) && hops < 3 ? redirectOf(visit, reply) : undefined
    if (next === undefined) {
      judgeWay(visit, reply)
      return { ...spoken, reply }
    }
    visit.url = next
  }
}

/** The addresses of the host, and what they mean for the way there. */
async function locate(visit: Visit): Promise<boolean> {
  const { url, wire, findings } = visit
  try {
    const addresses = await wire.addresses(url)
    visit.local = isLoopback(url)
    // one public address is enough: a server in the web may name private ones beside it
    visit.public = !visit.local && addresses.some((address) => !isPrivate(address))
    wire.pin(url.hostname, addresses)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const failure = { method: 'POST', url, failure: 'name' as const, code, message }
    findings.problem('reach/name', 'The name of the server is not known', {
      where: url.hostname,
      expected: 'an address',
      ...explain(failure)
    })
    return false
  }
  if (visit.public) wire.keepPublic()
  return true
}

function judgeWay(visit: Visit, answer: Answer): void {
  const { url, findings, now } = visit
  const secs = (answer.headMs / 1000).toFixed(1)
  if (answer.headMs > 3000)
    findings.warning('reach/answer', `The server is slow: its first answer took ${secs} s`, {
      where: asked(answer),
      mend: 'keep an instance running: clients give up while one that sleeps wakes up'
    })
  else findings.ok('reach/answer', 'The server answers', { where: asked(answer) })
  if (url.protocol === 'http:' && !visit.local) {
    const detail = {
      where: shown(url),
      expected: 'https, or an address of this machine',
      mend: 'serve it over https: clients and authorization servers refuse http elsewhere than on this machine',
      requirements: ['AUTH-64']
    }
    // within a house an open server gives nothing away that is not open there
    if (visit.public || visit.token !== undefined || answer.status === 401)
      findings.problem('reach/tls', 'Everything is sent in the clear, tokens too', detail)
    else findings.warning('reach/tls', 'Everything is sent in the clear', detail)
  }
  if (answer.certificateEnds === undefined) return
  const days = Math.floor((answer.certificateEnds.getTime() - now()) / dayMs)
  if (days < 14)
    findings.warning(
      'reach/certificate',
      `The certificate ends soon, on ${answer.certificateEnds.toISOString().slice(0, 10)}`,
      {
        where: url.host,
        mend: 'renew it, and see why it was not renewed by itself'
      }
    )
  else findings.ok('reach/certificate', `The certificate is trusted, and good for ${days} more days`)
}

/** Says what a redirect does to clients; gives the place to go on with, when it is on the same host. */
function redirectOf({ url, findings }: Visit, answer: Answer): URL | undefined {
  const { status, headers } = answer
  const location = headers['location'] ?? ''
  const to = URL.canParse(location, url.href) ? new URL(location, url) : undefined
  const received = `${status} with Location: ${location === '' ? 'none' : shown(location)}`
  const where = asked(answer)
  const expected = 'an answer at the URL itself'
  if (to === undefined || !['http:', 'https:'].includes(to.protocol)) {
    findings.problem('reach/redirect', 'The endpoint redirects to nowhere', {
      where,
      expected,
      received,
      mend: 'answer MCP at the URL itself'
    })
    return undefined
  }
  if (to.hostname !== url.hostname) {
    findings.problem('reach/redirect', 'The endpoint redirects to another host', {
      where,
      expected,
      received,
      mend: `take the endpoint out of that redirect (often a login wall); or give clients ${shown(to)}, and ask handwire doctor about it`
    })
    return undefined
  }
  const losing = status === 301 || status === 302 || status === 303
  const why = slashes(url, to) ?? (url.protocol === to.protocol ? undefined : 'http goes on to https')
  const says = `The endpoint redirects${why === undefined ? '' : `: ${why}`}`
  const mend = `give clients ${shown(to)}, the URL that answers`
  const lost = losing ? `; a client that follows ${status} turns its POST into a GET` : ''
  if (losing || url.protocol !== to.protocol)
    findings.problem('reach/redirect', says, { where, expected, received: `${received}${lost}`, mend })
  else findings.warning('reach/redirect', says, { where, expected, received, mend })
  return to
}

function slashes(from: URL, to: URL): string | undefined {
  if (to.pathname === `${from.pathname}/`) return 'a slash is added at the end'
  if (from.pathname === `${to.pathname}/`) return 'the slash at the end is taken off'
  return undefined
}

/** What a page for people in place of an answer comes from; undefined when it is none. */
export function pageInstead(answer: Answer): { says: string; received: string; mend: string } | undefined {
  if (!isPage(answer)) return undefined
  const { status } = answer
  const says = `A page for people came${answerer(answer)}`
  const received = came(answer)
  if (status === 502 || status === 503 || status === 504)
    return {
      says,
      received,
      mend: 'the proxy cannot reach the server: start it, and check the address, port and timeouts that the proxy has for it'
    }
  if (status === 401 || status === 403)
    return {
      says,
      received,
      mend: 'a firewall or a login wall stands before the server: let requests to this path through to it'
    }
  if (status === 404)
    return { says, received, mend: 'the path is not that of the endpoint: check it, and the routes of the proxy' }
  return {
    says,
    received,
    mend: 'the path is that of a website, a login page or a tunnel’s warning: check the path, and let the proxy pass it to the server'
  }
}
