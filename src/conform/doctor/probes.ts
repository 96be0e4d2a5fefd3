/** What a server must refuse, or answer at once: foreign pages, tokens that are none, and what newer clients ask first. */
import { headersFor, initialize, leave, request, type Spoken, speak } from './message.ts'
import { asked, came, isFailure, type Visit } from './visit.ts'
import type { Reply } from './wire.ts'

const foreign = 'http://doctor.invalid'
const slowMs = 2000

/** Pages of other sites must not reach the server through a browser (DNS rebinding). */
export async function probeOrigin(visit: Visit): Promise<void> {
  const { findings, local, url } = visit
  const spoken = await speak(visit, initialize(), { headers: { origin: foreign } })
  if (isFailure(spoken.reply)) return
  await leave(visit, spoken)
  const { status } = spoken.reply
  if (status === 401) return
  if (status >= 400 && status < 500) {
    findings.ok('entrance/origin', 'A page of another site is refused')
    return
  }
  const detail = {
    where: `Origin: ${foreign}, in ${asked(spoken.reply)}`,
    expected: '403',
    received: String(status),
    mend: 'check Origin: let requests without one in, and only the origins that you know',
    requirements: ['SEC-01']
  }
  if (local)
    findings.problem('entrance/origin', 'Any page in a browser on this machine can use the server', {
      ...detail,
      mend: `${detail.mend}; and Host, which has to be ${url.host}`
    })
  else findings.warning('entrance/origin', 'Pages of every site may use the server', detail)
}

/** Whether a token that nobody issued is refused, and in the right way. */
export async function probeBadToken(visit: Visit): Promise<void> {
  const { findings } = visit
  const spoken = await speak(visit, initialize(), { token: 'handwire-doctor.is-no.token' })
  const { reply } = spoken
  if (isFailure(reply)) return
  await leave(visit, spoken, { token: 'handwire-doctor.is-no.token' })
  const where = `${asked(reply)}, with a token that nobody issued`
  const expected = '401 with error="invalid_token" in the challenge'
  const header = reply.headers['www-authenticate']
  const received = `${reply.status}${header === undefined ? '' : `, WWW-Authenticate: ${header}`}`
  if (reply.status === 401) {
    if (/\berror="?invalid_token\b/i.test(header ?? ''))
      findings.ok('challenge/bad-token', 'A token that nobody issued is refused as invalid', { where })
    else
      findings.warning('challenge/bad-token', 'A wrong token is refused without a reason', {
        where,
        expected,
        received,
        mend: 'add error="invalid_token": by it clients know that theirs has ended',
        requirements: ['AUTH-50']
      })
    return
  }
  const detail = { where, expected, received }
  if (reply.status < 300)
    findings.problem('challenge/bad-token', 'The server takes any token', {
      ...detail,
      mend: 'verify tokens: signature, issuer, audience and end, on every request',
      requirements: ['AUTH-46', 'AUTH-49']
    })
  else if (reply.status >= 500)
    findings.problem('challenge/bad-token', 'The server fails on a token that it does not know', {
      ...detail,
      mend: 'see its log: most often it cannot reach the keys of its issuer; a token that is wrong has to be answered 401'
    })
  else
    findings.problem('challenge/bad-token', 'A wrong token is not answered with 401', {
      ...detail,
      mend: 'answer 401: it alone makes clients get a new token',
      requirements: ['AUTH-49']
    })
}

/** Every method wants the token, not POST alone. */
export async function probeGetWithout({ wire, url, headers, findings }: Visit): Promise<void> {
  const accept = { accept: 'text/event-stream' }
  const reply = await wire.ask({ method: 'GET', url, headers: { ...headers, ...accept }, enough: () => true })
  if (isFailure(reply) || reply.status === 401) return
  const detail = { where: `${asked(reply)}, without a token`, expected: '401', received: came(reply) }
  if (reply.status === 405)
    findings.note('challenge/get', 'A GET without a token is answered 405, before anybody asks for a token', detail)
  else
    findings.warning('challenge/get', 'A GET without a token is not answered with 401', {
      ...detail,
      mend: 'guard every method of the endpoint: some clients open their stream first',
      requirements: ['AUTH-25']
    })
}

/** Some clients open their stream before they have a session: that has to be refused at once, or they wait there. */
export async function probeEarlyGet(visit: Visit): Promise<void> {
  const { wire, url, findings } = visit
  const headers = { ...headersFor(visit, {}), accept: 'text/event-stream' }
  const reply = await wire.ask({ method: 'GET', url, headers, enough: () => true, bodyMs: 100 })
  const where = 'GET with Accept: text/event-stream, without a session'
  if (!isFailure(reply) && reply.status >= 400 && reply.status < 500) {
    findings.ok('session/early-get', 'A stream without a session is refused', { where })
    return
  }
  findings.warning('session/early-get', 'A stream without a session is not refused', {
    where,
    expected: '400 or 405, at once',
    received: receivedOf(reply),
    mend: 'refuse it: clients that ask for it too early would wait on a stream on which nothing comes',
    requirements: ['SESS-06']
  })
}

/** Newer clients ask what there is before they initialize, and wait for a refusal. */
export async function probeDiscover(visit: Visit): Promise<void> {
  const { findings } = visit
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
  const message = request('server/discover', { _meta: meta })
  const headers = { 'mcp-method': 'server/discover' }
  const { reply, message: told } = await speak(visit, message, { revision: '2026-07-28', headers })
  const where = 'POST of server/discover, without a session, in revision 2026-07-28'
  const expected = 'an error of JSON-RPC with status 400 or 404, at once'
  const detail = { where, expected, received: receivedOf(reply) }
  if (isFailure(reply) || reply.status >= 500)
    findings.problem('session/discover', 'Newer clients are stuck at their first question', {
      ...detail,
      mend: 'answer a method or a revision that you do not know with an error of JSON-RPC: clients then go on to initialize'
    })
  else if (told === undefined)
    findings.warning('session/discover', 'The first question of newer clients is not answered in JSON-RPC', {
      ...detail,
      mend: 'answer a method or a revision that you do not know with an error of JSON-RPC'
    })
  else if (reply.headMs > slowMs)
    findings.warning('session/discover', 'The first question of newer clients is answered late', {
      ...detail,
      received: `after ${Math.round(reply.headMs)} ms: ${detail.received}`,
      mend: 'refuse at once what needs no work'
    })
  else findings.ok('session/discover', 'Newer clients that ask server/discover first are answered at once', { where })
}

/** Clients that know a newer revision say so in the message, and some in the header as well. */
export async function probeNewest(visit: Visit): Promise<void> {
  const { findings } = visit
  const spoken: Spoken = await speak(visit, initialize('2025-11-25'), { revision: '2025-11-25' })
  await leave(visit, spoken)
  const version = spoken.message?.result?.['protocolVersion']
  const where = 'initialize for revision 2025-11-25, with that MCP-Protocol-Version'
  if (typeof version === 'string')
    findings.ok('session/newest', `A client of revision 2025-11-25 is answered with ${version}`, { where })
  else
    findings.problem('session/newest', 'Clients of a newer revision are locked out', {
      where,
      expected: '200 and a revision that the server speaks',
      received: receivedOf(spoken.reply),
      mend: 'settle the revision by the message: initialize may carry any MCP-Protocol-Version, or none',
      requirements: ['LIFE-15', 'VER-07']
    })
}

/** What came, or why nothing did. */
export function receivedOf(reply: Reply): string {
  return isFailure(reply) ? `no answer: ${reply.message}` : came(reply)
}
