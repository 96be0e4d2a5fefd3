/** A whole session, as clients have it: opened, used, listened to and ended. */
import { headersFor, initialize, request, revision, type Spoken, speak, type Told } from './message.ts'
import { probeDiscover, probeEarlyGet, probeNewest, receivedOf } from './probes.ts'
import { judgeStream } from './stream.ts'
import { isFailure, type Visit } from './visit.ts'
import type { Answer } from './wire.ts'

/** What the server said of itself. */
export interface ServerSaid {
  name: string
  version: string
  revision: string
}

/** Goes through a session that an answer to initialize opened. Resolves with what the server said of itself. */
export async function judgeSession(visit: Visit, opened: Spoken & { reply: Answer }): Promise<ServerSaid | undefined> {
  const result = opened.message?.result
  if (result === undefined) return undefined
  const said = judgeResult(visit, result)
  const session = opened.reply.headers['mcp-session-id']
  judgeId(visit, session)
  const options = { session, revision: said.revision }
  await judgeInitialized(visit, options)
  await judgeLists(visit, result, session, said.revision)
  await judgeStream(visit, options)
  if (session !== undefined) {
    await probeEarlyGet(visit)
    await judgeBounds(visit, session, said.revision)
  }
  await probeNewest(visit)
  await probeDiscover(visit)
  if (session !== undefined) await judgeEnd(visit, session, said.revision)
  return said
}

function judgeResult({ findings }: Visit, result: NonNullable<Told['result']>): ServerSaid {
  const { protocolVersion, serverInfo } = result
  const info = (typeof serverInfo === 'object' && serverInfo !== null ? serverInfo : {}) as Record<string, unknown>
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const dated = typeof protocolVersion === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(protocolVersion)
  // one that is none could not be sent back: what was asked for goes on
  const said = {
    name: text(info['name']),
    version: text(info['version']),
    revision: dated ? protocolVersion : revision
  }
  const where = 'the result of initialize'
  if (!dated)
    findings.problem('session/initialize', 'The server does not say which revision it speaks', {
      where: 'protocolVersion in the result of initialize',
      expected: revision,
      received: protocolVersion === undefined ? 'no such member' : JSON.stringify(protocolVersion),
      mend: 'answer with the revision that was asked for, or the newest that the server speaks',
      requirements: ['LIFE-04']
    })
  else if (said.name === '' || said.version === '')
    findings.problem('session/initialize', 'The server does not say who it is', {
      where: 'serverInfo in the result of initialize',
      expected: 'name and version',
      received: JSON.stringify(serverInfo ?? null),
      mend: 'give both: clients refuse the result without',
      requirements: ['LIFE-04', 'LIFE-43']
    })
  else if (said.revision === revision)
    findings.ok('session/initialize', `It speaks revision ${said.revision}`, { where })
  else
    findings.note('session/initialize', `It speaks revision ${said.revision}, where ${revision} was asked for`, {
      where
    })
  return said
}

function judgeId({ findings }: Visit, session: string | undefined): void {
  if (session === undefined) {
    findings.note('session/id', 'The server keeps no sessions: it gave no Mcp-Session-Id')
    return
  }
  const detail = { where: 'Mcp-Session-Id of the answer to initialize' }
  if (!/^[\x21-\x7e]+$/.test(session) || session.includes(', '))
    findings.problem('session/id', 'The session id cannot be sent back', {
      ...detail,
      expected: 'visible ASCII characters, once',
      received: `${session.length} characters`,
      mend: 'use only characters from 0x21 to 0x7E',
      requirements: ['SESS-04']
    })
  else if (session.length < 16)
    findings.warning('session/id', 'The session id is short enough to be guessed', {
      ...detail,
      expected: '128 random bits or more',
      received: `${session.length} characters`,
      mend: 'use a random UUID or better',
      requirements: ['SESS-03']
    })
  else findings.ok('session/id', 'It gives a session id', detail)
}

async function judgeInitialized(
  visit: Visit,
  options: { session: string | undefined; revision: string }
): Promise<void> {
  const { findings } = visit
  const { reply } = await speak(visit, { method: 'notifications/initialized' }, options)
  const where = 'POST of notifications/initialized'
  if (!isFailure(reply) && reply.status === 202) {
    findings.ok('session/initialized', 'It takes notifications with 202', { where })
    return
  }
  const detail = { where, expected: '202 without a body', received: receivedOf(reply), requirements: ['HTTP-12'] }
  if (!isFailure(reply) && reply.status < 300)
    findings.warning('session/initialized', 'It does not answer a notification with 202', {
      ...detail,
      mend: 'answer 202'
    })
  else
    findings.problem('session/initialized', 'It refuses notifications/initialized', {
      ...detail,
      mend: 'take it: clients give up when it fails; behind a balancer, see whether it came to another instance that does not know the session'
    })
}

/** A list of what there is, with the revision in a header and without, as some clients leave it out. */
async function judgeLists(
  visit: Visit,
  { capabilities }: NonNullable<Told['result']>,
  session: string | undefined,
  spoken: string
): Promise<void> {
  const { findings } = visit
  const offers = typeof capabilities === 'object' && capabilities !== null && 'tools' in capabilities
  const method = offers ? 'tools/list' : 'ping'
  const { reply, message } = await speak(visit, request(method), { session, revision: spoken })
  const tools = message?.result?.['tools']
  const fine = message?.result !== undefined && (!offers || Array.isArray(tools))
  if (fine)
    findings.ok(
      'session/list',
      offers ? `tools/list is answered: ${counted((tools as unknown[]).length)}` : 'ping is answered'
    )
  else
    findings.problem('session/list', `${method} is not answered in the session that was just opened`, {
      where: `POST of ${method}`,
      expected: `200 with the result of ${method}`,
      received: receivedOf(reply),
      mend: 'see its log; with several instances behind a balancer the session must be known to all of them, or the balancer keep to one'
    })
  if (!fine) return
  const without = await speak(visit, request(method), { session })
  if (without.message?.result !== undefined) return
  findings.problem('session/version-header', 'Clients that send no MCP-Protocol-Version are refused', {
    where: `POST of ${method}, without MCP-Protocol-Version`,
    expected: `200 with the result of ${method}`,
    received: receivedOf(without.reply),
    mend: 'take the revision from the session where the header is missing: VS Code and others never send it',
    requirements: ['VER-04']
  })
}

function counted(tools: number): string {
  return tools === 1 ? '1 tool' : `${tools} tools`
}

/** A session that is not known, and one that is known, without the token. */
async function judgeBounds(visit: Visit, session: string, spoken: string): Promise<void> {
  const { findings } = visit
  const unknown = await speak(visit, request('ping'), { session: 'handwire-doctor-00000000', revision: spoken })
  unknownSession(visit, 'session/unknown', 'A session that is not known', unknown)
  if (visit.token === undefined) return
  const { reply } = await speak(visit, request('ping'), { session, revision: spoken, token: false })
  if (isFailure(reply)) return
  if (reply.status === 401) findings.ok('session/token', 'A session is of no use without the token')
  else if (reply.status < 300)
    findings.problem('session/token', 'The session id does instead of the token', {
      where: 'POST of ping in the session, without Authorization',
      expected: '401',
      received: String(reply.status),
      mend: 'verify the token on every request, not on initialize alone',
      requirements: ['AUTH-42', 'SECBP-31']
    })
}

function unknownSession(
  { findings }: Visit,
  check: 'session/unknown' | 'session/end',
  what: string,
  { reply }: Spoken
): void {
  const status = isFailure(reply) ? 0 : reply.status
  if (status === 404) {
    findings.ok(check, `${what} is answered 404`)
    return
  }
  const detail = {
    where: `POST of ping in ${what.charAt(0).toLowerCase()}${what.slice(1)}`,
    expected: '404',
    received: receivedOf(reply),
    requirements: check === 'session/end' ? ['SESS-09'] : ['SESS-10']
  }
  if (status >= 200 && status < 300)
    findings.warning(check, `${what} is served all the same`, {
      ...detail,
      mend: 'answer 404, or give out no session ids'
    })
  else
    findings.problem(check, `${what} is not answered 404`, {
      ...detail,
      mend: 'answer 404: by it clients open a new session; on 400 some hang until they are started anew'
    })
}

async function judgeEnd(visit: Visit, session: string, spoken: string): Promise<void> {
  const { findings, wire, url } = visit
  const headers = headersFor(visit, { session, revision: spoken })
  const reply = await wire.ask({ method: 'DELETE', url, headers })
  const where = 'DELETE with the session id'
  if (!isFailure(reply) && reply.status === 405) {
    findings.note('session/end', 'Clients cannot end their sessions: DELETE is answered 405', { where })
    return
  }
  if (isFailure(reply) || reply.status >= 300) {
    findings.warning('session/end', 'A session cannot be ended', {
      where,
      expected: '200 or 204; 405 where the server does not want it',
      received: receivedOf(reply),
      mend: 'take DELETE, and let the proxy pass it',
      requirements: ['SESS-14']
    })
    return
  }
  unknownSession(
    visit,
    'session/end',
    'A session that was ended',
    await speak(visit, request('ping'), { session, revision: spoken })
  )
}

/** Opens a session with the token, for everything that follows. */
export function open(visit: Visit): Promise<Spoken> {
  return speak(visit, initialize())
}
