/** The stream that a client opens with GET: whether it is there at once, and whether it stays. */
import { headersFor } from './message.ts'
import { receivedOf } from './probes.ts'
import { isFailure, mediaType, type Visit } from './visit.ts'

/** A stream that says nothing for so long is cut by most proxies, in milliseconds. */
const quietMs = 30_000

/** Opens the stream, and listens for as long as was asked for, or until something comes. */
export async function judgeStream(
  visit: Visit,
  options: { session: string | undefined; revision: string }
): Promise<void> {
  const { findings, wire, url, listenMs } = visit
  const headers = { ...headersFor(visit, options), accept: 'text/event-stream' }
  let begun = false
  const reply = await wire.ask({
    method: 'GET',
    url,
    headers,
    bodyMs: listenMs,
    // to know that it is kept alive takes one byte more than the first
    enough: (text) => {
      const enough = text !== '' && (begun || listenMs < quietMs)
      begun = text !== ''
      return enough
    }
  })
  const where = 'GET with Accept: text/event-stream'
  const expected = '200 with text/event-stream at once, or 405'
  const buffering =
    'send the head of the stream at once, and turn buffering off in what stands before it (nginx: proxy_buffering off; or answer with X-Accel-Buffering: no)'
  if (isFailure(reply)) {
    const says =
      reply.failure === 'time' ? 'The stream does not open: not even its head came' : 'The stream does not open'
    findings.problem('session/stream', says, {
      where,
      expected,
      received: receivedOf(reply),
      mend: reply.failure === 'time' ? buffering : 'look into the logs of the server and of the proxy',
      requirements: ['GET-04']
    })
    return
  }
  if (reply.status === 405) {
    findings.note('session/stream', 'The server opens no stream of its own: GET is answered 405', { where })
    return
  }
  if (reply.status !== 200 || mediaType(reply) !== 'text/event-stream') {
    findings.problem('session/stream', 'A GET is answered neither with a stream nor with 405', {
      where,
      expected,
      received: receivedOf(reply),
      mend: 'answer 405 where there is no stream',
      requirements: ['GET-03']
    })
    return
  }
  const encoding = reply.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    findings.warning('session/compression', 'The stream is compressed, though that was not asked for', {
      where: 'Content-Encoding of the stream',
      received: encoding,
      mend: 'leave text/event-stream out of compression: it holds events back (Cache-Control: no-transform says so to proxies)'
    })
  if (reply.end === 'whole' || reply.end === 'broken')
    findings.warning('session/stream', 'The stream ends at once', {
      where,
      expected: 'a stream that stays open',
      received: `its end after ${Math.round(reply.headMs)} ms`,
      mend: 'keep it open, or answer 405: clients come back again and again; a proxy or a platform may have a limit of its own'
    })
  else if (reply.firstByteMs === undefined) silent(visit, where)
  else if (listenMs >= quietMs && reply.end === 'time')
    findings.warning('session/keep-alive', `Nothing came on the stream for ${listenMs / 1000} s but its beginning`, {
      where,
      expected: 'a comment at least every 30 s',
      mend: 'send a comment (“:”) as keep-alive: proxies cut what is quiet'
    })
  else
    findings.ok(
      'session/stream',
      `The stream is open, and its first byte came after ${Math.round(reply.firstByteMs)} ms`,
      { where }
    )
}

/** A stream that is open, and says nothing. */
function silent({ findings, listenMs }: Visit, where: string): void {
  if (listenMs >= quietMs)
    findings.warning('session/keep-alive', `The stream is open, but nothing came on it for ${listenMs / 1000} s`, {
      where,
      expected: 'a comment at least every 30 s',
      mend: 'send a comment (“:”) as keep-alive: proxies cut what is quiet; if the server does, a proxy holds it back'
    })
  else
    findings.note('session/stream', `The stream is open; nothing came on it for ${listenMs / 1000} s`, {
      where,
      mend: 'fine where there is nothing to say; --listen 40 waits for its keep-alive'
    })
}
