/** What the host must be lent. State that has to survive a process stands behind these, and nothing else does. */
import type { ErrorName, ProtocolError } from './errors.ts'
import type { Principal } from './principal.ts'
import type { Revision } from './revisions.ts'
import type { Session, SessionChange } from './session.ts'
import type { RequestId } from './types/index.ts'

/** A value now, or later where a store has to be asked. */
export type Awaitable<T> = T | Promise<T>

/**
 * Tells what has to be awaited: promises, and what else has a `then`, as query builders do.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { isLater } from 'handwire/protocol'
 *
 * assert.equal(isLater(Promise.resolve(1)), true)
 * assert.equal(isLater(1), false)
 * ```
 */
export function isLater<T>(value: Awaitable<T>): value is Promise<T> {
  if (value instanceof Promise) return true
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Time. Tests lend their own. */
export interface Clock {
  /** Milliseconds; only differences matter. */
  now(): number
  /** Calls back once, after `ms`; the answer takes it back. Never keeps the process alive. */
  after(ms: number, callback: () => void): () => void
}

/** Names nobody may guess (SESS-03, SESS-04: visible ASCII, at least 128 random bits) or meet twice. */
export interface Ids {
  session(): string
  stream(): string
  /** Id of a request of ours: fresh in its session (RPC-21). */
  request(): string
}

/** Session records. A store ends sessions that nobody touches. */
export interface SessionStore {
  /** False when no further session may be opened. */
  create(session: Session): Awaitable<boolean>
  /** The record; reading it counts as use. */
  read(id: string): Awaitable<Session | undefined>
  change(id: string, change: SessionChange): Promise<void> | undefined
  /** False when there was none. */
  remove(id: string): Awaitable<boolean>
  /** Keeps a session in use that has work going on but no request of its own. */
  touch(id: string): Awaitable<void>
  /** Told once for each session that ran out. */
  onExpired(listener: (id: string) => void): void
  /** Resolves when the store can be reached; a store that always can has none. */
  ping?(): Promise<void>
  close(): Awaitable<void>
}

/** What a server may be lent in place of its own. */
export interface LentPorts {
  clock?: Clock
  ids?: Ids
  sessions?: SessionStore
  events?: EventLog
}

/** One event of a stream. */
export interface LoggedEvent {
  /** Unique over all streams of the session (RESUME-02). */
  id: string
  /** The frame. */
  text: string
}

/** What a resuming client may still get: only events of the stream the id belongs to (RESUME-07). */
export interface Replay {
  stream: string
  events: LoggedEvent[]
  ended: boolean
}

/** Events of each stream, bounded in number, bytes and time. The log mints the event ids. */
export interface EventLog {
  append(session: string, stream: string, text: string): Awaitable<string>
  /** Marks the stream as complete: nothing follows its last event. */
  end(session: string, stream: string): Awaitable<void>
  /** Undefined when the id is unknown in this session or its place has been given up. */
  after(session: string, eventId: string): Awaitable<Replay | undefined>
  /** Drops all of a session. */
  forget(session: string): Awaitable<void>
  /** Resolves when the log can be reached; a log that always can has none. */
  ping?(): Promise<void>
}

/** One frame as it crossed, for a recorder or a viewer. */
export interface TappedFrame {
  /** Milliseconds of the lent clock. */
  at: number
  direction: 'in' | 'out'
  /** Number of the exchange that carries it: a message and what it brought back, or a GET stream. */
  exchange: number
  session: string | undefined
  /** The text; null for a result that was written piece by piece. */
  frame: string | null
  /** The requirement that the incoming frame broke, on the frame that refuses it. */
  requirement?: string
}

export type Tap = (frame: TappedFrame) => void

/** The part of pino that handwire uses; an embedding API hands in its own logger. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
  child(fields: object): Logger
}

/** How much a process holds at this moment. */
export interface Load {
  sessions: number
  streams: number
  calls: number
}

/** A request that runs. One object from its beginning to its end, so that observers may keep what is theirs by it. */
export interface ObservedCall {
  /** JSON-RPC id. */
  readonly id: RequestId
  readonly method: string
  /** What tools/call names. Whether there is such a tool is known at the end: not when the error is `unknownTool`. */
  readonly tool: string | undefined
  /** What prompts/get names. */
  readonly prompt: string | undefined
  /** What the methods of resources name. A URI may carry arguments. */
  readonly uri: string | undefined
  /** `_meta` of the request, where trace contexts travel. */
  readonly meta: Readonly<Record<string, unknown>>
  /** Session id: whoever has it may speak in the session, so it belongs in no log. */
  readonly session: string
  readonly revision: Revision
  /** Who sent it; undefined where nobody is verified. */
  readonly principal: Principal | undefined
  /** What the shell lent: the Fastify request on HTTP, undefined on stdio. */
  readonly lent: unknown
  /** The log of its exchange, where the shell has one; over HTTP it is bound to Fastify's request id. */
  readonly logger: Logger | undefined
}

/** How a call ended. */
export interface ObservedOutcome {
  /** `toolError` is a result with `isError`; `cancelled` is every end without an answer, also that of its session. */
  is: 'result' | 'toolError' | 'error' | 'timedOut' | 'cancelled'
  /** Name in the error table, for `error` and `timedOut`. */
  error?: ErrorName
  /** JSON-RPC code, for `error` and `timedOut`. */
  code?: number
  /** Milliseconds of the lent clock. */
  ms: number
}

/** Something that was refused before it was a call. */
export interface ObservedRefusal {
  refused: Refused
  id: RequestId | undefined
  /** Undefined where it has none, or none of the revision. */
  method: string | undefined
  error: ErrorName
  code: number
  lent: unknown
  logger: Logger | undefined
}

export type ObservedSession = 'opened' | 'ended' | 'expired'

/**
 * Looks on: for logs, metrics and traces. Members are called in the turn in which things happen; what one throws goes to
 * the log and disturbs nobody. Without observers nothing of this is made.
 */
export interface Observer {
  /** Once for each host, with its live counts; what it returns is called when the host has closed. */
  started?(load: () => Load): (() => void) | undefined
  /** A request begins to run. */
  called?(call: ObservedCall): void
  /** Runs the handler, in a context of the observer's own; calls `run` once, at once. */
  around?(call: ObservedCall, run: () => void): void
  /** Its end, told once, before the answer goes out. */
  ended?(call: ObservedCall, outcome: ObservedOutcome): void
  /** A handler puts a question to the client; what it returns is called at the end, with what went wrong if it did. */
  asked?(call: ObservedCall, method: string): ((failure?: unknown) => void) | undefined
  /** A notification was taken; `method` is undefined for one that the revision does not have. */
  notified?(notification: { method: string | undefined; lent: unknown; logger: Logger | undefined }): void
  refused?(refusal: ObservedRefusal): void
  session?(became: ObservedSession): void
}

/** A result that is JSON text already. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a refusal answers: a request, a message that gets no answer, or something that was no message. */
export type Refused = 'request' | 'notification' | 'response' | 'frame'

/**
 * One exchange's way back to the peer. A shell gives the host one for each message that arrives; the host calls
 * `message` any number of times and then one of the others, once.
 */
export interface Outlet {
  /** Whether a message can still reach the peer before the answer. */
  readonly open: boolean
  /** The log of this exchange, where the shell has one. */
  readonly logger?: Logger
  /** Whether an answer is being written that cannot be broken off any more. */
  readonly committed: boolean
  /** A session begins with this exchange; its answer follows. */
  begin(session: string): void
  /** Goes before the answer: on HTTP it turns the reply into a stream. A loose one may be left out for a slow reader. */
  message(text: string, loose: boolean): void
  /** The answer to a request, and the end; `error` is what it says went wrong: one of authorization has an HTTP status of its own. */
  answer(text: string, error?: ProtocolError): void
  /** An answer that is written as its pieces come; tells whether all of it was. After `false` an `answer` may follow. Rejects with a piece. */
  flow(pieces: AsyncIterable<string>): Promise<boolean>
  /** A refusal, and the end; `error` chooses the HTTP status. */
  refuse(error: ProtocolError, text: string, refused: Refused): void
  /** A notification or response was taken, and the end (HTTP-12). */
  accept(): void
  /** The end, with nothing (more) to say: the request was cancelled or its session is over (CANCEL-09). A flow is broken off where it can be. */
  end(): void
}

/** A connection that reads a stream. */
export interface Reader {
  /** Whether so much is unread that what may be left out should be; not said, nothing is ever too much. */
  readonly full?: boolean
  /** A replayed event was logged before the connection came. */
  write(event: LoggedEvent, replayed?: boolean): void
  end(): void
}
