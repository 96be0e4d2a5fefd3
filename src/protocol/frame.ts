/**
 * Text to message and back: the only place that parses or prints JSON-RPC.
 *
 * A frame holds exactly one message (spec: basic/index#messages, basic/transports#sending-messages-to-the-server):
 * - an object whose `jsonrpc` is "2.0";
 * - with `method` and `id` (string or integer) a request, with `method` alone a notification, with `id` and either
 *   `result` or `error` a response;
 * - `params`, when there, is an object.
 * Unknown extra members are let through (RPC-13). The first rule that is broken names the error.
 */
import { ProtocolError } from './errors.ts'
import type { RequestId } from './types/index.ts'

export type Params = Record<string, unknown>

export interface RequestMessage {
  is: 'request'
  id: RequestId
  method: string
  params: Params | undefined
}

export interface NotificationMessage {
  is: 'notification'
  method: string
  params: Params | undefined
}

export interface ResponseMessage {
  is: 'response'
  id: RequestId
  result?: Params
  error?: { code: number; message: string; data?: unknown }
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage

/** A refusal that still knows which request it answers. */
export class FrameError extends ProtocolError {
  readonly id: RequestId | undefined

  constructor(error: ProtocolError, id: RequestId | undefined) {
    super(error.kind, error.detail)
    this.id = id
  }
}

/**
 * Reads one frame. Throws a FrameError: notJson, batch, notAMessage, wrongJsonrpc, nullId, wrongId, positionalParams.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameError, readFrame } from 'handwire/protocol'
 *
 * assert.deepEqual(readFrame('{"jsonrpc":"2.0","id":1,"method":"ping"}'), {
 *   is: 'request',
 *   id: 1,
 *   method: 'ping',
 *   params: undefined
 * })
 * assert.throws(() => readFrame('[]'), FrameError)
 * ```
 */
export function readFrame(text: string): Message {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('notJson', undefined, 'one JSON object', text)
  }
  if (!isObject(value)) {
    if (Array.isArray(value)) throw refuse('batch', undefined, 'one JSON-RPC message', text)
    throw refuse('notAMessage', undefined, 'a JSON object', text)
  }
  const { id, method } = value
  // a broken response is no request: nobody waits for an answer under its id
  const isResponse = method === undefined && ('result' in value || 'error' in value)
  const known = isRequestId(id) && !isResponse ? id : undefined
  if (value['jsonrpc'] !== '2.0') throw refuse('wrongJsonrpc', known, '"2.0"', value['jsonrpc'])
  if (method !== undefined) return readCall(value, known)
  if ('result' in value === 'error' in value)
    throw refuse('notAMessage', known, 'a method, or one of result and error', text)
  return readResponse(value, isRequestId(id) ? id : undefined)
}

function readCall(value: Params, id: RequestId | undefined): Message {
  const { method, params } = value
  if (typeof method !== 'string') throw refuse('notAMessage', id, 'method as a string', method)
  if ('result' in value || 'error' in value)
    throw refuse('notAMessage', id, 'no result or error beside a method', method)
  if (params !== undefined && !isObject(params)) throw refuse('positionalParams', id, 'an object', params)
  if (id !== undefined) return { is: 'request', id, method, params }
  if (!('id' in value)) return { is: 'notification', method, params }
  throw value['id'] === null
    ? refuse('nullId', undefined, 'a string or an integer', null)
    : refuse('wrongId', undefined, 'a string or an integer', value['id'])
}

function readResponse(value: Params, id: RequestId | undefined): ResponseMessage {
  const { result, error } = value
  if (id === undefined) throw refuse('wrongId', undefined, 'the id of the request that is answered', value['id'])
  if (isObject(result)) return { is: 'response', id, result }
  if (!isObject(error)) throw refuse('notAMessage', undefined, 'result or error as an object', result ?? error)
  const { code, message, data } = error
  if (!Number.isInteger(code) || typeof message !== 'string') {
    throw refuse('notAMessage', undefined, 'an error with an integer code and a message', error)
  }
  return { is: 'response', id, error: { code: code as number, message, data } }
}

/**
 * The frame of a result that is JSON text already: nothing is parsed or copied.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { printResult } from 'handwire/protocol'
 *
 * assert.equal(printResult(1, '{"tools":[]}'), '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}')
 * ```
 */
export function printResult(id: RequestId, result: string): string {
  return `${resultHead(id)}${result}}`
}

/**
 * What stands before the result in its frame; a result that is written piece by piece begins with it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resultHead } from 'handwire/protocol'
 *
 * const pieces = [resultHead('a'), '{"contents":', '[]}', '}']
 * assert.equal(pieces.join(''), '{"jsonrpc":"2.0","id":"a","result":{"contents":[]}}')
 * ```
 */
export function resultHead(id: RequestId): string {
  return `{"jsonrpc":"2.0","id":${typeof id === 'number' ? id : JSON.stringify(id)},"result":`
}

/**
 * The frame of an error; without an id when the request could not be read.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { printError, ProtocolError } from 'handwire/protocol'
 *
 * const error = new ProtocolError('unknownTool', { subject: 'nope' })
 * assert.equal(
 *   printError(error.body(false), 1),
 *   '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool: nope"}}'
 * )
 * ```
 */
export function printError(error: { code: number; message: string; data?: unknown }, id?: RequestId): string {
  return JSON.stringify(id === undefined ? { jsonrpc: '2.0', error } : { jsonrpc: '2.0', id, error })
}

/**
 * The frame of a notification.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { printNotification } from 'handwire/protocol'
 *
 * assert.equal(
 *   printNotification('notifications/tools/list_changed'),
 *   '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
 * )
 * ```
 */
export function printNotification(method: string, params?: object): string {
  return JSON.stringify(params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params })
}

/**
 * The frame of a request of ours.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { printRequest } from 'handwire/protocol'
 *
 * assert.equal(printRequest(7, 'ping'), '{"jsonrpc":"2.0","id":7,"method":"ping"}')
 * ```
 */
export function printRequest(id: RequestId, method: string, params?: object): string {
  return JSON.stringify(params === undefined ? { jsonrpc: '2.0', id, method } : { jsonrpc: '2.0', id, method, params })
}

/**
 * Tells a JSON object from every other JSON value.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { isObject } from 'handwire/protocol'
 *
 * assert.deepEqual([{}, [], null, 'text'].map(isObject), [true, false, false, false])
 * ```
 */
export function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRequestId(id: unknown): id is RequestId {
  // an integer that a number cannot hold would be answered under another one
  return typeof id === 'string' || Number.isSafeInteger(id)
}

function refuse(
  kind: 'notJson' | 'batch' | 'notAMessage' | 'wrongJsonrpc' | 'nullId' | 'wrongId' | 'positionalParams',
  id: RequestId | undefined,
  expected: string,
  received: unknown
): FrameError {
  return new FrameError(new ProtocolError(kind, { expected, received }), id)
}
