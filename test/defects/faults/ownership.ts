/** Faults in whose a session is, and in what a token of few rights is good for. */
import { at, type Json } from '../../../src/conform/json.ts'
import { isObject } from '../../../src/protocol/frame.ts'
import {
  answers,
  atEndpoint,
  carries,
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
  lets
} from '../door-hooks.ts'
import { type Exchange, type Fault, type Front, guarded, must, only, should } from '../fault.ts'
import { jsonAnswer, type Makes, posts } from '../hooks.ts'

type Fits = (exchange: Exchange, front: Front) => boolean

/** The session's id is as good as a token for what fits. */
const replaces = (fits: Fits): Makes =>
  lets((exchange, front) => inSession(exchange) && hasNoToken(exchange) && fits(exchange, front))
/** In a session a token of nobody is as good as any for what fits. */
const forgives = (fits: Fits): Makes =>
  lets((exchange, front) => inSession(exchange) && isGarbage(exchange, front) && fits(exchange, front))
/** Another user may do in a session what fits. */
const shares = (fits: Fits): Makes =>
  lets((exchange, front) => inSession(exchange) && carries('otherUser')(exchange, front) && fits(exchange, front))

const resumes = ({ method, headers }: Exchange): boolean => method === 'GET' && headers['last-event-id'] !== undefined
const gets = ({ method }: Exchange): boolean => method === 'GET'
const deletes = ({ method }: Exchange): boolean => method === 'DELETE'

const sessions: Fault[] = [
  must(
    'session-replaces-the-token',
    'SECBP-30 AUTH-42',
    'Whoever has a session id needs no token.',
    replaces(() => true)
  ),
  must(
    'session-replaces-the-token-of-requests',
    'SECBP-30 AUTH-42',
    'In a session requests need no token.',
    replaces((exchange) => isRequest(exchange))
  ),
  must(
    'session-replaces-the-token-of-lists',
    'SECBP-30 AUTH-42',
    'In a session lists need no token.',
    replaces((exchange) => posts(exchange, 'tools/list'))
  ),
  must(
    'session-replaces-the-token-of-calls',
    'SECBP-30 AUTH-42',
    'In a session calls need no token.',
    replaces((exchange) => posts(exchange, 'tools/call'))
  ),
  must(
    'session-replaces-the-token-of-notifications',
    'SECBP-30 AUTH-42',
    'In a session notifications need no token.',
    replaces(isNotification)
  ),
  must(
    'session-replaces-the-token-of-responses',
    'SECBP-30 AUTH-42',
    'In a session responses need no token.',
    replaces(isResponse)
  ),
  must('session-replaces-the-token-of-get', 'SECBP-30 AUTH-42', 'In a session GET needs no token.', replaces(gets)),
  must(
    'session-replaces-the-token-of-resumption',
    'SECBP-30 AUTH-42',
    'In a session a GET that resumes needs no token.',
    replaces(resumes)
  ),
  must(
    'session-replaces-the-token-of-delete',
    'SECBP-30 AUTH-42',
    'In a session DELETE needs no token.',
    replaces(deletes)
  ),
  must(
    'session-replaces-the-token-of-initialize',
    'SECBP-30 AUTH-42',
    'In a session initialize needs no token.',
    replaces((exchange) => posts(exchange, 'initialize'))
  ),
  must(
    'session-forgives-the-token-of-requests',
    'SECBP-30 AUTH-42',
    'In a session requests may have any token.',
    forgives((exchange) => isRequest(exchange))
  ),
  must('session-forgives-the-token-of-get', 'SECBP-30 AUTH-42', 'In a session GET may have any token.', forgives(gets)),
  must(
    'session-forgives-the-token-of-delete',
    'SECBP-30 AUTH-42',
    'In a session DELETE may have any token.',
    forgives(deletes)
  ),
  must(
    'session-outlives-its-token',
    'SECBP-30 AUTH-42',
    'In a session an expired token is still good.',
    lets((exchange, front) => inSession(exchange) && carries('expired')(exchange, front))
  ),
  must('session-ends-without-a-token', 'SECBP-30 AUTH-42', 'A request without a token ends its session.', (front) => ({
    http: {
      async request(exchange) {
        const id = exchange.headers['mcp-session-id']
        if (id !== undefined && hasNoToken(exchange))
          await front.call({ method: 'DELETE', headers: { 'mcp-session-id': id, authorization: good(front) } })
        return undefined
      }
    }
  })),
  must(
    'session-is-everybodys',
    'SECBP-31 SECBP-34',
    'Another user may use a session.',
    shares(() => true)
  ),
  must(
    'session-takes-calls-of-others',
    'SECBP-31 SECBP-34',
    'Another user may call tools in a session.',
    shares((exchange) => posts(exchange, 'tools/call'))
  ),
  must('session-streams-to-others', 'SECBP-31 SECBP-34', 'Another user gets the stream of a session.', shares(gets)),
  must(
    'session-replays-to-others',
    'SECBP-31 SECBP-34',
    'Another user gets what a session has missed.',
    shares(resumes)
  ),
  must('session-ends-for-others', 'SECBP-31 SECBP-34', 'Another user may end a session.', shares(deletes))
]

const names = (exchange: Exchange, pointer: string, name: string): boolean =>
  at(pointer, exchange.json as Json) === name
const asksForTool = (exchange: Exchange): boolean => names(exchange, '/params/name', 'test_privileged')
const asksForResource = (exchange: Exchange): boolean => names(exchange, '/params/uri', 'test://privileged')
const asksForPrompt = (exchange: Exchange): boolean => names(exchange, '/params/ref/name', 'test_privileged_prompt')

/** The token of few rights is good for what fits. */
const widens = (fits: Fits): Makes =>
  lets((exchange, front) => carries('narrow')(exchange, front) && fits(exchange, front))
/** What the token of few rights hears of what fits. */
const hears = (fits: Fits, answer: (exchange: Exchange) => ReturnType<typeof errorAnswer>): Makes =>
  answers(
    (exchange, front) => atEndpoint(exchange) && carries('narrow')(exchange, front) && fits(exchange, front),
    answer
  )
const refusal = (edit: (challenge: string) => string | undefined): Makes =>
  challenges((text, exchange) => (asksForTool(exchange) ? edit(text) : text))

const rights: Fault[] = [
  must('scopes-are-ignored', 'TOOLS-40 AUTH-54', 'A tool is run whatever its scope.', widens(asksForTool)),
  should(
    'scopes-are-wanted-at-the-door',
    'SECBP-54',
    'Every scope is needed to be let in.',
    hears(
      (exchange) => posts(exchange, 'initialize'),
      (exchange) => errorAnswer(403, exchange)
    )
  ),
  should(
    'scopes-are-wanted-for-lists',
    'SECBP-54',
    'Every scope is needed to see the tools.',
    hears(
      (exchange) => posts(exchange, 'tools/list'),
      (exchange) => errorAnswer(403, exchange)
    )
  ),
  must(
    'scope-missing-is-401',
    'AUTH-54',
    'A missing scope is answered 401.',
    heads(403, (head) => {
      head.status = 401
    })
  ),
  must(
    'scope-missing-is-404',
    'AUTH-54',
    'A missing scope is answered 404.',
    heads(403, (head) => {
      head.status = 404
    })
  ),
  should(
    'scope-missing-is-an-error',
    'AUTH-56',
    'A missing scope is an error of the protocol in a 200.',
    hears(asksForTool, (exchange) => errorAnswer(200, exchange))
  ),
  should(
    'scope-missing-is-a-failure',
    'AUTH-56',
    'A missing scope is a failure of the tool in a 200.',
    hears(asksForTool, ({ json }) =>
      jsonAnswer(200, {
        jsonrpc: '2.0',
        id: at('/id', json as Json) ?? null,
        result: { content: [{ type: 'text', text: 'You may not.' }], isError: true }
      })
    )
  ),
  must(
    'scope-missing-is-not-challenged',
    'AUTH-55',
    'The 403 has no challenge.',
    refusal(() => undefined)
  ),
  should(
    'scope-missing-has-no-code',
    'AUTH-55',
    'The challenge of the 403 has no code.',
    refusal((text) => text.replace(/error="[^"]*", error_description="[^"]*", /, ''))
  ),
  should(
    'scope-missing-is-not-named',
    'SECBP-56',
    'The challenge of the 403 does not name the scope.',
    refusal((text) => text.replace(/, scope="[^"]*"/, ''))
  ),
  should(
    'scope-missing-is-everything',
    'SECBP-56',
    'The challenge of the 403 asks for a wildcard.',
    refusal((text) => text.replace(/scope="[^"]*"/, 'scope="*"'))
  ),
  should(
    'resources-are-listed-to-all',
    'RES-40',
    'Resources that a token may not read are listed.',
    widens((exchange) => posts(exchange, 'resources/list'))
  ),
  should(
    'resources-are-read-by-all',
    'RES-40 RES-42',
    'Resources are read whatever their scope.',
    widens((exchange) => posts(exchange, 'resources/read') && asksForResource(exchange))
  ),
  should(
    'resources-are-watched-by-all',
    'RES-42',
    'Resources are watched whatever their scope.',
    widens((exchange) => posts(exchange, 'resources/subscribe') && asksForResource(exchange))
  ),
  must(
    'completions-are-for-all',
    'COMP-26 COMP-27',
    'Suggestions are made whatever the scope of a prompt.',
    widens(asksForPrompt)
  ),
  must(
    'completions-tell-what-is-there',
    'COMP-27',
    'The error for a prompt that is not for everybody tells that it is there.',
    hears(
      (exchange) => asksForPrompt(exchange) && isObject(exchange.json),
      (exchange) => errorAnswer(200, exchange, -32003, 'This prompt is not for you')
    )
  )
]

export const ownership: Fault[] = only('http', ...guarded(...sessions, ...rights))
