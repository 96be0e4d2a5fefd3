/**
 * The capture: what crossed between two real peers, one JSON line per event, as it came (format page, 8).
 *
 * Rules of this file:
 * - nothing is interpreted: a body, a chunk and a piece of stdio are text when they are UTF-8, else base64;
 * - the first line says who was recorded, over what and when; every other line is one event, of one exchange over HTTP, of
 *   one side on stdio;
 * - secrets are blanked before an event is kept (redact.ts), under `[redacted]`.
 */

export interface PeerName {
  name: string
  version: string
  package?: string
}

/** Who was recorded, over what, and on which day. */
export interface Recording {
  client: PeerName
  server: PeerName
  transport: 'http' | 'stdio'
  date: string
}

/** `unread`: that many bytes in an encoding nobody here can read; kept out, for they could hold anything. */
export type Bytes = string | { base64: string } | { unread: number }
export type HeaderList = [name: string, value: string][]
export type Side = 'client' | 'server'

/** The head and body of a request. `cut`: the body was not over when the answer began or the connection broke. */
export interface RequestHappening {
  method: string
  target: string
  headers: HeaderList
  body?: Bytes
  cut?: true
  /** In a normal form: nothing crossed for more than a second before it. */
  paused?: true
}

/** What an event says of its exchange. `decoded`: the chunks are shown without this content encoding. */
export type Happening =
  | { request: RequestHappening }
  | { answer: { status: number; headers: HeaderList; decoded?: string } }
  | { chunk: Bytes }
  | { end: true; trailers?: HeaderList }
  | { abort: Side }

/** What an event says of stdio: bytes of one side, the end of its output, a signal to the server, the end of the server. */
export type PipeHappening =
  | { from: Side; chunk: Bytes; paused?: true }
  | { from: Side; end: true }
  | { from: 'client'; signal: string }
  | { exit: { code: number | null; signal: string | null } }

/** `ms` counts from the start of the capture; a normalised capture has none. */
export type HttpEvent = { exchange: number; ms?: number } & Happening
export type PipeEvent = { ms?: number } & PipeHappening
export type CaptureEvent = HttpEvent | PipeEvent

export interface Capture {
  recording: Recording
  events: CaptureEvent[]
}

export function isHttpEvent(event: CaptureEvent): event is HttpEvent {
  return 'exchange' in event
}

/** Text when the bytes are UTF-8, else base64. */
export function bytesOf(buffer: Buffer): Bytes {
  const text = buffer.toString('utf8')
  return Buffer.from(text, 'utf8').equals(buffer) ? text : { base64: buffer.toString('base64') }
}

/** The bytes themselves; none of what is unread. */
export function bufferOf(bytes: Bytes): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'utf8')
  return 'base64' in bytes ? Buffer.from(bytes.base64, 'base64') : Buffer.alloc(0)
}

export function printCapture({ recording, events }: Capture): string {
  return [{ recording }, ...events].map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** Throws when the text is no capture. */
export function readCapture(text: string): Capture {
  const [head, ...events] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as object)
  if (head === undefined || !('recording' in head)) throw new Error('a capture begins with the line of its recording')
  return { recording: head.recording as Recording, events: events as CaptureEvent[] }
}
