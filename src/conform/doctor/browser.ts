/** Whether a page of a given origin can use the server: its Origin is let in, and the browser is told so (CORS). */
import { initialize, leave, speak } from './message.ts'
import { allowed, allows } from './metadata.ts'
import { asked, isFailure, type Visit } from './visit.ts'

/** Headers that a page needs to send. */
const sent = ['content-type', 'authorization', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id']

export async function judgeBrowser(visit: Visit, origin: string): Promise<void> {
  const { findings, wire, url, headers } = visit
  const spoken = await speak(visit, initialize(), { headers: { origin } })
  const { reply } = spoken
  if (isFailure(reply)) return
  await leave(visit, spoken)
  const where = `${asked(reply)} with Origin: ${origin}`
  if (reply.status === 403) {
    findings.problem('browser/origin', 'The server refuses the origin', {
      where,
      expected: 'the same answer as without Origin',
      received: '403',
      mend: `let it in, in handwire by the option \`origins\`: ['${origin}']`
    })
    return
  }
  findings.ok('browser/origin', 'The server lets the origin in', { where })
  const preflight = await wire.ask({
    method: 'OPTIONS',
    url,
    headers: {
      ...headers,
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': sent.join(',')
    }
  })
  const lets = names(isFailure(preflight) ? '' : preflight.headers['access-control-allow-headers'])
  // the star does not stand for Authorization
  const lacking = sent.filter((name) => !lets.includes(name) && (name === 'authorization' || !lets.includes('*')))
  if (isFailure(preflight) || preflight.status >= 300 || !allows(preflight, origin) || lacking.length > 0)
    findings.problem('browser/preflight', 'A browser does not let the page send its requests', {
      where: `OPTIONS ${url.href} with Origin: ${origin}`,
      expected: `2xx, Access-Control-Allow-Origin: ${origin}, Access-Control-Allow-Headers: ${sent.join(', ')}`,
      received: `${allowed(preflight)}; Access-Control-Allow-Headers: ${lets.length === 0 ? 'none' : lets.join(', ')}`,
      mend: 'answer the preflight without a token, as @fastify/cors does, for this origin'
    })
  else findings.ok('browser/preflight', 'A browser lets the page send its requests')
  if (!allows(reply, origin)) {
    findings.problem('browser/read', 'A browser does not let the page read the answers', {
      where,
      expected: `Access-Control-Allow-Origin: ${origin}`,
      received: allowed(reply),
      mend: 'send it with every answer, errors and streams, too'
    })
    return
  }
  const exposed = names(reply.headers['access-control-expose-headers'])
  const needed = reply.status === 401 ? 'www-authenticate' : 'mcp-session-id'
  if (reply.headers[needed] === undefined || exposed.includes('*') || exposed.includes(needed)) return
  findings.problem(
    'browser/expose',
    `The page cannot see ${needed === 'mcp-session-id' ? 'its session id' : 'the challenge'}`,
    {
      where: `Access-Control-Expose-Headers of ${asked(reply)}`,
      expected: 'Mcp-Session-Id, WWW-Authenticate',
      received: exposed.length === 0 ? 'no such header' : exposed.join(', '),
      mend: 'expose both headers'
    }
  )
}

function names(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}
