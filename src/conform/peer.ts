/**
 * The peer: one session with the target, seen from the client, whatever the transport; and the target, which makes them.
 * What only one transport can do stands in a side of its own, so that a verb asks for the side it needs.
 */
import type { Inbox, Stream } from './inbox.ts'
import type { Json } from './json.ts'

/** Something that crossed, for the wire log: the head of an exchange, a message, an SSE frame or a line. */
export interface Frame {
  /** Milliseconds since the case began. */
  atMs: number
  session: string
  stream: string
  from: 'client' | 'server'
  request?: { method: string; url: string; headers: Record<string, string> }
  answer?: { status: number; headers: Record<string, string> }
  sse?: { id?: string; event?: string; retry?: number }
  text?: string
}

/** A frame before it is known when and in which session it crossed. */
export type Log = (frame: Omit<Frame, 'atMs' | 'session'>) => void

/** The target could not be reached at all: nobody listens, the name is unknown, the process is gone. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

export interface Peer {
  readonly inbox: Inbox
  readonly http?: HttpSide
  readonly stdio?: StdioSide
  /**
   * Sends one message: a POST, or a line. Resolves as soon as it has left, with the stream that its answer comes on.
   * Failures are found at the stream or, when the target is unreachable, at the inbox.
   */
  send(message: Json, name?: string): Promise<Stream>
  /** Ends the session if `leave` (HTTP: DELETE), and in any case lets go of everything. Never rejects. */
  close(leave: boolean): Promise<void>
}

export interface HttpSide {
  /** Whether the server gave this session an id. */
  readonly sessionId: string | undefined
  /** A raw exchange. The session's headers are added unless given; null removes one. */
  exchange(request: RawHttp, name?: string): Promise<Stream>
  /** Opens a GET stream. A 409 is tried again for 500 ms: the server may not have noticed yet that a stream was dropped. */
  listen(name: string, lastEventId?: string): Promise<Stream>
}

export interface RawHttp {
  method: string
  path?: string
  /** In place of `path`, and wherever: nothing is added but what HTTP itself wants. */
  url?: string
  headers?: RawHeaders
  body?: string
  /** What the body says, when it is a message. */
  message?: Json
}

/** An array is several headers of one name; null removes one that would be added. */
export type RawHeaders = Record<string, string | string[] | null>

export interface StdioSide {
  /** Writes a line as it stands. */
  line(text: string): void
  /** Closes the server's stdin. */
  eof(): void
  /** How the process ended; pending while it runs. */
  readonly exited: Promise<Exit>
}

export interface Exit {
  code: number | null
  signal: string | null
  /** The end of what it wrote to stderr, for people. */
  said?: string
}

/** What a case is replayed against. */
export interface Target {
  readonly transport: 'http' | 'stdio'
  /** For reports: an address or a command. */
  readonly name: string
  /** The URL under test, over HTTP. */
  readonly endpoint?: string
  /** The Authorization that the user gave, which goes with every request. */
  readonly authorization?: string
  /** How many milliseconds a new session may take to begin speaking, beyond every deadline; default none. */
  readonly startMs?: number
  /** A new session that has said nothing yet. Rejects with an UnreachableError. */
  connect(log: Log): Promise<Peer>
}
