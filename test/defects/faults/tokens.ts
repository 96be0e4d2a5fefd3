/** Faults in looking at tokens: where they are looked for, and what is taken for good. */
import { at, type Json } from '../../../src/conform/json.ts'
import {
  answers,
  atEndpoint,
  carries,
  challenges,
  errorAnswer,
  hasNoToken,
  heads,
  inSession,
  isGarbage,
  isNotification,
  isRequest,
  lets,
  slip,
  tokenOf
} from '../door-hooks.ts'
import { type Exchange, type Fault, guarded, must, only, should } from '../fault.ts'
import { type Makes, posts } from '../hooks.ts'

const header = ({ headers }: Exchange): string => headers['authorization'] ?? ''
const looksLikeJwt = (token: string | undefined): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token ?? '')

/** The claims of a token that carries some, read and not verified. */
function claimsOf(exchange: Exchange): Json | undefined {
  const [, payload = ''] = tokenOf(header(exchange))?.split('.') ?? []
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json
  } catch {
    // no claims, so nothing to believe
    return undefined
  }
}

/** Says in every error of the protocol what fits. */
function tells(what: (exchange: Exchange) => string | undefined, status: (status: number) => boolean): Makes {
  return () => {
    const refused = new WeakSet<Exchange>()
    return {
      http: {
        head(head, exchange) {
          if (atEndpoint(exchange) && status(head.status)) refused.add(exchange)
        },
        body(text, exchange) {
          const said = what(exchange)
          if (!refused.has(exchange) || said === undefined || text === '') return text
          const message = JSON.parse(text) as { error?: { message: string } }
          if (message.error !== undefined) message.error.message += ` (${said})`
          return JSON.stringify(message)
        }
      }
    }
  }
}

/** Runs a call that fits before it is refused. */
function runsFirst(fits: (exchange: Exchange, front: Parameters<typeof isGarbage>[1]) => boolean): Makes {
  return (front) => ({
    http: {
      async request(exchange) {
        if (posts(exchange, 'tools/call') && fits(exchange, front)) await slip(exchange, front)
        return undefined
      }
    }
  })
}

const garbage: Fault[] = [
  must('any-token-is-good', 'AUTH-46 AUTH-49', 'Whoever has any token at all is let in.', lets(isGarbage)),
  must(
    'signatures-are-not-verified',
    'AUTH-46 AUTH-49',
    'Whatever looks like a JWT with a subject is believed.',
    lets((exchange, front) => isGarbage(exchange, front) && typeof at('/sub', claimsOf(exchange)) === 'string')
  ),
  must(
    'none-is-an-algorithm',
    'AUTH-46',
    'A JWT that says that it has no signature is believed.',
    lets((exchange) => /^Bearer [\w-]+\.[\w-]+\.$/.test(header(exchange)))
  ),
  must(
    'broken-jwts-break-the-server',
    'AUTH-46 AUTH-49',
    'A JWT whose payload is no JSON is answered 500.',
    answers(
      (exchange) => atEndpoint(exchange) && looksLikeJwt(tokenOf(header(exchange))) && claimsOf(exchange) === undefined,
      (exchange) => errorAnswer(500, exchange, -32603, 'Unexpected token')
    )
  ),
  must(
    'tokens-by-their-beginning',
    'AUTH-46 AUTH-49',
    'A token need only begin like a good one.',
    lets((exchange, { tokens }) => header(exchange).startsWith(`Bearer ${tokens['valid']}`))
  ),
  must(
    'garbage-on-requests',
    'AUTH-49 AUTH-25',
    'Only initialize looks at the token.',
    lets((exchange, front) => isGarbage(exchange, front) && isRequest(exchange) && !posts(exchange, 'initialize'))
  ),
  must(
    'garbage-on-notifications',
    'AUTH-49 AUTH-25',
    'Notifications do not look at the token.',
    lets((exchange, front) => isGarbage(exchange, front) && isNotification(exchange))
  ),
  must(
    'garbage-on-get',
    'AUTH-49 AUTH-25',
    'GET does not look at the token.',
    lets((exchange, front) => isGarbage(exchange, front) && exchange.method === 'GET')
  ),
  must(
    'garbage-on-delete',
    'AUTH-49 AUTH-25',
    'DELETE does not look at the token.',
    lets((exchange, front) => isGarbage(exchange, front) && exchange.method === 'DELETE')
  ),
  must(
    'garbage-gets-a-session',
    'AUTH-75',
    'The 401 to an invalid token carries a session id.',
    heads(401, (head, exchange) => {
      if (!hasNoToken(exchange)) head.headers['mcp-session-id'] = 'a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3'
    })
  ),
  must(
    'calls-are-run-before-the-token-is-looked-at',
    'AUTH-75',
    'A call with an invalid token is run, and then refused.',
    runsFirst(isGarbage)
  ),
  should(
    'refusals-repeat-the-token',
    'AUTH-61',
    'The body of the 401 repeats the token.',
    tells(
      (exchange) => tokenOf(header(exchange)),
      (status) => status === 401
    )
  ),
  should(
    'challenges-repeat-the-token',
    'AUTH-61',
    'The challenge repeats the token.',
    challenges((text, exchange) => text.replace(/error_description="/, `error_description="${header(exchange)} `))
  ),
  should(
    'errors-show-the-request',
    'AUTH-61',
    'Errors that have nothing to do with it show the token.',
    tells(header, (status) => status < 401)
  )
]

/** The token that is hidden somewhere else. */
const elsewhere = (found: (exchange: Exchange) => string | undefined): Makes =>
  lets((exchange, { tokens }) => {
    if (!hasNoToken(exchange) || found(exchange) !== tokens['valid']) return false
    // the server behind refuses to have two
    exchange.path = '/mcp'
    return true
  })
const inQuery = ({ path }: Exchange): string | undefined =>
  new URL(path, 'http://localhost').searchParams.get('access_token') ?? undefined

const places: Fault[] = [
  should(
    'scheme-in-lower-case-is-unknown',
    'AUTH-40',
    'bearer is not Bearer.',
    answers(
      (exchange) => header(exchange).startsWith('bearer '),
      (exchange) => errorAnswer(401, exchange)
    )
  ),
  should(
    'scheme-in-capitals-is-unknown',
    'AUTH-40',
    'BEARER is not Bearer.',
    answers(
      (exchange) => header(exchange).startsWith('BEARER '),
      (exchange) => errorAnswer(401, exchange)
    )
  ),
  should(
    'bearer-alone-is-good',
    'AUTH-45',
    'The word Bearer is enough.',
    lets((exchange) => header(exchange) === 'Bearer')
  ),
  should(
    'bearer-alone-breaks-the-server',
    'AUTH-45',
    'The word Bearer is answered 500.',
    answers(
      (exchange) => header(exchange) === 'Bearer',
      (exchange) => errorAnswer(500, exchange)
    )
  ),
  should(
    'no-scheme-is-needed',
    'AUTH-45',
    'A token counts without a scheme.',
    lets((exchange, { tokens }) => header(exchange) === tokens['valid'])
  ),
  should(
    'any-scheme-will-do',
    'AUTH-45',
    'A token counts under any scheme.',
    lets(
      (exchange, { tokens }) =>
        header(exchange).split(' ').length === 2 && header(exchange).endsWith(` ${tokens['valid']}`)
    )
  ),
  should(
    'the-first-word-counts',
    'AUTH-45',
    'What stands behind a token is not looked at.',
    lets((exchange, { tokens }) => header(exchange).startsWith(`Bearer ${tokens['valid']} `))
  ),
  should(
    'the-first-token-counts',
    'AUTH-45',
    'Of several tokens the first counts.',
    lets((exchange, { tokens }) => header(exchange).startsWith(`Bearer ${tokens['valid']}, `))
  ),
  should(
    'the-token-may-be-anywhere',
    'AUTH-45',
    'A header need only contain a token.',
    lets((exchange, { tokens }) => /[{"]/.test(header(exchange)) && header(exchange).includes(String(tokens['valid'])))
  ),
  must('query-token-is-honoured', 'AUTH-44', 'A token in the query counts.', elsewhere(inQuery)),
  must(
    'query-token-opens-streams',
    'AUTH-44',
    'A token in the query counts for GET.',
    elsewhere((exchange) => (exchange.method === 'GET' && inSession(exchange) ? inQuery(exchange) : undefined))
  ),
  must(
    'member-is-honoured',
    'AUTH-25',
    'A token in the message counts.',
    elsewhere(({ json }) => at('/access_token', json as Json) as string | undefined)
  ),
  should(
    'cookie-is-honoured',
    'AUTH-25',
    'A token in a cookie counts.',
    elsewhere(({ headers }) => /access_token=([^;]+)/.exec(headers['cookie'] ?? '')?.[1])
  )
]

/** Takes the token of that name for good. */
const takes = (name: string): Makes => lets(carries(name))
/** Answers the token of that name by itself. */
const refuses = (name: string): Makes =>
  answers(
    (exchange, front) => atEndpoint(exchange) && carries(name)(exchange, front),
    (exchange) => errorAnswer(401, exchange)
  )
/** Changes what the holder of the expired token is told. */
const tellsExpired =
  (edit: (challenge: string) => string | undefined): Makes =>
  (front) =>
    challenges((text, exchange) => (carries('expired')(exchange, front) ? edit(text) : text))(front)

const claims: Fault[] = [
  must('audience-is-ignored', 'AUTH-47 AUTH-53 AUTH-77', 'A token for another server is good.', takes('otherAudience')),
  must('audience-may-be-missing', 'AUTH-47 AUTH-78', 'A token for nobody in particular is good.', takes('noAudience')),
  must('audience-is-one', 'AUTH-47', 'A token for several servers is good for none.', refuses('severalAudiences')),
  should('audience-by-its-case', 'AUTH-35', 'The audience has to be in lower case.', refuses('capitalAudience')),
  must(
    'calls-are-run-before-the-audience-is-looked-at',
    'AUTH-75 AUTH-53',
    'A call with a token for another server gets its result.',
    lets((exchange, front) => posts(exchange, 'tools/call') && carries('otherAudience')(exchange, front))
  ),
  must('expiry-is-ignored', 'AUTH-46 AUTH-49', 'An expired token is good.', takes('expired')),
  must('beginning-is-ignored', 'AUTH-46', 'A token that is not valid yet is good.', takes('early')),
  must('keys-are-ignored', 'AUTH-46', 'A token of any key is good.', takes('otherKey')),
  must('signature-may-be-missing', 'AUTH-46', 'A good token is good without its signature, too.', takes('unsigned')),
  must('expired-is-forbidden', 'AUTH-49', 'An expired token is answered 403.', (front) =>
    heads(401, (head, exchange) => {
      if (carries('expired')(exchange, front)) head.status = 403
    })(front)
  ),
  must(
    'expired-is-not-challenged',
    'AUTH-48',
    'The 401 to an expired token has no challenge.',
    tellsExpired(() => undefined)
  ),
  should(
    'expired-has-no-code',
    'AUTH-48 AUTH-50',
    'The challenge to an expired token has no error code.',
    tellsExpired((text) => text.replace(/error="[^"]*", error_description="[^"]*", /, ''))
  )
]

export const tokens: Fault[] = only('http', ...guarded(...garbage, ...places, ...claims))
