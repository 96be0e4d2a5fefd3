/** What a plugged-in handler receives and may return. */
import type { TObject } from '@sinclair/typebox'
import type { Logger } from './ports.ts'
import type { Caller, Lent, SessionData } from './register.ts'
import type { Revision } from './revisions.ts'
import type { JsonSchema, ValueOf } from './schema.ts'
import type {
  ClientCapabilities,
  CreateMessageParams,
  CreateMessageResult,
  ElicitResult,
  Implementation,
  LoggingLevel,
  RequestId,
  Root
} from './types/index.ts'

/** A step forward (basic/utilities/progress): `progress` rises with every call, `total` may stay unknown. */
export interface Progress {
  progress: number
  total?: number
  message?: string
}

/** What the user did with a question (client/elicitation#response-actions). */
export type ElicitAnswer<T> = { action: 'accept'; content: T } | { action: 'decline' } | { action: 'cancel' }

/** What is accepted with a form of plain JSON Schema: TypeBox says more. */
export type ElicitContent = NonNullable<ElicitResult['content']>

/** A schema whose members are texts, numbers and booleans, as a form's are; anything else is no type. */
export type Form<S> =
  ValueOf<S, ElicitContent> extends { [member: string]: string | number | boolean | undefined }
    ? unknown
    : 'a form has members of type string, number, integer and boolean alone'

/** The session as a handler sees it. */
export interface SessionView {
  readonly id: string
  readonly revision: Revision
  readonly client: { readonly info: Implementation; readonly capabilities: ClientCapabilities }
  /** Whom it belongs to, with the scopes of the newest request. */
  readonly principal: Caller
  /** What handlers keep for this session: plain JSON. */
  readonly data: Readonly<Partial<SessionData>>
  /** Merges into `data`; lists whose `visible` looks at it may change, see `listChanged`. */
  update(data: Partial<SessionData>): Promise<void>
  /** Tells this session alone that what it may see of a list changed (TOOLS-13, PROMPT-11, RES-13). */
  listChanged(list: 'tools' | 'resources' | 'prompts'): void
}

/**
 * Given to every handler as its second argument. Everything in it is made when it is first touched.
 * `ask` methods travel on the call's own stream, wait for the client, and throw an AskError when the client did not
 * declare the capability, cannot be reached, refuses, answers nonsense or takes too long.
 */
export interface Context {
  /** JSON-RPC id of the request that is served. */
  readonly id: RequestId
  readonly session: SessionView
  /** Who this request was verified to come from. */
  readonly principal: Caller
  /** Fires when the client cancels, the time is up or the session ends; not when a connection is lost (SSE-08). */
  readonly signal: AbortSignal
  /** The operator's log, bound to the method and the JSON-RPC id; over HTTP also to Fastify's request id. */
  readonly log: Logger
  /** Whatever the shell lent for this exchange: the Fastify request on HTTP, undefined on stdio. */
  readonly request: Lent
  /** Tells the client how far the work is; without a progress token, or when it does not rise, nothing is sent (PROG-07, PROG-10). */
  progress(step: Progress): void
  /** Sends notifications/message to the client when its level allows (server/utilities/logging). */
  message(level: LoggingLevel, data: unknown, logger?: string): void
  /** Asks the user for a flat form; accepted content is checked against `schema` (ELICIT-27). */
  elicit<S extends TObject | JsonSchema>(
    message: string,
    schema: S & Form<S>
  ): Promise<ElicitAnswer<ValueOf<S, ElicitContent>>>
  /** Asks the client's model (client/sampling). */
  sample(params: CreateMessageParams): Promise<CreateMessageResult>
  /** Asks for the client's roots (client/roots). */
  roots(): Promise<Root[]>
  /** Resolves when the client has said that it is there (basic/utilities/ping). */
  ping(): Promise<void>
}
