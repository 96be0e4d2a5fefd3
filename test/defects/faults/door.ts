/** Faults of the door: who is let in without a token, and what those hear who are not. */
import {
  answers,
  atEndpoint,
  challenges,
  errorAnswer,
  good,
  hasNoToken,
  heads,
  inSession,
  isGarbage,
  isNotification,
  isRequest,
  isResponse,
  isStrange,
  lets,
  together
} from '../door-hooks.ts'
import { type Fault, guarded, must, only, should } from '../fault.ts'
import { method, posts, refuses } from '../hooks.ts'

const shutOut = (exchange: Parameters<typeof hasNoToken>[0]): boolean => atEndpoint(exchange) && hasNoToken(exchange)
const metadata = /, resource_metadata="[^"]*"|resource_metadata="[^"]*", |resource_metadata="[^"]*"/

const entrance: Fault[] = [
  must(
    'door-answers-403',
    'AUTH-25 AUTH-54',
    'Without a token the answer is 403.',
    heads(401, (head, exchange) => {
      if (hasNoToken(exchange)) head.status = 403
    })
  ),
  must(
    'door-answers-400',
    'AUTH-25 AUTH-54',
    'Without a token the answer is 400.',
    heads(401, (head, exchange) => {
      if (hasNoToken(exchange)) head.status = 400
    })
  ),
  must(
    'door-answers-200-with-an-error',
    'AUTH-25 AUTH-54',
    'Without a token the answer is an error of the protocol in a 200.',
    answers(
      (exchange) => shutOut(exchange) && isRequest(exchange),
      (exchange) => errorAnswer(200, exchange)
    )
  ),
  must(
    'door-is-open-for-initialize',
    'AUTH-25',
    'initialize needs no token.',
    lets((exchange) => hasNoToken(exchange) && posts(exchange, 'initialize') && !inSession(exchange))
  ),
  must(
    'door-is-open-for-requests',
    'AUTH-25',
    'Only initialize needs a token.',
    lets((exchange) => hasNoToken(exchange) && isRequest(exchange) && !posts(exchange, 'initialize'))
  ),
  must(
    'door-is-open-for-notifications',
    'AUTH-25',
    'Notifications need no token.',
    lets((exchange) => hasNoToken(exchange) && isNotification(exchange))
  ),
  must(
    'door-is-open-for-responses',
    'AUTH-25',
    'Responses need no token.',
    lets((exchange) => hasNoToken(exchange) && isResponse(exchange))
  ),
  must(
    'door-is-open-for-get',
    'AUTH-25',
    'GET needs no token.',
    lets((exchange) => hasNoToken(exchange) && exchange.method === 'GET')
  ),
  must(
    'door-is-open-for-delete',
    'AUTH-25',
    'DELETE needs no token.',
    lets((exchange) => hasNoToken(exchange) && exchange.method === 'DELETE')
  ),
  must(
    'door-knows-no-get',
    'AUTH-25',
    'A GET without a token is answered 404.',
    answers(
      (exchange) => shutOut(exchange) && exchange.method === 'GET',
      () => ({ status: 404, headers: {}, body: '' })
    )
  ),
  must(
    'door-looks-for-the-session-first',
    'AUTH-25',
    'A request without a token learns whether its session is there.',
    (front) => ({
      http: {
        async request(exchange) {
          const id = exchange.headers['mcp-session-id']
          if (!shutOut(exchange) || id === undefined) return undefined
          const { status } = await front.call({
            method: 'POST',
            headers: { 'mcp-session-id': id, authorization: good(front) },
            body: JSON.stringify({ jsonrpc: '2.0', id: 'look', method: 'ping' })
          })
          return status === 404 ? errorAnswer(404, exchange) : undefined
        }
      }
    })
  ),
  must(
    'door-gives-a-session',
    'AUTH-75',
    'The 401 to initialize carries a session id.',
    heads(401, (head, exchange) => {
      if (posts(exchange, 'initialize')) head.headers['mcp-session-id'] = 'a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3'
    })
  ),
  must('door-says-what-is-behind-it', 'AUTH-75', 'The 401 to initialize has its result all the same.', (front) => ({
    http: {
      body(text, exchange) {
        if (!isStrange(exchange, front) || !posts(exchange, 'initialize')) return text
        return JSON.stringify({ jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-06-18', capabilities: {} } })
      }
    }
  })),
  must(
    'door-takes-other-schemes',
    'AUTH-25 AUTH-49',
    'Whoever has credentials of another scheme is let in.',
    lets(({ headers }) => /^basic /i.test(headers['authorization'] ?? ''))
  )
]

const words: Fault[] = [
  must(
    'challenge-is-missing',
    'AUTH-23 AUTH-24',
    'A 401 has no challenge.',
    challenges(() => undefined)
  ),
  must(
    'challenge-is-not-quoted',
    'AUTH-24',
    'The URL in the challenge is not quoted.',
    challenges((text) => text.replace(/resource_metadata="([^"]*)"/, 'resource_metadata=$1'))
  ),
  must(
    'challenge-names-no-metadata',
    'AUTH-23',
    'The challenge does not name the metadata.',
    challenges((text) => `${text.replace(metadata, '')}${text.includes('=') ? '' : ' realm="x"'}`)
  ),
  must(
    'challenge-without-parameters',
    'AUTH-24',
    'The challenge is the word Bearer.',
    challenges(() => 'Bearer')
  ),
  must(
    'challenge-without-a-scheme',
    'AUTH-24',
    'The challenge has no scheme.',
    challenges((text) => text.replace(/^Bearer /, ''))
  ),
  must(
    'challenge-of-another-scheme',
    'AUTH-24',
    'The scheme of the challenge is OAuth.',
    challenges((text) => text.replace(/^Bearer /, 'OAuth '))
  ),
  must(
    'challenge-with-a-relative-url',
    'AUTH-23 AUTH-24',
    'The challenge names the metadata by a path.',
    challenges((text) => text.replace(/resource_metadata="https?:\/\/[^/"]*/, 'resource_metadata="'))
  ),
  must(
    'challenge-leads-to-http',
    'AUTH-24',
    'The metadata that the challenge names is not behind https.',
    challenges((text) => text.replace(/resource_metadata="https?:\/\/[^/"]*/, 'resource_metadata="http://mcp.example'))
  ),
  must(
    'challenge-says-it-twice',
    'AUTH-24',
    'The challenge has a parameter twice.',
    challenges((text) => `${text}, ${(metadata.exec(text)?.[0] ?? '').replace(/^, |, $/g, '')}`)
  ),
  must(
    'challenge-not-on-get',
    'AUTH-23',
    'The 401 to a GET has no challenge.',
    challenges((text, { method }) => (method === 'GET' ? undefined : text))
  ),
  must(
    'challenge-not-on-delete',
    'AUTH-23',
    'The 401 to a DELETE has no challenge.',
    challenges((text, { method }) => (method === 'DELETE' ? undefined : text))
  ),
  must(
    'challenge-not-on-notifications',
    'AUTH-23',
    'The 401 to a notification has no challenge.',
    challenges((text, exchange) => (isNotification(exchange) ? undefined : text))
  ),
  must(
    'challenge-only-to-initialize',
    'AUTH-23',
    'Only the 401 to initialize names the metadata.',
    challenges((text, exchange) => (posts(exchange, 'initialize') ? text : text.replace(metadata, 'realm="x"')))
  ),
  must(
    'challenge-not-to-invalid-tokens',
    'AUTH-23 AUTH-48',
    'The 401 to an invalid token does not name the metadata.',
    challenges((text, exchange) => (hasNoToken(exchange) ? text : text.replace(metadata, '')))
  ),
  must(
    'challenge-leads-elsewhere-from-invalid-tokens',
    'AUTH-23',
    'The 401 to an invalid token names other metadata.',
    challenges((text, exchange) =>
      hasNoToken(exchange) ? text : text.replace(/resource_metadata="/, 'resource_metadata="http://127.0.0.1:9/')
    )
  ),
  should(
    'challenge-with-a-code-for-nothing',
    'AUTH-50',
    'The challenge has an error code though there was no token.',
    challenges((text, exchange) => (hasNoToken(exchange) ? `${text}, error="invalid_token"` : text))
  ),
  should(
    'challenge-without-a-code',
    'AUTH-50',
    'The challenge to an invalid token has no error code.',
    challenges((text) => text.replace(/error="[^"]*", error_description="[^"]*", /, ''))
  ),
  should(
    'challenge-with-a-wrong-code',
    'AUTH-50',
    'The challenge to an invalid token has the code invalid_request.',
    challenges((text) => text.replace('invalid_token', 'invalid_request'))
  ),
  should(
    'door-of-its-own-kind',
    'AUTH-01 AUTH-05',
    'Tokens are wanted, and nobody is told where they come from.',
    together(
      challenges((text, exchange) => (hasNoToken(exchange) ? 'Bearer realm="ask the operator"' : text)),
      answers(
        (exchange) => !atEndpoint(exchange),
        () => ({ status: 404, headers: {}, body: '' })
      )
    )
  ),
  must(
    'door-breaks-at-garbage',
    'AUTH-46 AUTH-49',
    'A token of nobody is answered 500.',
    answers(
      (exchange, front) => atEndpoint(exchange) && isGarbage(exchange, front),
      () => ({ status: 500, headers: {}, body: '' })
    )
  ),
  must(
    'door-forbids-garbage',
    'AUTH-49',
    'A token of nobody is answered 403.',
    heads(401, (head, exchange) => {
      if (!hasNoToken(exchange)) head.status = 403
    })
  ),
  must(
    'door-breaks-at-long-tokens',
    'AUTH-46 AUTH-49',
    'A very long token is answered 500.',
    answers(
      ({ headers }) => (headers['authorization']?.length ?? 0) > 4000,
      () => ({ status: 500, headers: {}, body: '' })
    )
  )
]

/** Nobody logs in on standard input. */
const onStdio: Fault[] = only(
  'stdio',
  should(
    'stdio-wants-a-token',
    'AUTH-02 AUTH-06',
    'On stdio initialize is refused for want of a token.',
    refuses(method('initialize'), -32001, 'Unauthorized: send a token.')
  )
)

export const door: Fault[] = [...only('http', ...guarded(...entrance, ...words)), ...onStdio]
