import { isObject } from '../../../src/protocol/frame.ts'
import { type Exchange, type Fault, type Head, type HttpHooks, must, only, should, type Talk } from '../fault.ts'
import { jsonAnswer, type Makes, overHttp, posts } from '../hooks.ts'
import { isNotification, isRequest, isResponse, type Message } from '../message.ts'

export const acceptsBoth = 'application/json, text/event-stream'
const versionHeader = 'mcp-protocol-version'
const version = '2025-06-18'
export const isJson = ({ headers }: Head): boolean => headers['content-type']?.startsWith('application/json') === true
const notAllowed = (status: number) => ({ status, headers: {}, body: '' })
export const isCall = ({ json }: Exchange): boolean =>
  isObject(json) && isRequest(json as Message) && json['method'] !== 'initialize'
export const asks = ({ method: verb }: Exchange): boolean => verb === 'POST'
export const says = ({ json }: Exchange): boolean => isObject(json) && isNotification(json as Message)
const responds = ({ json }: Exchange): boolean => isObject(json) && isResponse(json as Message)

/** Answers of that kind get another status and body. */
function accepted(fits: (exchange: Exchange) => boolean, status: number, text: string, type?: string): Makes {
  const ours = (exchange: Exchange): boolean => asks(exchange) && fits(exchange)
  return overHttp({
    head(head, exchange) {
      if (head.status !== 202 || !ours(exchange)) return
      head.status = status
      if (type !== undefined) head.headers['content-type'] = type
    },
    body: (body, exchange) => (body === '' && ours(exchange) ? text : body)
  })
}

/** The head of an answer to a request, but not to initialize. */
export function headOfCalls(change: NonNullable<HttpHooks['head']>): Makes {
  return overHttp({ head: (head, exchange, body) => (isCall(exchange) ? change(head, exchange, body) : undefined) })
}

/** Refuses requests by a look at the exchange. */
function refusing(status: number, fits: (exchange: Exchange) => boolean): Makes {
  return overHttp({ request: (exchange) => (fits(exchange) ? jsonAnswer(status, { error: 'refused' }) : undefined) })
}

/** Changes the request before anything looks at it. */
function rewriting(change: (exchange: Exchange) => void): Makes {
  return overHttp({
    request(exchange) {
      change(exchange)
      return undefined
    }
  })
}

export const http: Fault[] = only(
  'http',
  must(
    'get-is-not-found',
    'GET-03 HTTP-01',
    'GET is answered 404.',
    refusing(404, ({ method: verb }) => verb === 'GET')
  ),
  must(
    'get-fails',
    'GET-03',
    'GET is answered 500.',
    refusing(500, ({ method: verb }) => verb === 'GET')
  ),
  must(
    'get-is-json',
    'GET-03',
    'GET is answered with a JSON document.',
    refusing(200, ({ method: verb }) => verb === 'GET')
  ),
  should(
    'get-waits-for-the-first-event',
    'GET-04',
    'The head of a GET stream is not sent before its first event.',
    overHttp({
      async request({ method: verb, talk }) {
        if (verb === 'GET')
          await talk.until(() => [...talk.asked.values()].some((message) => message['method'] === 'tools/call'))
        return undefined
      }
    })
  ),
  must('notifications-get-200', 'HTTP-12', 'An accepted notification is answered 200.', accepted(says, 200, '')),
  must('notifications-get-204', 'HTTP-12', 'An accepted notification is answered 204.', accepted(says, 204, '')),
  must('202-with-a-body', 'HTTP-12', 'The 202 has a JSON body.', accepted(says, 202, '{}', 'application/json')),
  must(
    '202-says-accepted',
    'HTTP-12',
    'The 202 has the body "Accepted".',
    accepted(says, 202, 'Accepted', 'text/plain')
  ),
  must('responses-get-200', 'HTTP-13', 'A response of the client is answered 200.', accepted(responds, 200, '')),
  must(
    'responses-are-answered',
    'HTTP-13',
    'A response of the client is answered with a message.',
    accepted(responds, 200, '{"jsonrpc":"2.0","id":0,"result":{}}', 'application/json')
  ),
  must('responses-fail', 'HTTP-13', 'A response of the client throws and is answered 500.', refusing(500, responds)),
  must(
    'bad-notifications-are-accepted',
    'HTTP-14',
    'A notification that is malformed is answered 202.',
    overHttp({
      head(head, exchange) {
        if (isObject(exchange.json) && !('id' in exchange.json) && 'method' in exchange.json && head.status === 400) {
          head.status = 202
          delete head.headers['content-type']
        }
      },
      body: (body, { json }) => (isObject(json) && !('id' in json) && 'method' in json ? '' : body)
    })
  ),
  must(
    'bad-responses-are-accepted',
    'HTTP-14',
    'A response that is malformed is answered 202.',
    overHttp({
      head(head, exchange) {
        if (responds(exchange) && head.status === 400) head.status = 202
      },
      body: (body, exchange) => (responds(exchange) ? '' : body)
    })
  ),
  must(
    'answers-are-plain-text',
    'HTTP-16',
    'JSON answers say that they are text/plain.',
    headOfCalls((head) => {
      if (isJson(head)) head.headers['content-type'] = 'text/plain'
    })
  ),
  must(
    'answers-have-no-type',
    'HTTP-16',
    'JSON answers have no Content-Type.',
    headOfCalls((head) => {
      if (isJson(head)) delete head.headers['content-type']
    })
  ),
  must(
    'answers-come-in-a-list',
    'HTTP-17',
    'A JSON answer is an array with the response in it.',
    overHttp({
      body: (body, exchange) => (isCall(exchange) ? `[${body}]` : body)
    })
  ),
  must(
    'answers-come-as-lines',
    'HTTP-17',
    'A JSON answer is followed by a second JSON document.',
    overHttp({
      body: (body, exchange) => (isCall(exchange) ? `${body}\n{"done":true}` : body)
    })
  ),
  must(
    'json-is-latin1',
    'TRANS-01',
    'JSON bodies are encoded in ISO 8859-1.',
    overHttp({ body: (body) => Buffer.from(body, 'latin1') })
  ),
  should(
    'put-is-post',
    'HTTP-02',
    'PUT and PATCH are served like POST.',
    rewriting((exchange) => {
      if (exchange.method === 'PUT' || exchange.method === 'PATCH') exchange.method = 'POST'
    })
  ),
  should(
    'other-methods-fail',
    'HTTP-02',
    'Other HTTP methods are answered 500.',
    refusing(500, ({ method: verb }) => !['GET', 'POST', 'DELETE'].includes(verb))
  ),
  should(
    'accept-is-compared-as-text',
    'HTTP-08',
    'Accept must be exactly the two types in their usual order.',
    refusing(406, (exchange) => asks(exchange) && exchange.headers['accept'] !== acceptsBoth)
  ),
  should(
    'any-body-is-json',
    'HTTP-09',
    'A body is taken for JSON whatever its Content-Type.',
    rewriting((exchange) => {
      if (asks(exchange)) exchange.headers['content-type'] = 'application/json'
    })
  ),
  should(
    'text-is-json',
    'HTTP-09',
    'A body of type text/plain is taken for JSON.',
    rewriting((exchange) => {
      if (exchange.headers['content-type']?.startsWith('text/plain') === true)
        exchange.headers['content-type'] = 'application/json'
    })
  ),
  should(
    'charset-is-refused',
    'HTTP-09',
    'application/json with a charset is refused.',
    refusing(415, (exchange) => asks(exchange) && exchange.headers['content-type'] !== 'application/json')
  ),
  should(
    'other-types-fail',
    'HTTP-09',
    'A body of another type is answered 500.',
    refusing(
      500,
      (exchange) => asks(exchange) && exchange.headers['content-type']?.startsWith('application/json') !== true
    )
  ),
  should(
    'errors-are-http-errors',
    'HTTP-18',
    'JSON-RPC errors travel with status 500.',
    headOfCalls((head, _, body) => {
      if (head.status === 200 && body?.includes('"error"') === true) head.status = 500
    })
  ),
  must(
    'bad-version-is-served',
    'VER-05',
    'An unsupported MCP-Protocol-Version is ignored.',
    rewriting(({ headers }) => {
      delete headers[versionHeader]
    })
  ),
  must(
    'bad-version-gets-200',
    'VER-05',
    'An unsupported MCP-Protocol-Version is answered 200 with an error.',
    overHttp({
      head(head, { headers }) {
        if (head.status === 400 && ![undefined, version].includes(headers[versionHeader])) head.status = 200
      }
    })
  ),
  must(
    'bad-version-is-not-found',
    'VER-05',
    'An unsupported MCP-Protocol-Version is answered 404.',
    overHttp({
      head(head, { headers }) {
        if (head.status === 400 && ![undefined, version].includes(headers[versionHeader])) head.status = 404
      }
    })
  ),
  must(
    'version-is-unchecked-on-get',
    'VER-05',
    'A GET is served whatever its MCP-Protocol-Version.',
    rewriting(({ method: verb, headers }) => {
      if (verb === 'GET') delete headers[versionHeader]
    })
  ),
  must(
    'version-is-unchecked-on-delete',
    'VER-05',
    'A DELETE is served whatever its MCP-Protocol-Version.',
    rewriting(({ method: verb, headers }) => {
      if (verb === 'DELETE') delete headers[versionHeader]
    })
  ),
  must(
    'version-is-unchecked-on-notifications',
    'VER-05',
    'Notifications are accepted whatever their MCP-Protocol-Version.',
    rewriting((exchange) => {
      if (says(exchange)) delete exchange.headers[versionHeader]
    })
  ),
  must(
    'any-date-is-a-version',
    'VER-05',
    'Every MCP-Protocol-Version that looks like a date is accepted.',
    rewriting(({ headers }) => {
      if (/^\d{4}-\d\d-\d\d$/.test(headers[versionHeader] ?? '')) delete headers[versionHeader]
    })
  ),
  must(
    'version-is-a-prefix',
    'VER-05',
    'A MCP-Protocol-Version need only contain the version.',
    rewriting(({ headers }) => {
      if (headers[versionHeader]?.includes(version) === true) delete headers[versionHeader]
    })
  ),
  should(
    'version-header-is-demanded',
    'VER-04',
    'Requests of a session without MCP-Protocol-Version are refused.',
    refusing(
      400,
      (exchange) => exchange.headers['mcp-session-id'] !== undefined && exchange.headers[versionHeader] === undefined
    )
  ),
  should(
    'initialize-wants-the-version-header',
    'VER-07',
    'initialize without MCP-Protocol-Version is refused.',
    refusing(400, (exchange) => posts(exchange, 'initialize') && exchange.headers[versionHeader] === undefined)
  ),
  should(
    'version-header-on-initialize-is-refused',
    'VER-07',
    'initialize with MCP-Protocol-Version is refused.',
    refusing(400, (exchange) => posts(exchange, 'initialize') && exchange.headers[versionHeader] !== undefined)
  ),
  must(
    'post-is-not-allowed',
    'HTTP-01',
    'POSTs in a session are answered 405.',
    overHttp({
      request: ({ method: verb, headers }) =>
        verb === 'POST' && headers['mcp-session-id'] !== undefined ? notAllowed(405) : undefined
    })
  ),
  should('serves-one-client-at-a-time', 'HTTP-03', 'While a call runs, requests of other sessions wait.', (front) => ({
    async received(message, talk) {
      if (message['method'] !== 'tools/call' && message['method'] !== 'ping') return message
      const others = [...front.talks].filter((other) => other !== talk)
      const idle =
        ({ running }: Talk) =>
        (): boolean =>
          ![...running.values()].some((one) => one['method'] === 'tools/call')
      await Promise.all(others.map((other) => other.until(idle(other))))
      return message
    }
  })),
  should(
    'errors-are-answered-in-text',
    'HTTP-18 HTTP-16',
    'JSON-RPC errors come with the type text/html.',
    headOfCalls((head, _, body) => {
      if (body?.includes('"error"') === true) head.headers['content-type'] = 'text/html'
    })
  ),
  must(
    'empty-body-is-a-server-error',
    'RPC-03',
    'An empty body is answered 500.',
    overHttp({
      request: ({ method: verb, body }) => (verb === 'POST' && body.length === 0 ? notAllowed(500) : undefined)
    })
  )
)
