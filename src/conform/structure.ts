/**
 * The structure of what the server sent: the implicit `$def` verdict of every case (format page, 4). Each message must be
 * one of the four of JSON-RPC and, where its kind is known, fit the definition of that very request, notification or result.
 */
import { isObject } from '../protocol/frame.ts'
import { compileJsonSchema, explain } from '../protocol/schema.ts'
import { PatternError } from './captures.ts'
import type { Arrival, Inbox } from './inbox.ts'
import type { Json } from './json.ts'
import type { Definitions } from './matcher.ts'

/** A message that does not fit, and the definition it should. */
export interface StructureFault {
  definition: string
  message: string
  text: string
}

export interface StructureVerdict {
  outcome: 'pass' | 'fail' | 'skip'
  faults: StructureFault[]
  /** How many messages each definition was asked about. */
  judged: Record<string, number>
}

/** The result each method promises. */
const results: Record<string, string> = {
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

/** What a server may ask and tell. */
const calls: Record<string, string> = {
  ping: 'PingRequest',
  'sampling/createMessage': 'CreateMessageRequest',
  'roots/list': 'ListRootsRequest',
  'elicitation/create': 'ElicitRequest',
  'notifications/cancelled': 'CancelledNotification',
  'notifications/progress': 'ProgressNotification',
  'notifications/message': 'LoggingMessageNotification',
  'notifications/resources/updated': 'ResourceUpdatedNotification',
  'notifications/resources/list_changed': 'ResourceListChangedNotification',
  'notifications/tools/list_changed': 'ToolListChangedNotification',
  'notifications/prompts/list_changed': 'PromptListChangedNotification'
}

/**
 * Definitions for `$def` from a revision's schema file (`{"definitions": {…}}`). Each is compiled when first asked for.
 * The function throws a PatternError for a name the file lacks.
 */
export function definitionsOf(schema: { definitions: Record<string, unknown> }): Definitions {
  const { definitions } = schema
  const compiled = new Map<string, ReturnType<typeof compileJsonSchema>>()
  return (name, value) => {
    if (!Object.hasOwn(definitions, name)) throw new PatternError(`$def ${name}: there is no such definition`)
    const valid = compiled.get(name) ?? compileJsonSchema({ $ref: `#/definitions/${name}`, definitions })
    compiled.set(name, valid)
    return valid(value) ? undefined : `does not fit ${name}: ${explain(valid.errors)}`
  }
}

/** Judges everything a case received, in all its sessions. Without definitions nothing can be said: skip. */
export function judgeStructure(inboxes: Iterable<Inbox>, definitions: Definitions | undefined): StructureVerdict {
  const judged: Record<string, number> = {}
  if (definitions === undefined) return { outcome: 'skip', faults: [], judged }
  const counted: Definitions = (name, value) => {
    judged[name] = (judged[name] ?? 0) + 1
    return definitions(name, value)
  }
  const faults = [...inboxes].flatMap((inbox) =>
    inbox.arrivals.flatMap((arrival) => faultOf(arrival, inbox, counted) ?? [])
  )
  return { outcome: faults.length === 0 ? 'pass' : 'fail', faults, judged }
}

function faultOf(
  { text, message, stream }: Arrival,
  inbox: Inbox,
  definitions: Definitions
): StructureFault | undefined {
  if (text === undefined) return undefined
  // a refusal may be any document
  const refused = stream.head !== undefined && stream.head.status >= 300
  if (refused && !(isObject(message) && 'jsonrpc' in message)) return undefined
  const fault = (definition: string, wrong: string | undefined): StructureFault | undefined =>
    wrong === undefined ? undefined : { definition, message: wrong, text }
  if (message === undefined) {
    definitions('JSONRPCMessage', null)
    return fault('JSONRPCMessage', 'is not JSON')
  }
  const [outer, inner, part] = kindOf(message, inbox)
  const wrong = fault(outer, definitions(outer, withId(message, inbox)))
  return wrong ?? (inner === undefined || part === undefined ? undefined : fault(inner, definitions(inner, part)))
}

/** The definition of the whole message, and the one of what it carries with that part. */
function kindOf(message: Json, inbox: Inbox): [outer: string, inner?: string | undefined, part?: Json] {
  if (!isObject(message)) return ['JSONRPCMessage']
  const method = message['method']
  if (typeof method === 'string') {
    const outer = 'id' in message ? 'JSONRPCRequest' : 'JSONRPCNotification'
    return [outer, Object.hasOwn(calls, method) ? calls[method] : undefined, message as Json]
  }
  if ('error' in message) return ['JSONRPCError']
  if (!('result' in message)) return ['JSONRPCMessage']
  const asked = inbox.asked.get(JSON.stringify(message['id']))
  const inner = asked !== undefined && Object.hasOwn(results, asked) ? results[asked] : undefined
  return ['JSONRPCResponse', inner, message['result'] as Json]
}

/**
 * An error may lack its id, or have null, when the request's could not be read: the transport page allows what the schema
 * forgets. And an id that the client made up against the rules is not the server's fault.
 */
function withId(message: Json, inbox: Inbox): Json {
  if (!isObject(message) || 'method' in message) return message
  const { id = null } = message as { id?: Json }
  const unread = 'error' in message && id === null
  return unread || inbox.asked.has(JSON.stringify(id)) ? ({ ...message, id: 0 } as Json) : message
}
