/** Faults of the envelope: versions, ids, results and errors, parameters, and what is no message at all. */
import { at, type Json } from '../../../src/conform/json.ts'
import { isObject } from '../../../src/protocol/frame.ts'
import { type Fault, type Hooks, must, only, should, type Talk } from '../fault.ts'
import {
  answers,
  answersTo,
  calls,
  diesOf,
  errors,
  errorsOf,
  grants,
  incoming,
  instead,
  jsonAnswer,
  type Makes,
  membersAt,
  method,
  outgoing,
  overHttp,
  perSession,
  refuses,
  results,
  sends,
  takes,
  withholds
} from '../hooks.ts'
import {
  edit,
  errorTo,
  gone,
  idOf,
  isNotification,
  isRequest,
  isResponse,
  type Message,
  put,
  remove,
  resultTo
} from '../message.ts'

const clientMethods = [
  'initialize',
  'ping',
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list'
]
const listing = ['ping', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']
const clientNotifications = ['initialized', 'cancelled', 'progress', 'roots/list_changed'].map(
  (name) => `notifications/${name}`
)
/** Serves requests whose id fits under an id of its own, and answers under theirs. */
export function executes(fits: (id: Json | undefined, message: Message) => boolean): Makes {
  return () => {
    const given = perSession(() => new Map<string, Json>())
    return {
      received(message, talk) {
        const { id } = message
        if (typeof message['method'] !== 'string' || !fits(id, message)) return message
        const own = `own-${given(talk).size}`
        given(talk).set(JSON.stringify(own), id ?? null)
        message['id'] = own
        talk.asked.set(JSON.stringify(own), message)
        return message
      },
      sent(message, talk) {
        const id = given(talk).get(idOf(message))
        if (id !== undefined) message['id'] = id
        return [message]
      }
    }
  }
}

/** Gives its own questions other ids, and takes the answers under these. */
export function numbersQuestions(name: (count: number, message: Message, talk: Talk) => Json): Makes {
  return () => {
    const names = perSession(() => ({ count: 0, real: new Map<string, Json>() }))
    return {
      sent(message, talk) {
        const known = names(talk)
        if (isRequest(message)) {
          const id = name(++known.count, message, talk)
          known.real.set(JSON.stringify(id), message['id'] as Json)
          message['id'] = id
        }
        return [message]
      },
      received(message, talk) {
        const real = isResponse(message) ? names(talk).real.get(idOf(message)) : undefined
        if (real !== undefined) message['id'] = real
        return message
      }
    }
  }
}

/** Answers notifications that fit. */
function answersNotifications(fits: (message: Message) => boolean, answer: Message): Makes {
  return incoming(
    (message) => isNotification(message) && fits(message),
    () => ({ answers: [structuredClone(answer)] })
  )
}

/** What is no JSON, or nothing that JSON-RPC knows, ends the session. */
const parseErrorEndsSession: Makes = () => {
  const dead = new WeakSet<Talk>()
  const notFound = { status: 404, headers: {}, body: '' }
  return {
    http: {
      request(exchange) {
        if (dead.has(exchange.talk)) return notFound
        if (exchange.method === 'POST' && exchange.json === undefined) dead.add(exchange.talk)
        return undefined
      }
    },
    stdio: {
      line(text, talk) {
        if (dead.has(talk)) return []
        if (!text.trimStart().startsWith('{')) dead.add(talk)
        return [text]
      }
    }
  }
}

/** Executes the members of a batch one by one, or the first alone. */
export function executesBatches(takesMembers: (batch: Json[]) => Json[], answersList: boolean): Makes {
  return (front) => ({
    http: {
      async request({ json, headers }) {
        if (!Array.isArray(json) || json.length === 0) return undefined
        const kept = Object.fromEntries(
          Object.entries(headers).filter(([name]) => name.startsWith('mcp-') || name === 'origin')
        )
        const found: Json[] = []
        for (const member of takesMembers(json as Json[])) {
          const { body } = await front.call({ method: 'POST', headers: kept, body: JSON.stringify(member) })
          const last =
            String(body)
              .split('\n')
              .findLast((line) => line.startsWith('data: '))
              ?.slice(6) ?? String(body)
          if (last !== '') found.push(JSON.parse(last))
        }
        if (found.length === 0) return { status: 202, headers: {}, body: '' }
        return jsonAnswer(200, answersList ? found : (found[0] as Json))
      }
    },
    stdio: {
      line: (text) => (/^\s*\[/.test(text) ? takesMembers(JSON.parse(text)).map((one) => JSON.stringify(one)) : [text])
    }
  })
}

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

const nothingButStatus = (status: number, code: number): Makes =>
  overHttp({
    head(head, _exchange, body) {
      if (body?.includes(`"code":${code}`) === true) head.status = status
    },
    body: (body) => (body.includes(`"code":${code}`) ? '<html>Sorry</html>' : body)
  })

const posted = (value: unknown, fits: (json: unknown) => boolean, status: number): Hooks => ({
  http: {
    request: ({ method: verb, json, body }) =>
      verb === 'POST' && body.length > 0 && fits(json)
        ? { ...jsonAnswer(status, null), body: String(value) }
        : undefined
  }
})

export const jsonrpc: Fault[] = [
  must('answers-without-jsonrpc', 'RPC-01', 'Answers have no jsonrpc member.', answers(remove('/jsonrpc'))),
  must('answers-as-version-one', 'RPC-01', 'Answers say jsonrpc "1.0".', answers(put('/jsonrpc', '1.0'))),
  must('jsonrpc-is-a-number', 'RPC-01', 'Answers have the number 2 as jsonrpc.', answers(put('/jsonrpc', 2))),
  must(
    'notifications-without-jsonrpc',
    'RPC-01',
    'Notifications of the server have no jsonrpc member.',
    outgoing(isNotification, remove('/jsonrpc'))
  ),
  must(
    'executes-without-jsonrpc',
    'RPC-02',
    'Requests are executed whatever their jsonrpc member says, and without one.',
    takes('*', put('/jsonrpc', '2.0'))
  ),
  must(
    'executes-version-one',
    'RPC-02',
    'Requests of JSON-RPC 1.0 are executed.',
    takes(
      '*',
      edit('/jsonrpc', (found) => (found === '1.0' ? '2.0' : undefined))
    )
  ),
  should(
    'parse-error-has-another-code',
    'RPC-03',
    'What is no JSON is answered with -32600.',
    errorsOf(-32700, put('/error/code', -32600))
  ),
  ...only(
    'http',
    must('parse-error-ends-the-session', 'RPC-03', 'What is no JSON ends the session.', parseErrorEndsSession),
    must(
      'empty-object-is-accepted',
      'RPC-04',
      'An object that is no message is silently accepted.',
      incoming(
        (message) => !('method' in message) && !('result' in message) && !('error' in message),
        () => ({ answers: [] })
      )
    ),
    must(
      'empty-object-gets-a-result',
      'RPC-04',
      'An object without a method gets an empty result.',
      incoming(
        (message) => !('method' in message) && !('result' in message) && !('error' in message),
        (message) => ({ answers: [resultTo(message, {})] })
      )
    ),
    must(
      'methods-may-be-numbers',
      'RPC-04',
      'A request whose method is no string is answered with an empty result.',
      incoming(
        (message) => 'id' in message && 'method' in message && typeof message['method'] !== 'string',
        (message) => ({ answers: [resultTo(message, {})] })
      )
    ),
    must(
      'params-may-be-a-list',
      'RPC-08',
      'Parameters in an array count as none, and the request is executed.',
      takes(
        '*',
        edit('/params', (found) => (Array.isArray(found) ? {} : undefined))
      )
    ),
    must(
      'params-may-be-anything',
      'RPC-08',
      'Parameters that are a string, a number or true count as none.',
      takes(
        '*',
        edit('/params', (found) => (['string', 'number', 'boolean'].includes(typeof found) ? {} : undefined))
      )
    ),
    must('member-names-in-any-case', 'RPC-10', 'Member names are compared without regard to case.', () => ({
      received: (message) =>
        Object.fromEntries(Object.entries(message).map(([name, value]) => [name.toLowerCase(), value]))
    })),
    must(
      'true-id-is-executed',
      'RPC-19',
      'A request whose id is true or false is executed.',
      executes((id) => typeof id === 'boolean')
    ),
    must(
      'structured-id-is-executed',
      'RPC-19',
      'A request whose id is an object or an array is executed.',
      executes((id) => typeof id === 'object' && id !== null)
    ),
    should(
      'depth-ends-the-session',
      'RPC-15',
      'A deeply nested message ends the session.',
      diesOf((message) => depthOf(message) > 40)
    ),
    must(
      'parse-error-is-a-server-error',
      'RPC-03',
      'What is no JSON is answered 500 with a page.',
      nothingButStatus(500, -32700)
    ),
    must('scalars-are-accepted', 'RPC-04', 'A body that is a number, a string or true is answered 202.', () =>
      posted('', (json) => ['number', 'string', 'boolean'].includes(typeof json), 202)
    ),
    must('null-is-a-server-error', 'RPC-04', 'The body null is answered 500.', () =>
      posted('{"error":"Internal Server Error"}', (json) => json === null, 500)
    ),
    must(
      'unknown-method-is-not-found',
      'RPC-05',
      'A request for an unknown method is answered 404 with a page.',
      nothingButStatus(404, -32601)
    )
  ),
  must(
    'unknown-method-is-invalid',
    'RPC-05',
    'A request for an unknown method is answered with -32600.',
    errorsOf(-32601, put('/error/code', -32600))
  ),
  must(
    'unknown-method-succeeds',
    'RPC-05',
    'A request for an unknown method gets an empty result.',
    instead(
      -32601,
      () => true,
      () => ({})
    )
  ),
  must(
    'unknown-method-is-not-answered',
    'RPC-05',
    'A request for an unknown method is never answered.',
    withholds((message) => at('/error/code', message) === -32601)
  ),
  must(
    'unknown-method-error-without-id',
    'RPC-05 RPC-23',
    'The error for an unknown method does not carry the id of the request.',
    errorsOf(-32601, put('/id', null))
  ),
  must(
    'bad-params-are-internal-errors',
    'RPC-06',
    'Missing and ill-typed parameters are answered with -32603.',
    errorsOf(-32602, put('/error/code', -32603))
  ),
  must(
    'params-are-demanded',
    'RPC-09',
    'Requests that need no parameters are refused without them.',
    refuses(
      (message) => listing.includes(String(message['method'])) && !('params' in message),
      -32602,
      'params: Required'
    )
  ),
  must(
    'method-names-in-any-case',
    'RPC-10',
    'Method names are compared without regard to case.',
    takes(
      '*',
      edit('/method', (found) => clientMethods.find((name) => name === String(found).toLowerCase()))
    )
  ),
  must(
    'serves-rpc-discover',
    'RPC-11',
    'rpc.discover describes the server.',
    grants((message) => String(message['method']).startsWith('rpc.'), { methods: ['ping', 'tools/list'] })
  ),
  should(
    'codes-out-of-the-reserved-range',
    'RPC-12',
    'Errors of tools/call carry a code that JSON-RPC keeps for itself.',
    errors('*', put('/error/code', -32500))
  ),
  must(
    'unknown-notifications-are-answered',
    'RPC-30 HTTP-12',
    'A notification of unknown method is answered with -32601.',
    answersNotifications(
      (message) =>
        String(message['method']).startsWith('notifications/') &&
        !clientNotifications.includes(String(message['method'])),
      { jsonrpc: '2.0', id: null, error: { code: -32601, message: 'Method not found' } }
    )
  ),
  must(
    'requests-without-id-are-answered',
    'RPC-30',
    'A request without an id is answered under the id null.',
    executes((id, message) => id === undefined && clientMethods.includes(String(message['method'])))
  ),
  should(
    'unknown-notification-ends-the-session',
    'RPC-31',
    'A notification of unknown method ends the session.',
    diesOf((message) => isNotification(message) && !clientNotifications.includes(String(message['method'])))
  ),
  must('notifications-have-ids', 'RPC-32', 'Notifications of the server have an id.', () => {
    let count = 0
    return { sent: (message) => [isNotification(message) ? { ...message, id: `n${++count}` } : message] }
  }),
  should(
    'errors-carry-a-stack',
    'RPC-33',
    'The message of an error is a stack trace.',
    errors(
      '*',
      edit(
        '/error/message',
        (text) => `${text}\n    at handle (/srv/app/server.js:12:7)\n    at next (/srv/app/router.js:3:1)`
      )
    )
  ),
  must(
    'unknown-params-are-refused',
    'BASE-05',
    'A request with an unknown parameter is refused.',
    refuses(
      (message) =>
        listing.includes(String(message['method'])) &&
        Object.keys(membersAt('/params', message)).some((name) => !['cursor', '_meta'].includes(name)),
      -32602,
      'Unrecognized key'
    )
  ),
  must('asks-for-the-unknown', 'BASE-09', 'The server sends a request that the protocol does not know.', () => ({
    sent: (message, talk) =>
      calls('test_simple_text')(talk.asked.get(idOf(message)) ?? {}, talk)
        ? [{ jsonrpc: '2.0', id: 'who', method: 'client/describe' }, message]
        : [message]
  })),
  must('tells-the-unknown', 'BASE-10', 'The server sends a notification that the protocol does not know.', () => ({
    sent: (message, talk) =>
      calls('test_tool_with_logging')(talk.asked.get(idOf(message)) ?? {}, talk)
        ? [{ jsonrpc: '2.0', method: 'notifications/tools/finished', params: {} }, message]
        : [message]
  })),
  must('tells-what-clients-tell', 'BASE-10', 'The server sends notifications/initialized.', () => ({
    sent: (message, talk) =>
      answersTo('initialize')(message, talk)
        ? [message, { jsonrpc: '2.0', method: 'notifications/initialized' }]
        : [message]
  })),
  should(
    'list-is-missing',
    'BASE-07 LIFE-20',
    'resources/templates/list is unknown to a server with resources.',
    refuses(method('resources/templates/list'), -32601, 'Method not found')
  ),
  must(
    'batches-are-executed',
    'HTTP-11 RPC-35 STDIO-03',
    'The members of a batch are executed.',
    executesBatches((batch) => batch, true)
  ),
  must(
    'first-of-a-batch-is-executed',
    'HTTP-11 RPC-35 STDIO-03',
    'The first member of a batch is executed and the rest is ignored.',
    executesBatches((batch) => batch.slice(0, 1), false)
  ),
  should(
    'strays-are-answered',
    'RPC-29',
    'A response to no question is answered with an error.',
    incoming(
      (message, talk) => isResponse(message) && !talk.questions.has(idOf(message)),
      (message) => ({ answers: [errorTo(message, -32600, 'Unknown response id')] })
    )
  ),
  should(
    'strays-end-the-session',
    'RPC-29',
    'A response to no question ends the session.',
    diesOf((message, talk) => isResponse(message) && !talk.questions.has(idOf(message)))
  ),
  must('sends-batches', 'RPC-35 HTTP-17', 'Answers come as a batch of one.', () => ({
    http: {
      body: (body, { json }) => (isObject(json) && json['method'] !== 'initialize' && body !== '' ? `[${body}]` : body),
      event: (event, { talk: _ }) => [event]
    },
    stdio: { text: (text) => [text.includes('protocolVersion') ? text : `[${text}]`] }
  })),
  must(
    'progress-is-sent-with-an-id-of-null',
    'RPC-32',
    'Progress notifications have the id null.',
    sends('notifications/progress', put('/id', null))
  ),
  must(
    'results-are-lists',
    'BASE-03 TOOLS-08',
    'The result of tools/list is the array itself.',
    results(
      'tools/list',
      edit('/result', (result) => at('/tools', result) ?? gone)
    )
  )
]
