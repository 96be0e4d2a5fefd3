/** Bytes to lines and lines to bytes: one frame a line, in UTF-8 (basic/transports#stdio). */
import { isUtf8 } from 'node:buffer'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** One line as it came, or why it cannot be one. */
export type Line = { text: string } | { fault: 'tooLarge' | 'notUtf8' }

/**
 * The lines of an input, without their ends (LF, or CRLF) and without empty ones. A line over `most` bytes is dropped
 * up to its end and reported once; a last line without an end counts.
 */
export async function* readLines(input: Readable, most: number): AsyncGenerator<Line> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    let rest: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      yield* readLine([...pieces, rest.subarray(0, end)], length + end, most)
      rest = rest.subarray(end + 1)
      pieces = []
      length = 0
    }
    length += rest.length
    if (length <= most) pieces.push(rest)
    else pieces = []
  }
  yield* readLine(pieces, length, most)
}

function* readLine(pieces: Buffer[], length: number, most: number): Generator<Line> {
  if (length > most) {
    yield { fault: 'tooLarge' }
    return
  }
  const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  if (!isUtf8(bytes)) {
    yield { fault: 'notUtf8' }
    return
  }
  const text = bytes.toString().replace(/\r$/, '')
  if (text.trim() !== '') yield { text }
}

/** Writes text; false when it has to wait. `done` hears when all so far has left. */
type Write = (text: string, done?: () => void) => boolean

/** Writes lines in order; a line that is written in pieces holds the others back until it is whole. */
export class LineWriter {
  readonly #output: Writable
  readonly #write: Write
  #held: string[] | undefined
  #flowing: Promise<void> | undefined
  readonly #paused = new Set<Promise<void>>()

  /** `write` stands for the output's own, for an output whose own has been taken. */
  constructor(output: Writable, write: Write = (text, done) => output.write(text, done)) {
    this.#output = output
    this.#write = write
  }

  /** Whether anybody can still read. */
  get open(): boolean {
    return !this.#output.destroyed
  }

  /** Bytes and held characters that nobody has read yet. */
  get backlog(): number {
    return this.#output.writableLength + this.#heldLength
  }

  get #heldLength(): number {
    return this.#held?.reduce((sum, line) => sum + line.length, 0) ?? 0
  }

  /** Resolves when no more than `most` is unread, or nobody can read any more. */
  async room(most: number): Promise<void> {
    while (this.open) {
      if (this.#heldLength > most) await this.#flowing
      else if (this.#output.writableLength > most) await this.#flushed()
      else return
    }
  }

  line(text: string): void {
    if (this.#held !== undefined) this.#held.push(text)
    else this.#write(`${text}\n`)
  }

  /** Writes a line after a pause, in which others may go first. */
  lineAfter(pauseMs: number, text: string): void {
    const written = sleep(pauseMs).then(() => {
      this.line(text)
      this.#paused.delete(written)
    })
    this.#paused.add(written)
  }

  /** One line from pieces, as fast as it is read. Rejects when a piece cannot be had: the line is then broken for good. */
  async flow(head: string, rest: AsyncIterator<string>): Promise<void> {
    const before = this.#flowing
    const flowing = (async () => {
      await before
      await this.#writePieces(head, rest)
    })()
    this.#flowing = flowing.catch(() => undefined)
    await flowing
  }

  /** Resolves when what was written, or waits to be, has left. */
  async drained(): Promise<void> {
    await Promise.all(this.#paused)
    await this.#flushed()
  }

  #flushed(): Promise<void> {
    if (this.#output.destroyed) return Promise.resolve()
    return new Promise((resolve) => void this.#write('', () => resolve()))
  }

  async #writePieces(head: string, rest: AsyncIterator<string>): Promise<void> {
    const held: string[] = []
    this.#held = held
    this.#write(head)
    for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) {
      if (!this.#write(piece.value) && this.#output.writableNeedDrain) await once(this.#output, 'drain')
    }
    this.#held = undefined
    this.#write('\n')
    for (const text of held) this.line(text)
  }
}
