/**
 * The SSE event: to text, and back.
 *
 * Rules of this file (WHATWG HTML, 9.2.5 and 9.2.6):
 * - a line ends with CR, LF or CRLF; one BOM at the very start is skipped;
 * - a line that begins with a colon is a comment; a field's value loses one leading space;
 * - data lines are joined with LF; an id with NUL in it and a retry that is not all digits are ignored;
 * - a blank line ends the event, an event the stream ends in is discarded.
 *
 * Two departures, both so that a checker sees what crossed: an event without data lines is reported (`data` is then
 * undefined) instead of dropped, and `id` and `event` are what this very event said, not what is remembered from before.
 */

/** One event as it crossed. A field the event did not carry is undefined; `retry` is in milliseconds. */
export interface SseEvent {
  id?: string
  event?: string
  data?: string
  retry?: number
}

/**
 * A comment line alone, to keep a quiet connection open. No blank line follows, on purpose: httpx-sse dispatches an
 * empty event on every blank line once it has seen an id.
 */
export const keepAlive = ':\n'

/**
 * The text of one event. `data` is normally JSON text, which has no line breaks; each CR, LF or CRLF in it starts
 * another data line, so the receiver gets LF in its place. `id` must have no line break.
 */
export function formatEvent(id: string | undefined, data: string): string {
  const body = data.includes('\n') || data.includes('\r') ? data.replace(/\r\n|\r|\n/g, '\ndata: ') : data
  return id === undefined ? `data: ${body}\n\n` : `id: ${id}\ndata: ${body}\n\n`
}

/**
 * Text to events, fed in any pieces. The caller decodes UTF-8 (a TextDecoder with `stream: true`, so that a character
 * split over two chunks survives). Nothing is refused: the grammar gives every text a meaning.
 */
export class SseParser {
  #started = false
  #afterCr = false
  #line = ''
  #event: SseEvent = {}

  /** Takes the next piece of the stream and returns the events it completed, in order. */
  push(chunk: string): SseEvent[] {
    const events: SseEvent[] = []
    let at = 0
    if (chunk !== '' && !this.#started) {
      this.#started = true
      if (chunk.startsWith('\uFEFF')) at = 1
    }
    if (this.#afterCr && at < chunk.length) {
      this.#afterCr = false
      if (chunk.startsWith('\n', at)) at++
    }
    while (at < chunk.length) {
      const end = lineEnd(chunk, at)
      this.#line += chunk.slice(at, end)
      if (end === chunk.length) break
      this.#endLine(events)
      at = end + 1
      if (chunk[end] === '\r') {
        if (at === chunk.length) this.#afterCr = true
        else if (chunk[at] === '\n') at++
      }
    }
    return events
  }

  #endLine(events: SseEvent[]): void {
    const line = this.#line
    this.#line = ''
    if (line === '') {
      if (Object.keys(this.#event).length > 0) events.push(this.#event)
      this.#event = {}
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    this.#field(field, value)
  }

  #field(field: string, value: string): void {
    const event = this.#event
    if (field === 'data') event.data = event.data === undefined ? value : `${event.data}\n${value}`
    else if (field === 'id' && !value.includes('\0')) event.id = value
    else if (field === 'event') event.event = value
    else if (field === 'retry' && /^[0-9]+$/.test(value)) event.retry = Number(value)
  }
}

function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 10 || code === 13) return at
  }
  return text.length
}
