/**
 * The wire log of a case on a page: what crossed, in order, with times, streams and sessions, within so many characters of
 * text. A passing case shows its own frames; the handshake that every case begins with is one line of it.
 */
import type { Frame } from '../../peer.ts'
import type { Result } from '../../report.ts'
import { isFault } from '../../report.ts'
import { told, wordsOf } from '../exchange.ts'
import { counted, cut, line } from '../text.ts'
import { html, joined, type Markup } from './markup.ts'

/** How many characters of markup all logs of a page may have, and those of one case. */
const pageLimit = 1_500_000
const caseLimit = 20_000
/** How many characters of one text are shown: of a fault, and of any other case. */
const faultTextLimit = 6000
const textLimit = 700

/**
 * The logs of all results, by result. Faults and errors come first when the page would grow too large: what is left of the
 * limit is shared among the others, a small log leaving its rest to larger ones.
 */
export function wireLogs(results: readonly Result[]): Map<Result, Markup> {
  const whole = results.map((result) => ({ result, lines: logLines(result) }))
  const size = ({ lines }: { lines: Markup[] }): number => lines.reduce((sum, { text }) => sum + text.length, 0)
  const first = whole.filter(({ result }) => matters(result)).sort((one, other) => size(one) - size(other))
  const second = whole.filter(({ result }) => !matters(result)).sort((one, other) => size(one) - size(other))
  const logs = new Map<Result, Markup>()
  let room = pageLimit
  for (const group of [first, second]) {
    group.forEach((item, index) => {
      const share = Math.min(caseLimit, Math.floor(room / (group.length - index)))
      const log = within(item.lines, share)
      room -= log.text.length
      logs.set(item.result, log)
    })
  }
  return logs
}

function matters(result: Result): boolean {
  return isFault(result) || result.outcome === 'error'
}

function within(lines: readonly Markup[], limit: number): Markup {
  let size = 0
  const kept = lines.findIndex(({ text }) => {
    size += text.length
    return size > limit
  })
  if (kept < 0) return joined(lines, '\n')
  const left = html`<i>… ${counted(lines.length - kept, 'more frame')}, left out to keep this page small</i>`
  return joined([...lines.slice(0, kept), left], '\n')
}

function logLines(result: Result): Markup[] {
  const all = told(result.frames)
  const several = new Set(result.frames.map(({ session }) => session)).size > 1
  const whole = matters(result)
  const opening = whole ? [] : all.filter(({ part }) => part === 'handshake')
  const rest = whole ? all : all.filter(({ part }) => part !== 'handshake')
  const lines = rest.map(({ frame }, index) => frameLine(frame, rest[index - 1]?.frame, several, whole))
  if (opening.length === 0) return lines
  const until = opening.at(-1)?.frame.atMs ?? 0
  return [html`<i>${stamp(until)} the handshake, ${counted(opening.length, 'frame')}</i>`, ...lines]
}

function frameLine(frame: Frame, before: Frame | undefined, several: boolean, whole: boolean): Markup {
  const { arrow, head, headers, text } = wordsOf(frame, whole ? 'most' : 'few')
  const body = text === undefined ? undefined : line(cut(text, whole ? faultTextLimit : textLimit))
  // the body of an answer stands under its head
  if (head === '' && before?.answer !== undefined && before.stream === frame.stream && before.session === frame.session)
    return html`    ${body}`
  const where = several ? `${frame.session}/${frame.stream}` : frame.stream
  const sign = arrow === '→' ? html`<b>→</b>` : html`<b class="s">←</b>`
  const begin = html`<i>${stamp(frame.atMs)} ${line(where)}</i> ${sign} ${line(cut(head, 300))}`
  const said = headers.length === 0 ? undefined : html`\n    <u>${line(cut(headers.join('  '), 2000))}</u>`
  return html`${begin}${said}${body === undefined ? undefined : html`\n    ${body}`}`
}

function stamp(ms: number): string {
  return `${ms.toFixed(1).padStart(7)} ms`
}
