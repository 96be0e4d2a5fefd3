/** Faults of the handshake: versions, what the server says of itself, what it takes from the client, and when it speaks. */
import { at } from '../../../src/conform/json.ts'
import { type Fault, must, should } from '../fault.ts'
import { answersTo, diesOf, incoming, type Makes, membersAt, precedes, refuses, results, takes } from '../hooks.ts'
import { errorTo, idOf, isRequest, type Message, put, remove } from '../message.ts'

const newest = '2025-06-18'
const knownCapabilities = ['experimental', 'roots', 'sampling', 'elicitation']
const asksForUnknown = (message: Message): boolean =>
  message['method'] === 'initialize' && at('/params/protocolVersion', message) !== newest

/** Answers initialize with a version that depends on the one that was asked for. */
function negotiates(version: (asked: string) => string): Makes {
  return () => ({
    sent(message, talk) {
      const asked = talk.asked.get(idOf(message))
      if (asked?.['method'] === 'initialize' && 'result' in message)
        put('/result/protocolVersion', version(String(at('/params/protocolVersion', asked))))(message)
      return [message]
    }
  })
}

/** Takes an initialize that lacks a member as if it were there. */
function makesUp(member: string, value: string | object): Makes {
  return incoming(
    (message) => message['method'] === 'initialize' && at(`/params/${member}`, message) === undefined,
    (message) => {
      put(`/params/${member}`, value as never)(message)
      return message
    }
  )
}

/** Serves what comes before initialize in a session that it begins by itself. */
const servesUnasked: Makes = (front) => {
  const hello = {
    jsonrpc: '2.0',
    id: 'hello',
    method: 'initialize',
    params: { protocolVersion: newest, capabilities: {}, clientInfo: { name: 'nobody', version: '0' } }
  }
  const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' }
  let begun = false
  return {
    async received(message, talk) {
      if (talk.transport === 'stdio' && !begun) {
        begun = true
        if (message['method'] !== 'initialize') {
          await talk.slip(hello)
          await talk.slip(initialized)
        }
      }
      return message
    },
    sent: (message) => (message['id'] === 'hello' ? [] : [message]),
    http: {
      async request(exchange) {
        const { headers, method: verb } = exchange
        const asks = membersAt('', exchange.json as Message)['method']
        if (verb !== 'POST' || headers['mcp-session-id'] !== undefined || asks === 'initialize') return undefined
        const answer = await front.call({ method: 'POST', headers: {}, body: JSON.stringify(hello) })
        headers['mcp-session-id'] = answer.headers['mcp-session-id'] as string
        return undefined
      }
    }
  }
}

/** Refuses whatever comes after a request that came before notifications/initialized. */
const neverForgives: Makes = () => {
  const ready = new WeakSet<object>()
  const spoilt = new WeakSet<object>()
  return {
    received(message, talk) {
      if (message['method'] === 'notifications/initialized') ready.add(talk)
      if (!isRequest(message) || message['method'] === 'initialize' || message['method'] === 'ping') return message
      if (!ready.has(talk)) spoilt.add(talk)
      return spoilt.has(talk) ? { answers: [errorTo(message, -32600, 'Server not initialized')] } : message
    }
  }
}

export const lifecycle: Fault[] = [
  must(
    'version-is-echoed',
    'LIFE-15',
    'initialize is answered with whatever version the client asked for.',
    negotiates((asked) => asked)
  ),
  must(
    'unknown-version-is-refused',
    'LIFE-15',
    'initialize with an unknown version is answered with an error where another version should be offered.',
    incoming(asksForUnknown, (message) => ({
      answers: [
        errorTo(message, -32602, 'Unsupported protocol version', {
          supported: [newest],
          requested: at('/params/protocolVersion', message) ?? null
        })
      ]
    }))
  ),
  should(
    'version-error-without-versions',
    'LIFE-38',
    'initialize with an unknown version is refused by a code of its own that names no versions.',
    refuses(asksForUnknown, -32000, 'Bad Request: Unsupported protocol version')
  ),
  should(
    'older-version-is-offered',
    'LIFE-16',
    'Who asks for an unknown version is offered an older one than the newest.',
    negotiates((asked) => (asked === newest ? newest : '2024-11-05'))
  ),
  must(
    'known-version-is-changed',
    'LIFE-14',
    'Who asks for 2025-06-18, which the server offers to others, is answered with 2025-03-26.',
    negotiates((asked) => (asked === newest ? '2025-03-26' : newest))
  ),
  must(
    'no-server-info',
    'LIFE-04',
    'The initialize result has no serverInfo.',
    results('initialize', remove('/result/serverInfo'))
  ),
  must(
    'no-capabilities',
    'LIFE-04',
    'The initialize result has no capabilities.',
    results('initialize', remove('/result/capabilities'))
  ),
  must(
    'version-is-a-number',
    'LIFE-04',
    'protocolVersion in the initialize result is a number.',
    results('initialize', put('/result/protocolVersion', 20250618))
  ),
  must(
    'server-without-version',
    'LIFE-43 LIFE-04',
    'serverInfo has no version.',
    results('initialize', remove('/result/serverInfo/version'))
  ),
  must(
    'server-title-is-null',
    'BASE-04 LIFE-43',
    'serverInfo has the title null.',
    results('initialize', put('/result/serverInfo/title', null))
  ),
  must(
    'instructions-are-a-list',
    'LIFE-05',
    'instructions in the initialize result is an array.',
    results('initialize', put('/result/instructions', ['Be', 'nice']))
  ),
  must(
    'capability-is-true',
    'LIFE-18',
    'The capability tools is true where it should be an object.',
    results('initialize', put('/result/capabilities/tools', true))
  ),
  must(
    'list-changed-is-a-word',
    'LIFE-18',
    'listChanged of prompts is a string.',
    results('initialize', put('/result/capabilities/prompts/listChanged', 'yes'))
  ),
  must(
    'capability-is-null',
    'LIFE-18 BASE-04',
    'The capability logging is null.',
    results('initialize', put('/result/capabilities/logging', null))
  ),
  must(
    'experimental-is-a-list',
    'LIFE-19',
    'The capability experimental is an array of names.',
    results('initialize', put('/result/capabilities/experimental', ['x']))
  ),
  must(
    'experimental-holds-true',
    'LIFE-19',
    'An experimental capability is true where it should be an object.',
    results('initialize', put('/result/capabilities/experimental', { x: true }))
  ),
  must(
    'unknown-capability-is-refused',
    'LIFE-06',
    'A client with a capability that the server does not know is refused.',
    refuses(
      (message) =>
        message['method'] === 'initialize' &&
        Object.keys(membersAt('/params/capabilities', message)).some((name) => !knownCapabilities.includes(name)),
      -32602,
      'Unknown capability'
    )
  ),
  must(
    'unknown-client-info-is-refused',
    'LIFE-06',
    'A client whose clientInfo has an unknown member is refused.',
    refuses(
      (message) =>
        message['method'] === 'initialize' &&
        Object.keys(membersAt('/params/clientInfo', message)).some(
          (name) => !['name', 'version', 'title'].includes(name)
        ),
      -32602,
      'Unrecognized key in clientInfo'
    )
  ),
  should(
    'client-info-is-made-up',
    'LIFE-03',
    'initialize without clientInfo succeeds.',
    makesUp('clientInfo', { name: 'unknown', version: '0' })
  ),
  should(
    'capabilities-are-made-up',
    'LIFE-03',
    'initialize without capabilities succeeds.',
    makesUp('capabilities', {})
  ),
  should(
    'version-is-made-up',
    'LIFE-03',
    'initialize without protocolVersion succeeds.',
    makesUp('protocolVersion', newest)
  ),
  should(
    'asks-before-initialized',
    'LIFE-09',
    'roots/list goes to the client before notifications/initialized has come.',
    precedes(
      (message, talk) =>
        answersTo('initialize')(message, talk) &&
        at('/params/capabilities/roots', talk.asked.get(idOf(message))) !== undefined,
      () => [{ jsonrpc: '2.0', id: 'early', method: 'roots/list' }]
    )
  ),
  should(
    'asks-for-samples-before-initialized',
    'LIFE-09',
    'sampling/createMessage goes to the client before notifications/initialized has come.',
    precedes(
      (message, talk) =>
        answersTo('initialize')(message, talk) &&
        at('/params/capabilities/sampling', talk.asked.get(idOf(message))) !== undefined,
      () => [
        {
          jsonrpc: '2.0',
          id: 'early',
          method: 'sampling/createMessage',
          params: { messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }], maxTokens: 1 }
        }
      ]
    )
  ),
  should('serves-before-initialize', 'LIFE-01', 'Requests are served before there was any initialize.', servesUnasked),
  should(
    'early-request-spoils-the-session',
    'LIFE-11',
    'A request before notifications/initialized makes the session refuse everything that follows.',
    neverForgives
  ),
  should(
    'second-initialized-ends-the-session',
    'LIFE-11 BASE-08',
    'notifications/initialized with params ends the session.',
    diesOf((message) => message['method'] === 'notifications/initialized' && 'params' in message)
  ),
  should(
    'version-mismatch-ends-the-session',
    'LIFE-35 LIFE-15',
    'A session that began with another version than the client asked for serves nothing.',
    diesOf(asksForUnknown)
  ),
  must(
    'declares-nothing-to-some',
    'LIFE-22 LIFE-20',
    'A client that declares no capabilities is asked for its roots all the same.',
    takes('initialize', put('/params/capabilities/roots', {}))
  )
]
