/**
 * The capture: what crossed between two real peers, one JSON line per event, as it came (format page, 8).
 *
 * Rules of this file:
 * - nothing is interpreted: a body and a chunk are text when they are UTF-8, else base64;
 * - the first line says who was recorded and when, every other line is one event of one exchange;
 * - secrets never leave: the values of headers and query members that carry them are blanked before an event is kept.
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
  transport: 'http'
  date: string
}

export type Bytes = string | { base64: string }
export type HeaderList = [name: string, value: string][]

/** What an event says of its exchange. */
export type Happening =
  | { request: { method: string; target: string; headers: HeaderList; body?: Bytes; paused?: true } }
  | { answer: { status: number; headers: HeaderList } }
  | { chunk: Bytes }
  | { end: true }
  | { abort: 'client' | 'server' }

/** `ms` counts from the start of the capture; a normalised capture has none. */
export type CaptureEvent = { exchange: number; ms?: number } & Happening

export interface Capture {
  recording: Recording
  events: CaptureEvent[]
}

/** Text when the bytes are UTF-8, else base64. */
export function bytesOf(buffer: Buffer): Bytes {
  const text = buffer.toString('utf8')
  return Buffer.from(text, 'utf8').equals(buffer) ? text : { base64: buffer.toString('base64') }
}

export function bufferOf(bytes: Bytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : Buffer.from(bytes.base64, 'base64')
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

const blank = '(blanked)'
const secretHeader = /^(authorization|proxy-authorization|cookie|set-cookie|.*(token|secret|api-?key|password).*)$/i
const secretMember = /([?&][^=&]*(?:token|secret|key|password|code)[^=&]*=)[^&]*/gi

/** The headers of a message as pairs, secrets blanked; given as Node's `rawHeaders`, or as anything that alternates. */
export function headersOf(raw: string[]): HeaderList {
  const pairs: HeaderList = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!
    pairs.push([name, secretHeader.test(name) ? blank : raw[at + 1]!])
  }
  return pairs
}

/** The request target with secrets in its query blanked. */
export function targetOf(url: string): string {
  return url.replace(secretMember, `$1${blank}`)
}

const secretText = [
  /\bBearer\s+[A-Za-z0-9._~+/-]{8,}/i,
  /\bBasic\s+[A-Za-z0-9+/]{12,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\./,
  /\b(?:gh[pousr]_|github_pat_|npm_|sk-|xox[abp]-|AKIA)[A-Za-z0-9_-]{12,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /"(?:access_token|refresh_token|client_secret|password|authorization|cookie)"\s*:\s*"(?!\(blanked\))[^"]+"/i
]

/** Throws when a text holds what looks like a credential; called before anything is written into the corpus. */
export function refuseSecrets(text: string, what: string): void {
  const found = secretText.find((pattern) => pattern.test(text))
  if (found !== undefined) throw new Error(`${what} holds what looks like a secret (${found.source}): not written`)
}
