/**
 * The wire reader: bytes of one side of an HTTP/1.1 connection to heads, payload and message ends (RFC 9112), for somebody
 * who listens while the bytes go on as they are.
 *
 * Rules of this file:
 * - every byte is handed on once, in order: a head as a whole, everything else as it came;
 * - the listener says at each head how its body ends; a body that is sent in chunks may have trailers;
 * - what is no HTTP/1.1 is lost from there to the end of the connection: handed on, and not read.
 */
import type { HeaderList } from './capture.ts'

export interface Head {
  /** The request line or status line. */
  start: string
  headers: HeaderList
}

/** How the body of a message ends: after so many bytes, by itself, or with the connection. `unknown`: this is no HTTP any more. */
export type Ending = { bytes: number } | 'chunked' | 'connection' | 'unknown'

export interface WireListener {
  /** A head, and its bytes, which are handed on by this call. */
  head(head: Head, bytes: Buffer): Ending
  /** Bytes to hand on. */
  wire(bytes: Buffer): void
  /** A piece of the body, already handed on. */
  data(bytes: Buffer): void
  over(trailers: HeaderList): void
  /** What comes from here on is not read. */
  lost(why: string): void
}

const headBytesAtMost = 1024 * 1024

type State = 'head' | 'body' | 'size' | 'chunk' | 'chunk end' | 'trailers' | 'connection' | 'lost'

export class WireReader {
  readonly #listener: WireListener
  #state: State = 'head'
  /** The head so far. */
  #held: Buffer = Buffer.alloc(0)
  /** The line so far: a chunk size, the end of a chunk, a trailer. */
  #line = ''
  #trailers: string[] = []
  /** Bytes that the body, or the chunk, has left. */
  #left = 0

  constructor(listener: WireListener) {
    this.#listener = listener
  }

  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) at += this.#take(bytes.subarray(at))
  }

  /** The side has ended its output: so has a body that lasts as long as the connection. */
  end(): void {
    if (this.#state === 'connection') this.#over([])
    else if (this.#held.length > 0) this.#lose('a head without an end')
  }

  /** Takes some bytes and says how many. */
  #take(bytes: Buffer): number {
    if (this.#state === 'head') return this.#takeHead(bytes)
    if (this.#state === 'lost') {
      this.#listener.wire(bytes)
      return bytes.length
    }
    if (this.#state === 'body' || this.#state === 'chunk' || this.#state === 'connection') return this.#takeData(bytes)
    const end = bytes.indexOf(10)
    const taken = end < 0 ? bytes : bytes.subarray(0, end + 1)
    this.#listener.wire(taken)
    this.#line += taken.toString('latin1')
    if (this.#line.length > headBytesAtMost) this.#lose('a line without an end')
    else if (end >= 0) this.#endLine(this.#line.replace(/\r?\n$/, ''))
    return taken.length
  }

  #takeHead(bytes: Buffer): number {
    if (this.#held.length === 0 && (bytes[0] === 13 || bytes[0] === 10)) {
      // an empty line before a head means nothing
      this.#listener.wire(bytes.subarray(0, 1))
      return 1
    }
    const before = this.#held.length
    this.#held = Buffer.concat([this.#held, bytes])
    // whoever waits for more of what is no head waits for ever
    if (!startsWithLetter(this.#held)) {
      this.#lose('no HTTP/1.1')
      return bytes.length
    }
    const end = headEnd(this.#held)
    if (end < 0) {
      if (this.#held.length > headBytesAtMost) this.#lose('a head without an end')
      return bytes.length
    }
    const raw = this.#held.subarray(0, end)
    this.#held = Buffer.alloc(0)
    const [start = '', ...lines] = raw.toString('latin1').trimEnd().split(/\r?\n/)
    const ending = this.#listener.head({ start, headers: headersOf(lines) }, raw)
    if (ending === 'unknown') this.#lose(`no HTTP/1.1: ${start.slice(0, 40)}`)
    else if (ending === 'chunked') this.#state = 'size'
    else if (ending === 'connection') this.#state = 'connection'
    else if (ending.bytes === 0) this.#over([])
    else {
      this.#state = 'body'
      this.#left = ending.bytes
    }
    return end - before
  }

  #takeData(bytes: Buffer): number {
    const taken = this.#state === 'connection' ? bytes : bytes.subarray(0, this.#left)
    this.#listener.wire(taken)
    this.#listener.data(taken)
    this.#left -= taken.length
    if (this.#left === 0 && this.#state === 'body') this.#over([])
    else if (this.#left === 0 && this.#state === 'chunk') this.#state = 'chunk end'
    return taken.length
  }

  #endLine(line: string): void {
    this.#line = ''
    if (this.#state === 'size') {
      const [size = ''] = /^[0-9a-fA-F]{1,8}(?=[ \t]*(;|$))/.exec(line) ?? []
      this.#left = Number.parseInt(size, 16)
      if (size === '') this.#lose('a chunk without a size')
      else this.#state = this.#left === 0 ? 'trailers' : 'chunk'
    } else if (this.#state === 'chunk end') {
      if (line === '') this.#state = 'size'
      else this.#lose('a chunk that is longer than it says')
    } else if (line !== '') this.#trailers.push(line)
    else this.#over(headersOf(this.#trailers))
  }

  #over(trailers: HeaderList): void {
    this.#state = 'head'
    this.#trailers = []
    this.#left = 0
    this.#listener.over(trailers)
  }

  #lose(why: string): void {
    this.#state = 'lost'
    const held = this.#held
    this.#held = Buffer.alloc(0)
    this.#listener.lost(why)
    if (held.length > 0) this.#listener.wire(held)
  }
}

/** How a body ends by its headers alone; `otherwise` when they say nothing. */
export function endingOf(headers: HeaderList, otherwise: Ending): Ending {
  const values = (name: string): string[] =>
    headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)
  const codings = values('transfer-encoding')
  if (codings.length > 0) return /(^|,)\s*chunked\s*$/i.test(codings.at(-1)!) ? 'chunked' : otherwise
  const [length] = values('content-length')
  if (length === undefined) return otherwise
  return /^\d+$/.test(length) ? { bytes: Number(length) } : 'unknown'
}

function startsWithLetter(bytes: Buffer): boolean {
  return /^[A-Za-z]/.test(bytes.subarray(0, 1).toString('latin1'))
}

/** Where the empty line after a head is over; -1 when it has not come yet. */
function headEnd(bytes: Buffer): number {
  const [strict, loose] = [bytes.indexOf('\r\n\r\n'), bytes.indexOf('\n\n')]
  if (strict >= 0 && (loose < 0 || strict < loose)) return strict + 4
  return loose < 0 ? -1 : loose + 2
}

function headersOf(lines: string[]): HeaderList {
  const headers: HeaderList = []
  for (const line of lines) {
    const last = headers.at(-1)
    const colon = line.indexOf(':')
    if (/^[ \t]/.test(line) && last !== undefined) last[1] = `${last[1]} ${line.trim()}`
    else if (colon > 0) headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()])
  }
  return headers
}
