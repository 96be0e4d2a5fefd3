/**
 * A judge of what a server sends that is not ours: the official schema file, wherever it lies beside the checkout, and
 * else the schemas that the official SDK exports. It reads both directions, so that a result is judged by its method.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as sdk from '@modelcontextprotocol/sdk/types.js'
import { Ajv, type AnySchemaObject } from 'ajv'
import addFormatsModule from 'ajv-formats'
import { expect } from 'vitest'
import type { TappedFrame } from '../../src/protocol/ports.ts'

type Frame = Record<string, unknown>

/** Gives the fault of a value by the definition of this name, or undefined. */
type Judge = (definition: string, value: unknown) => string | undefined

const officialFile = fileURLToPath(new URL('../../../shared/spec/schema-2025-06-18.json', import.meta.url))

/** What a server may send, by method: the definition of the message, or of the result that answers it. */
const said: Record<string, string> = {
  ping: 'PingRequest',
  'sampling/createMessage': 'CreateMessageRequest',
  'elicitation/create': 'ElicitRequest',
  'roots/list': 'ListRootsRequest',
  'notifications/cancelled': 'CancelledNotification',
  'notifications/progress': 'ProgressNotification',
  'notifications/message': 'LoggingMessageNotification',
  'notifications/resources/updated': 'ResourceUpdatedNotification',
  'notifications/resources/list_changed': 'ResourceListChangedNotification',
  'notifications/tools/list_changed': 'ToolListChangedNotification',
  'notifications/prompts/list_changed': 'PromptListChangedNotification'
}
const answered: Record<string, string> = {
  initialize: 'InitializeResult',
  ping: 'EmptyResult',
  'tools/list': 'ListToolsResult',
  'tools/call': 'CallToolResult',
  'resources/list': 'ListResourcesResult',
  'resources/templates/list': 'ListResourceTemplatesResult',
  'resources/read': 'ReadResourceResult',
  'resources/subscribe': 'EmptyResult',
  'resources/unsubscribe': 'EmptyResult',
  'prompts/list': 'ListPromptsResult',
  'prompts/get': 'GetPromptResult',
  'completion/complete': 'CompleteResult',
  'logging/setLevel': 'EmptyResult'
}

const judge: Judge = existsSync(officialFile)
  ? documentJudge(JSON.parse(readFileSync(officialFile, 'utf8')) as AnySchemaObject)
  : sdkJudge

/** Hears every frame of a server's conversations and keeps those it sent; `verify` fails when one was wrong. */
export class Oracle {
  /** What the server sent, in order. */
  readonly sent: Frame[] = []
  /** What the clients sent, in order; only what could be read as an object. */
  readonly heard: Frame[] = []
  readonly faults: string[] = []
  /** Methods of the requests that wait for a result. */
  readonly #methods = new Map<string, string>()
  /** Exchanges that brought a request with an id. */
  readonly #readable = new Set<string>()
  readonly #waiting = new Set<() => void>()

  /** For `onFrame`: frames belong together by their exchange. */
  readonly tap = ({ direction, exchange, frame }: TappedFrame): void => {
    if (frame === null) return
    if (direction === 'in') this.#hear(frame, `${exchange}`)
    else this.#judge(frame, `${exchange}`)
  };

  /** One line to a server with one client, as on stdio. */
  in(line: string): void {
    this.#hear(line)
  }

  /** One line from it. */
  out(line: string): void {
    this.#judge(line)
  }

  /** Messages of one method that the server sent. */
  of(method: string): Frame[] {
    return this.sent.filter((message) => message['method'] === method)
  }

  /** The frames that the server sent and that fit, once there are so many. */
  async untilSent(fits: (message: Frame) => boolean, count = 1): Promise<Frame[]> {
    while (this.sent.filter(fits).length < count) await new Promise<void>((next) => this.#waiting.add(next))
    return this.sent.filter(fits)
  }

  /** Resolves when a client has sent a message of a method. */
  async untilHeard(method: string): Promise<void> {
    while (!this.heard.some((message) => message['method'] === method))
      await new Promise<void>((next) => this.#waiting.add(next))
  }

  /** Every frame so far was a valid one. */
  verify(): void {
    expect(this.faults).toEqual([])
  }

  #hear(text: string, exchange?: string): void {
    const message = objectOf(text)
    if (message === undefined) return
    this.heard.push(message)
    this.#wake()
    if (typeof message['method'] !== 'string' || !isId(message['id'])) return
    this.#methods.set(keyOf(message, exchange), message['method'])
    if (exchange !== undefined) this.#readable.add(exchange)
  }

  #judge(text: string, exchange?: string): void {
    const message = objectOf(text)
    if (message === undefined) {
      this.faults.push(`not a JSON object: ${text}`)
      return
    }
    this.sent.push(message)
    const fault = this.#faultOf(message, exchange)
    if (fault !== undefined) this.faults.push(`${fault}: ${text.slice(0, 300)}`)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #faultOf(message: Frame, exchange: string | undefined): string | undefined {
    // an error without an id answers what could not be read (basic/transports#sending-messages-to-the-server)
    const nameless = 'error' in message && !('id' in message)
    const whole = judge('JSONRPCMessage', nameless ? { ...message, id: 0 } : message)
    if (whole !== undefined) return whole
    if ('method' in message) {
      const definition = said[message['method'] as string]
      return definition === undefined ? 'a method that servers do not send' : judge(definition, message)
    }
    if (nameless)
      return exchange !== undefined && this.#readable.has(exchange) ? 'no id, although one was given' : undefined
    if ('error' in message) return judge('JSONRPCError', message)
    const key = keyOf(message, exchange)
    const method = this.#methods.get(key)
    if (method === undefined) return 'a result that nobody asked for, or the second for one request'
    this.#methods.delete(key)
    return judge(answered[method] ?? 'Result', message['result'])
  }
}

function keyOf(message: Frame, exchange = ''): string {
  return `${exchange} ${JSON.stringify(message['id'])}`
}

function isId(value: unknown): boolean {
  return typeof value === 'string' || Number.isSafeInteger(value)
}

function objectOf(text: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Frame) : undefined
  } catch {
    return undefined
  }
}

function documentJudge(document: AnySchemaObject): Judge {
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormatsModule.default(ajv)
  ajv.addFormat('uri-template', true)
  ajv.addSchema(document, 'official')
  return (definition, value) => {
    const validate = ajv.getSchema(`official#/definitions/${definition}`)
    if (validate === undefined) return `there is no definition ${definition}`
    return validate(value) === true ? undefined : `${definition}: ${ajv.errorsText(validate.errors)}`
  }
}

function sdkJudge(definition: string, value: unknown): string | undefined {
  const schemas = sdk as unknown as Record<string, { safeParse(value: unknown): { error?: Error } }>
  const schema = schemas[`${definition === 'JSONRPCError' ? 'JSONRPCMessage' : definition}Schema`]
  if (schema === undefined) return `there is no schema of ${definition}`
  const { error } = schema.safeParse(value)
  return error === undefined ? undefined : `${definition}: ${error.message}`
}
