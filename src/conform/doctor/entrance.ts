/** What a client without a token is told: let in, sent to get a token, or refused for what it is. */
import { initialize, leave, type Spoken, speak } from './message.ts'
import { pageInstead } from './reach.ts'
import { answerer, asked, came, isFailure, mediaType, type Visit } from './visit.ts'
import type { Answer } from './wire.ts'

/** Whether the server lets everybody in, wants a token, or does neither. */
export type Entrance = 'open' | 'guarded' | 'shut'

const entered = { expected: '200 with the result of initialize, or 401 with a challenge' }

/** Judges the answer to the first message. */
export async function judgeEntrance(visit: Visit, spoken: Spoken & { reply: Answer }): Promise<Entrance> {
  const { findings, local } = visit
  const { reply, message } = spoken
  const where = asked(reply)
  if (reply.status === 401) {
    findings.ok('entrance/initialize', 'Without a token the server answers 401', { where })
    return 'guarded'
  }
  if (reply.status === 200 && message?.result !== undefined) {
    if (local) findings.ok('entrance/initialize', 'The server is open: it asks nobody for a token', { where })
    else
      findings.warning('entrance/initialize', 'The server is open to everybody who can reach it', {
        where,
        expected: '401 and a challenge, elsewhere than on this machine',
        received: '200 and a session, without a token',
        mend: 'guard it with `auth`, if it does anything that not everybody may do'
      })
    return 'open'
  }
  const page = pageInstead(reply)
  if (page !== undefined) {
    const { says, received, mend } = page
    findings.problem('entrance/initialize', `${says} in place of an answer`, { where, ...entered, received, mend })
    return 'shut'
  }
  await judgeRefusal(visit, spoken)
  return 'shut'
}

async function judgeRefusal(visit: Visit, { reply, message }: Spoken & { reply: Answer }): Promise<void> {
  const { findings } = visit
  const told = message?.error === undefined ? undefined : `${message.error.message} (${String(message.error.code)})`
  const detail = {
    where: asked(reply),
    ...entered,
    received: told === undefined ? came(reply) : `${reply.status}: ${told}`
  }
  const say = (says: string, mend: string): void => findings.problem('entrance/initialize', says, { ...detail, mend })
  const { status } = reply
  if (status === 403) {
    const [says, mend] = forbidden(reply, visit.url.host)
    say(says, mend)
  } else if (status === 404 || status === 405) {
    const found = (await oldTransport(visit)) ?? (status === 404 ? await elsewhere(visit) : undefined)
    if (found !== undefined) say(...found)
    else if (status === 404) say('There is no endpoint at this path', 'check the path, and the routes of the proxy')
    else
      say('The endpoint takes no POST', `let POST through to the server${answerer(reply)}; a proxy may know only GET`)
  } else if (status === 406)
    say(
      'The server does not accept what clients accept',
      'take Accept: application/json, text/event-stream, in any order'
    )
  else if (status === 415)
    say(
      'The server does not take the media type of clients',
      'take Content-Type: application/json, with or without a charset'
    )
  else if (status === 400)
    say(
      'The server refuses a correct initialize',
      'see its reason; initialize has no session and no MCP-Protocol-Version yet'
    )
  else if (status === 429)
    say('The server has had enough requests', 'wait, and see whether its limits leave room for one client')
  else if (status >= 500)
    say(
      `The server failed${answerer(reply)}`,
      status === 502 || status === 504
        ? 'the proxy cannot reach the server: start it, and check the address, port and timeouts that the proxy has for it'
        : 'look into its log'
    )
  else if (status >= 300 && status < 400)
    say('The endpoint redirects instead of answering', 'answer MCP at the URL itself')
  else if (mediaType(reply) === 'text/event-stream')
    say(
      'The stream of the answer brought no answer',
      'a proxy may hold the stream back: turn its buffering off (nginx: proxy_buffering off; or answer with X-Accel-Buffering: no)'
    )
  else if (told !== undefined)
    say('The server answers initialize with an error', 'see its reason: revision 2025-06-18 was asked for')
  else say('What came is no answer of MCP', 'check the path: something else than an MCP server answers there')
}

/** Whose 403 it is. */
function forbidden(reply: Answer, host: string): [says: string, mend: string] {
  const { text } = reply
  // words of handwire
  if (text.includes('This Host is not the server'))
    return [
      'The server does not take its own name',
      `name it in the option \`hosts\`: ['${host}']; or let the proxy pass a Host that the server knows`
    ]
  if (text.includes('This Origin may not use the server'))
    return ['The server refuses a request without Origin', 'let whatever adds an Origin leave it out']
  if (/host/i.test(text))
    return [
      'The server seems to refuse its own name',
      `add ${host} to the hosts that the server lets in (its protection against DNS rebinding), or let the proxy pass a Host that it knows`
    ]
  if (/origin/i.test(text))
    return [
      'The server refuses a client without Origin',
      'let requests without Origin in: only browsers send one, clients of MCP do not'
    ]
  return [
    `A client without a token is forbidden to enter${answerer(reply)}`,
    'answer 401 with a challenge when a token would help; otherwise look for a firewall before the server, and for its list of hosts'
  ]
}

/** The transport of revision 2024-11-05: a GET opens a stream that names an address for messages. */
async function oldTransport({ wire, url, headers }: Visit): Promise<[says: string, mend: string] | undefined> {
  const reply = await wire.ask({
    method: 'GET',
    url,
    headers: { ...headers, accept: 'text/event-stream' },
    enough: (text) => text.includes('\n\n') || text.includes('\r\n\r\n'),
    bodyMs: 2000
  })
  if (isFailure(reply) || !/^event: ?endpoint\r?$/m.test(reply.text)) return undefined
  return [
    'The server speaks HTTP with SSE, the transport of 2024-11-05',
    'serve Streamable HTTP: newer clients speak the old transport no more'
  ]
}

/** Whether the endpoint is at a place near by. */
async function elsewhere(visit: Visit): Promise<[says: string, mend: string] | undefined> {
  const { url } = visit
  const slashed = url.pathname.endsWith('/') ? url.pathname.slice(0, -1) : `${url.pathname}/`
  for (const path of new Set([slashed, '/mcp'])) {
    if (path === url.pathname || path === '') continue
    const near = new URL(path, url)
    const spoken = await speak(visit, initialize(), { token: false, url: near })
    if (isFailure(spoken.reply)) continue
    const { status } = spoken.reply
    if (status !== 401 && spoken.message?.result === undefined) continue
    await leave(visit, spoken, { token: false, url: near })
    return ['There is no endpoint at this path', `give clients ${near.href}: MCP is spoken there`]
  }
  return undefined
}
