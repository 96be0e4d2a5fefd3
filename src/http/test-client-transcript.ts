/** Every frame of a test client, both ways, in the order in which they crossed. */
import { type WireMessage, wireMessage } from './test-client-error.ts'

export interface TranscriptFrame {
  readonly direction: 'sent' | 'received'
  /** Number of the HTTP exchange that carried it, from 1; frames of one stream share it. */
  readonly exchange: number
  /** HTTP status of the answer it came in; undefined for what was sent. */
  readonly status: number | undefined
  readonly text: string
  /** Undefined when the text is no JSON object. */
  readonly message: WireMessage | undefined
}

export class Transcript {
  readonly #frames: TranscriptFrame[] = []

  get frames(): readonly TranscriptFrame[] {
    return this.#frames
  }

  sent(exchange: number, text: string): void {
    this.#frames.push({ direction: 'sent', exchange, status: undefined, text, message: wireMessage(text) })
  }

  received(exchange: number, status: number, text: string): void {
    this.#frames.push({ direction: 'received', exchange, status, text, message: wireMessage(text) })
  }

  /** One line a frame: the exchange, an arrow to the server or from it, the status unless it is 200, the text. */
  toString(): string {
    const lines = this.#frames.map(({ direction, exchange, status, text }) => {
      const shown = status === undefined || status === 200 ? '' : `${status} `
      return `#${exchange} ${direction === 'sent' ? '→' : '←'} ${shown}${text}`
    })
    return lines.join('\n')
  }
}
