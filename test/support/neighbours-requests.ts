/** What is asked of that API, one after the other, and what came back, byte for byte. */
import { type IncomingHttpHeaders, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { site } from './neighbours.ts'

interface Asked {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string | Buffer
}

export interface Answered {
  /** The request in one line. */
  asked: string
  status: number
  /** All but the date; what counts down in seconds is only said to be there. */
  headers: IncomingHttpHeaders
  /** The bytes as Latin-1, so that nothing is decoded. */
  body: string
}

const json = { 'content-type': 'application/json' }
const zipped = { 'accept-encoding': 'gzip' }
const key = { authorization: 'Bearer sesame' }
const csv = { 'content-type': 'application/vnd.todos+csv' }
const todo = (value: unknown): { headers: Record<string, string>; body: string } => ({
  headers: json,
  body: JSON.stringify(value)
})
const preflight = (origin: string, method = 'DELETE'): Record<string, string> => ({
  origin,
  'access-control-request-method': method,
  'access-control-request-headers': 'content-type, x-user'
})

/** Every route in the ways it may be used and misused, and what is no route. */
export const everyRequest: readonly Asked[] = [
  { path: '/todos' },
  { path: '/todos?limit=1&done=true' },
  { path: '/todos?limit=many' },
  { path: '/todos', headers: { origin: site } },
  { path: '/todos', headers: { origin: 'http://elsewhere.example', host: 'other.example', accept: 'text/html' } },
  { path: '/todos', method: 'HEAD' },
  { path: '/todos', method: 'POST', ...todo({ text: 'dust', owner: { name: 'bob' } }) },
  { path: '/todos', method: 'POST', ...todo({ text: 'd', extra: 1, owner: {} }) },
  { path: '/todos', method: 'POST', ...todo(null) },
  { path: '/todos', method: 'POST', headers: json, body: '{"text":' },
  { path: '/todos', method: 'POST', headers: json, body: '' },
  {
    path: '/todos',
    method: 'POST',
    headers: { ...json, 'content-encoding': 'gzip' },
    body: gzipSync('{"text":"zipped"}')
  },
  { path: '/todos', method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: 'not zipped' },
  { path: '/todos', method: 'POST', headers: json, body: '{"__proto__":{"text":"dust"}}' },
  { path: '/todos/2' },
  { path: '/todos/7' },
  { path: '/todos/seven' },
  { path: '/todos/2', method: 'PUT', ...todo({ text: 'wax' }) },
  { path: '/todos/2', method: 'PATCH', ...todo({ text: '' }) },
  { path: '/todos/2', method: 'DELETE' },
  { path: '/todos/2', method: 'OPTIONS', headers: preflight(site) },
  { path: '/todos/2', method: 'OPTIONS', headers: preflight('http://elsewhere.example') },
  { path: '/todos', method: 'OPTIONS' },
  { path: '/unknown/path', method: 'OPTIONS', headers: preflight(site) },
  { path: '/echo', method: 'POST', headers: json, body: '[1,"ü",null]' },
  { path: '/echo', method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'quiet' },
  { path: '/echo', method: 'POST', headers: csv, body: 'a,b\nc,d' },
  { path: '/echo', method: 'POST', headers: { 'content-type': 'image/png' }, body: Buffer.alloc(300, 7) },
  { path: '/echo', method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<a/>' },
  { path: '/echo', method: 'POST', headers: json, body: `"${'x'.repeat(70_000)}"` },
  { path: '/echo', method: 'POST', headers: json, body: `"${'x'.repeat(60_000)}"` },
  { path: '/echo', method: 'POST' },
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'].map((method) => ({ path: '/any', method })),
  { path: '/large', headers: zipped },
  { path: '/large', headers: { 'accept-encoding': 'br' } },
  { path: '/large' },
  { path: '/large', method: 'HEAD', headers: zipped },
  { path: '/plain', headers: zipped },
  { path: '/bytes' },
  { path: '/nothing' },
  { path: '/elsewhere' },
  { path: '/cookies' },
  { path: '/stream', headers: zipped },
  { path: '/stream' },
  { path: '/events', headers: zipped },
  { path: '/hijacked' },
  { path: '/web' },
  { path: '/boom' },
  { path: '/teapot' },
  { path: '/own-error' },
  { path: '/lost' },
  { path: '/private/diary' },
  { path: '/private/diary', headers: { ...key, 'x-user': 'ada' } },
  { path: '/private/broken', headers: key },
  { path: '/private/unknown', headers: key },
  { path: '/private/unknown' },
  { path: '/other/ask', method: 'POST', headers: csv, body: 'please' },
  { path: '/other/ask', method: 'POST', headers: csv, body: 'now' },
  { path: '/other/tell' },
  ...['ada', 'ada', 'ada', 'bob'].map((user) => ({ path: '/limited/scope', headers: { 'x-user': user } })),
  ...['ada', 'ada'].map((user) => ({ path: '/limited/route', headers: { 'x-user': user } })),
  { path: '/openapi.json' },
  { path: '/versioned' },
  { path: '/versioned', headers: { 'accept-version': '2.x' } },
  { path: '/versioned', headers: { 'accept-version': '9.x' } },
  { path: '/files/deep/er?x=1' },
  { path: '/anything', headers: { 'x-user': 'ada' } },
  { path: '/status' },
  { path: '/unknown/path' },
  { path: '/unknown/path', method: 'DELETE' },
  { path: '/mcp/unknown/path' },
  { path: '/mcpx' },
  { path: '/%zz' }
]

/** Asks for everything in order. */
export async function askAll(origin: string): Promise<Answered[]> {
  const answers: Answered[] = []
  for (const asked of everyRequest) answers.push(await ask(origin, asked))
  return answers
}

/** One request on a connection of its own. */
export function ask(origin: string, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}${path}`, { method, headers, agent: false }, (message) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
      message.on('end', () => {
        const text = Buffer.concat(chunks).toString('latin1')
        resolve({
          asked: `${method} ${path}`,
          status: message.statusCode as number,
          headers: steady(message.headers),
          body: text
        })
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

function steady({ date: _, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  for (const name of ['x-ratelimit-reset', 'retry-after']) if (name in headers) headers[name] = 'some'
  return headers
}
