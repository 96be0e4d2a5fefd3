/**
 * The tape: what a proxy or a tee heard, kept in memory as it came, and given away only without its secrets.
 *
 * Rules of this file:
 * - events keep the order they were noted in; what is known only later (that somebody had left) is noted at a mark;
 * - past a limit nothing more is kept, and the tape says so.
 */
import { performance } from 'node:perf_hooks'
import type { CaptureEvent, HeaderList, Side } from './capture.ts'
import { type Redacted, redacted } from './redact.ts'

/** An event of an HTTP exchange before anything is blanked. */
export type HeardHttp =
  | { request: { method: string; target: string; headers: HeaderList; body: Buffer; cut?: true } }
  | { answer: { status: number; headers: HeaderList } }
  | { chunk: Buffer }
  | { end: true; trailers?: HeaderList }
  | { abort: Side }

/** An event of stdio before anything is blanked. */
export type HeardPipe =
  | { from: Side; chunk: Buffer }
  | { from: Side; end: true }
  | { from: 'client'; signal: string }
  | { exit: { code: number | null; signal: string | null } }

export type Heard = { ms: number } & ((HeardHttp & { exchange: number }) | HeardPipe)

/** A place on the tape. */
export interface Mark {
  place: number
  ms: number
}

const bytesAtMost = 64 * 1024 * 1024

export class Tape {
  /** Whether more came than is kept. */
  full = false
  readonly #troubles = new Set<string>()
  readonly #onTrouble: (text: string) => void
  readonly #began = performance.now()
  readonly #heard: { place: number; event: Heard }[] = []
  #places = 0
  #bytes = 0
  #exchanges = 0

  /** `onTrouble` is told at once of what could not be followed, of each thing once. */
  constructor(onTrouble: (text: string) => void = () => undefined) {
    this.#onTrouble = onTrouble
  }

  /** Whether nobody has said anything. */
  get isEmpty(): boolean {
    return this.#heard.every(({ event }) => !('request' in event) && !('chunk' in event))
  }

  /** The number of a new exchange. */
  begin(): number {
    return ++this.#exchanges
  }

  mark(): Mark {
    return { place: this.#places++, ms: Math.round(performance.now() - this.#began) }
  }

  /** Notes an event of an exchange, now or as of a mark. */
  note(exchange: number, heard: HeardHttp, at = this.mark()): void {
    this.#keep({ exchange, ms: at.ms, ...heard }, at, sizeOf(heard))
  }

  /** Notes an event of stdio. */
  notePipe(heard: HeardPipe): void {
    const at = this.mark()
    this.#keep({ ms: at.ms, ...heard }, at, 'chunk' in heard ? heard.chunk.length : 0)
  }

  /** What could not be followed, in words. */
  get troubles(): string[] {
    return [...this.#troubles]
  }

  trouble(text: string): void {
    if (this.#troubles.has(text)) return
    this.#troubles.add(text)
    this.#onTrouble(text)
  }

  /** What was heard, in order, with its secrets blanked. */
  async events(): Promise<Redacted & { events: CaptureEvent[] }> {
    const inOrder = [...this.#heard].sort((one, other) => one.place - other.place)
    return redacted(inOrder.map(({ event }) => event))
  }

  #keep(event: Heard, at: Mark, bytes: number): void {
    this.#bytes += bytes
    this.full ||= this.#bytes > bytesAtMost
    if (!this.full) this.#heard.push({ place: at.place, event })
  }
}

function sizeOf(heard: HeardHttp): number {
  if ('request' in heard) return heard.request.body.length
  return 'chunk' in heard ? heard.chunk.length : 0
}
