/**
 * The load: a process of its own that opens a session for each of its ten connections and then sends requests on
 * all of them at once, each connection one after the other, until the number it was asked for has been answered.
 */
import autocannon from 'autocannon'

const connections = 10
const text = 'The quick brown fox jumps over the lazy dog.'

/** What the parent asks for. `mcp` servers get a real handshake; the others the same headers, with a session that is none. */
export interface Job {
  url: string
  mcp: boolean
  /** Sent with every request, where the server asks for one. */
  token?: string | undefined
  workload: Workload
  requests: number
}

export type Workload = 'tools/call' | 'tools/list'

/** What came of it. A request counts as failed when it was refused, cut off or answered with something else. */
export interface Done {
  ms: number
  failed: number
}

type Headers = Record<string, string>

const headers: Headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const params = { 'tools/call': { name: 'echo', arguments: { text } }, 'tools/list': {} }
const expected = { 'tools/call': `"text":${JSON.stringify(text)}`, 'tools/list': '"remove_report"' }
/** Headers of the ten sessions of each server. */
const sessions = new Map<string, Headers[]>()
let id = 0

async function post(url: string, message: object, as: Headers): Promise<Response> {
  const response = await fetch(url, { method: 'POST', headers: as, body: JSON.stringify(message) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  await response.text()
  return response
}

async function handshake(url: string, own: Headers): Promise<Headers> {
  const response = await post(
    url,
    {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } }
    },
    own
  )
  const session = response.headers.get('mcp-session-id')
  if (session === null) throw new Error(`${url} opened no session`)
  const as = inSession(session, own)
  await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, as)
  return as
}

function inSession(session: string, own: Headers): Headers {
  return { ...own, 'mcp-session-id': session, 'mcp-protocol-version': '2025-06-18' }
}

async function open({ url, mcp, token }: Job): Promise<Headers[]> {
  const kept = sessions.get(url)
  if (kept !== undefined) return kept
  const own = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
  const opened = await Promise.all(
    Array.from({ length: connections }, () => (mcp ? handshake(url, own) : inSession('x'.repeat(32), own)))
  )
  sessions.set(url, opened)
  return opened
}

async function run(job: Job): Promise<Done> {
  const { url, workload, requests } = job
  const opened = await open(job)
  let wrong = 0
  let last = 0
  let client = 0
  const load = autocannon({
    url,
    connections,
    amount: requests,
    sampleInt: 20,
    setupClient(one) {
      const as = opened[client++ % connections] as Headers
      one.setRequests([
        {
          method: 'POST',
          headers: as,
          setupRequest: (request) => ({
            ...request,
            body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method: workload, params: params[workload] })
          }),
          onResponse(status, body) {
            last = performance.now()
            if (status !== 200 || !body.includes(expected[workload])) wrong += 1
          }
        }
      ])
    }
  })
  const started = performance.now()
  const { errors, timeouts } = await load
  return { ms: last - started, failed: wrong + errors + timeouts }
}

process.on('message', async (job: Job) => process.send?.(await run(job)))
process.on('disconnect', () => process.exit(0))
