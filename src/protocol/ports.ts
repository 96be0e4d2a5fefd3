/** What the host must be lent. State that has to survive a process stands behind these, and nothing else does. */
import type { ProtocolError } from './errors.ts'
import type { Session, SessionChange } from './session.ts'

/** A value now, or later where a store has to be asked. */
export type Awaitable<T> = T | Promise<T>

/** Tells what has to be awaited: promises, and what else has a `then`, as query builders do. */
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
  close(): Awaitable<void>
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
  /** The answer to a request, and the end. */
  answer(text: string): void
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
