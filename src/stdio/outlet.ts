/** One line's way back: every answer is a line of the same output. */
import type { ProtocolError } from '../protocol/errors.ts'
import { gather } from '../protocol/flow.ts'
import type { Limits } from '../protocol/limits.ts'
import type { Outlet, Refused } from '../protocol/ports.ts'
import type { LineWriter } from './lines.ts'

/** How a progress notification begins. */
const progressHead = '{"jsonrpc":"2.0","method":"notifications/progress"'
/** Clients that read the last progress and the result in one chunk lose the progress: the result waits for so long. */
const pauseMs = 5

export class LineOutlet implements Outlet {
  readonly open = true
  committed = false
  readonly #writer: LineWriter
  readonly #limits: Limits
  readonly #begun: (session: string) => void
  readonly #broken: () => void
  #progressed = false
  #ended = false

  /** `begun` hears of a session; `broken` of an output that cannot carry a whole line any more. */
  constructor(writer: LineWriter, limits: Limits, begun: (session: string) => void, broken: () => void) {
    this.#writer = writer
    this.#limits = limits
    this.#begun = begun
    this.#broken = broken
  }

  begin(session: string): void {
    this.#begun(session)
  }

  message(text: string, loose: boolean): void {
    if (loose && this.#writer.backlog > this.#limits.backlogBytes) return
    this.#progressed = text.startsWith(progressHead)
    this.#writer.line(text)
  }

  answer(text: string): void {
    if (this.#progressed) this.#writer.lineAfter(pauseMs, text)
    else this.#writer.line(text)
  }

  async flow(pieces: AsyncIterable<string>): Promise<boolean> {
    const gathered = await gather(pieces, this.#limits.logBytes, () => !this.#ended)
    if (gathered === 'unwanted') return false
    if ('whole' in gathered) {
      this.answer(gathered.whole)
      return true
    }
    this.committed = true
    try {
      await this.#writer.flow(gathered.head, gathered.rest)
    } catch {
      // half a line is out and nothing can make it a frame
      this.#broken()
    }
    return true
  }

  refuse(_error: ProtocolError, text: string, refused: Refused): void {
    // a notification and a response get no answer, not even an error (RPC-30)
    if (refused === 'request' || refused === 'frame') this.#writer.line(text)
  }

  accept(): void {}

  /** A line that is half written is written to its end: half a line is no frame. */
  end(): void {
    this.#ended = true
  }
}
