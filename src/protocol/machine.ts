/**
 * Every decision of the protocol about one session, and no I/O: `step(state, input)` changes the state and returns
 * what the host must do, in order. The state of the session itself is changed by the host, by `remember`.
 *
 * - A request that passed its checks is open until it is settled or cancelled; an id is open once at a time (RPC-21).
 * - A cancelled request gets no response; its stream ends (CANCEL-09). `initialize` is never open, so it cannot be
 *   cancelled; what is unknown or finished is ignored (CANCEL-10, CANCEL-18).
 * - Progress goes out only with the token of an open request, and only when it rises (PROG-07, PROG-10, PROG-11).
 * - A question goes out on the stream of the call that asks, after notifications/initialized (LIFE-09), to a client
 *   that declared the capability (LIFE-22); when its call ends first, it is cancelled (CANCEL-14).
 */
import { type AskMethod, askMethods, failed, unsupported } from './asks.ts'
import { checkRequest, fits, progressToken } from './checks.ts'
import { type AskError, ProtocolError } from './errors.ts'
import {
  type Message,
  type NotificationMessage,
  printNotification,
  printRequest,
  type RequestMessage,
  type ResponseMessage
} from './frame.ts'
import type { Progress } from './handler.ts'
import { JsonText } from './ports.ts'
import type { Session, SessionChange } from './session.ts'
import { type LoggingLevel, loggingLevels, type RequestId } from './types/index.ts'

/** What the machine remembers of one session in this process. */
export interface State {
  session: Session
  /** Most requests open at one time. */
  inFlight: number
  requests: Map<RequestId, OpenRequest>
  asks: Map<RequestId, OpenAsk>
}

interface OpenRequest {
  token: string | number | undefined
  /** The last progress that went out. */
  reached: number
}

interface OpenAsk {
  id: RequestId
  request: RequestId
  method: AskMethod
  params: object | undefined
  /** Waits for notifications/initialized. */
  held: boolean
}

export type ListName = 'tools' | 'resources' | 'prompts'

/** What the machine is told. */
export type Input =
  | { is: 'arrived'; message: Message }
  | { is: 'progressed'; request: RequestId; step: Progress }
  | { is: 'logged'; request: RequestId; level: LoggingLevel; data: unknown; logger: string | undefined }
  | { is: 'asked'; ask: RequestId; request: RequestId; method: AskMethod; params: object | undefined }
  | { is: 'settled'; request: RequestId }
  | { is: 'changed'; list: ListName }
  | { is: 'updated'; uri: string }
  | { is: 'due'; ask: RequestId }
  | { is: 'ended'; reason: string }

/**
 * What it wants done. `on` is the request whose stream carries a message; without it, one of the session's own.
 * A `loose` message may be left out when the client does not keep up (PROG-12).
 */
export type Effect =
  | { do: 'run'; request: RequestMessage }
  | { do: 'stop'; request: RequestId; reason: string }
  | { do: 'send'; on: RequestId | undefined; text: string; loose?: true }
  | { do: 'answer'; request: RequestId; result: JsonText }
  | { do: 'end'; request: RequestId }
  | { do: 'accept' }
  | { do: 'refuse'; id: RequestId | undefined; error: ProtocolError }
  | { do: 'remember'; change: SessionChange }
  | { do: 'wake'; ask: RequestId; answer: { result: unknown } | { failure: AskError } }
  | { do: 'warn'; what: string; about: object }

const none: Effect[] = []
const emptyResult = new JsonText('{}')

/**
 * The state of a session that nothing has happened in.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { openState, type Session } from 'handwire/protocol'
 *
 * const session: Session = {
 *   id: 's',
 *   revision: '2025-06-18',
 *   client: { info: { name: 'client', version: '1' }, capabilities: {} },
 *   offered: { tools: {} },
 *   ready: true,
 *   level: 'info',
 *   subscriptions: [],
 *   data: {}
 * }
 * assert.equal(openState(session, 64).requests.size, 0)
 * ```
 */
export function openState(session: Session, inFlight: number): State {
  return { session, inFlight, requests: new Map(), asks: new Map() }
}

/**
 * One decision. Throws nothing; refusals are effects.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { openState, readFrame, type Session, step } from 'handwire/protocol'
 *
 * const session: Session = {
 *   id: 's',
 *   revision: '2025-06-18',
 *   client: { info: { name: 'client', version: '1' }, capabilities: {} },
 *   offered: { tools: {} },
 *   ready: true,
 *   level: 'info',
 *   subscriptions: [],
 *   data: {}
 * }
 * const state = openState(session, 64)
 * const call = readFrame('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add"}}')
 * assert.deepEqual(step(state, { is: 'arrived', message: call }), [{ do: 'run', request: call }])
 * const cancel = readFrame('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}')
 * assert.deepEqual(
 *   step(state, { is: 'arrived', message: cancel }).map((effect) => effect.do),
 *   ['accept', 'stop', 'end']
 * )
 * ```
 */
export function step(state: State, input: Input): Effect[] {
  switch (input.is) {
    case 'arrived':
      if (input.message.is === 'request') return takeRequest(state, input.message)
      if (input.message.is === 'notification') return [{ do: 'accept' }, ...takeNotification(state, input.message)]
      return [{ do: 'accept' }, ...takeResponse(state, input.message)]
    case 'progressed':
      return sendProgress(state, input.request, input.step)
    case 'logged':
      return sendLog(state, input.request, input.level, input.data, input.logger)
    case 'asked':
      return ask(state, input)
    case 'settled':
      return state.requests.delete(input.request)
        ? closeAsks(state, input.request, 'the call that asked has ended')
        : none
    case 'changed':
      return changed(state.session, input.list)
    case 'updated':
      return updated(state.session, input.uri)
    case 'due':
      return askDue(state, input.ask)
    case 'ended':
      return [...state.requests.keys()].flatMap((id) => cancel(state, id, input.reason))
  }
}

function takeRequest(state: State, message: RequestMessage): Effect[] {
  try {
    if (message.method === 'initialize')
      throw new ProtocolError('initializedAlready', { expected: 'one initialize a session' })
    checkRequest(message, state.session)
  } catch (error) {
    // zuplo gives notifications/initialized an id and waits for no answer: refused as a request, and yet it says what it says
    const late: Effect[] = message.method === 'notifications/initialized' ? ready(state) : none
    return [{ do: 'refuse', id: message.id, error: error as ProtocolError }, ...late]
  }
  if (state.requests.has(message.id)) {
    return [
      {
        do: 'refuse',
        id: message.id,
        error: new ProtocolError('duplicateId', { expected: 'an id that is not in use', received: message.id })
      }
    ]
  }
  if (message.method === 'ping') return [{ do: 'answer', request: message.id, result: emptyResult }]
  if (message.method === 'logging/setLevel') {
    const level = message.params?.['level'] as LoggingLevel
    return [
      { do: 'remember', change: { change: 'level', level } },
      { do: 'answer', request: message.id, result: emptyResult }
    ]
  }
  if (state.requests.size >= state.inFlight) {
    return [
      {
        do: 'refuse',
        id: message.id,
        error: new ProtocolError('tooManyRequests', { expected: `at most ${state.inFlight} at one time` })
      }
    ]
  }
  state.requests.set(message.id, { token: progressToken(message.params), reached: Number.NEGATIVE_INFINITY })
  return [{ do: 'run', request: message }]
}

function takeNotification(state: State, message: NotificationMessage): Effect[] {
  if (!fits(message))
    return [{ do: 'warn', what: 'notification ignored', about: { method: message.method.slice(0, 100) } }]
  if (message.method === 'notifications/initialized') return ready(state)
  if (message.method === 'notifications/cancelled') {
    const { requestId, reason } = message.params as {
      requestId: RequestId
      reason?: string
    }
    return cancel(state, requestId, reason ?? 'cancelled by the client')
  }
  return none
}

function takeResponse(state: State, message: ResponseMessage): Effect[] {
  const open = state.asks.get(message.id)
  if (open === undefined || open.held)
    return [{ do: 'warn', what: 'response to no question of ours ignored', about: { id: message.id } }]
  state.asks.delete(open.id)
  if (message.error !== undefined) {
    return [{ do: 'wake', ask: open.id, answer: { failure: failed(open.method, 'refused', message.error.message) } }]
  }
  if (!askMethods[open.method].result()(message.result)) {
    return [
      {
        do: 'wake',
        ask: open.id,
        answer: { failure: failed(open.method, 'invalid', whyMalformed(message.result)) }
      }
    ]
  }
  return [{ do: 'wake', ask: open.id, answer: { result: message.result } }]
}

/** An answer that accepts is malformed by what it carries, because its content is all it has beside. */
function whyMalformed(result: Record<string, unknown> | undefined): string {
  return result?.['action'] === 'accept'
    ? 'content does not match the requested schema'
    : 'the client sent a malformed answer'
}

function ready(state: State): Effect[] {
  if (state.session.ready) return none
  const effects: Effect[] = [{ do: 'remember', change: { change: 'ready' } }]
  for (const open of state.asks.values()) {
    if (!open.held) continue
    open.held = false
    effects.push({ do: 'send', on: open.request, text: printRequest(open.id, open.method, open.params) })
  }
  return effects
}

function cancel(state: State, id: RequestId, reason: string): Effect[] {
  if (!state.requests.delete(id)) return none
  return [{ do: 'stop', request: id, reason }, ...closeAsks(state, id, reason), { do: 'end', request: id }]
}

function closeAsks(state: State, request: RequestId, reason: string): Effect[] {
  if (state.asks.size === 0) return none
  const effects: Effect[] = []
  for (const open of state.asks.values()) {
    if (open.request === request) effects.push(...withdraw(state, open, reason, 'cancelled'))
  }
  return effects
}

function withdraw(state: State, open: OpenAsk, reason: string, failure: 'cancelled' | 'timeout'): Effect[] {
  state.asks.delete(open.id)
  const wake: Effect = { do: 'wake', ask: open.id, answer: { failure: failed(open.method, failure, reason) } }
  if (open.held) return [wake]
  const text = printNotification('notifications/cancelled', { requestId: open.id, reason })
  return [{ do: 'send', on: open.request, text }, wake]
}

function askDue(state: State, id: RequestId): Effect[] {
  const open = state.asks.get(id)
  return open === undefined ? none : withdraw(state, open, 'the client did not answer in time', 'timeout')
}

function ask(
  state: State,
  input: { ask: RequestId; request: RequestId; method: AskMethod; params: object | undefined }
): Effect[] {
  const failure = state.requests.has(input.request)
    ? unsupported(input.method, state.session)
    : failed(input.method, 'cancelled', 'the call that asked has ended')
  if (failure !== undefined) return [{ do: 'wake', ask: input.ask, answer: { failure } }]
  const held = !state.session.ready
  state.asks.set(input.ask, { id: input.ask, request: input.request, method: input.method, params: input.params, held })
  return held ? none : [{ do: 'send', on: input.request, text: printRequest(input.ask, input.method, input.params) }]
}

function sendProgress(state: State, request: RequestId, { progress, total, message }: Progress): Effect[] {
  const open = state.requests.get(request)
  if (open === undefined || open.token === undefined) return none
  if (!(progress > open.reached) || !Number.isFinite(progress)) {
    return [
      {
        do: 'warn',
        what: 'progress that does not rise was dropped',
        about: { request, progress, reached: open.reached }
      }
    ]
  }
  open.reached = progress
  return [
    {
      do: 'send',
      on: request,
      text: printNotification('notifications/progress', {
        progressToken: open.token,
        progress,
        total: Number.isFinite(total) ? total : undefined,
        message
      }),
      loose: true
    }
  ]
}

function sendLog(
  state: State,
  request: RequestId,
  level: LoggingLevel,
  data: unknown,
  logger: string | undefined
): Effect[] {
  if (!state.requests.has(request) || state.session.offered.logging === undefined) return none
  if (loggingLevels.indexOf(level) < loggingLevels.indexOf(state.session.level)) return none
  return [
    {
      do: 'send',
      on: request,
      text: printNotification('notifications/message', { level, logger, data: sayable(data) }),
      loose: true
    }
  ]
}

/** What JSON has no word for is said as null: a log message has to have data (LOG-09). */
function sayable(data: unknown): unknown {
  return typeof data === 'function' || typeof data === 'symbol' ? null : (data ?? null)
}

function changed(session: Session, list: ListName): Effect[] {
  if (session.offered[list]?.listChanged !== true) return none
  return [{ do: 'send', on: undefined, text: printNotification(`notifications/${list}/list_changed`) }]
}

function updated(session: Session, uri: string): Effect[] {
  if (session.offered.resources?.subscribe !== true || !session.subscriptions.includes(uri)) return none
  return [{ do: 'send', on: undefined, text: printNotification('notifications/resources/updated', { uri }) }]
}
