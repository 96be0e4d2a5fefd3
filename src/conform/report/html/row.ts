/** One case on a page: its outcome, its requirement, why it is no pass, and what crossed. */
import type { Report, Result } from '../../report.ts'
import { caseOf, commandFor, type Flags } from '../command.ts'
import { reasonOf, requirementsOf, type Standing, sectionUrl, standingOf } from '../digest.ts'
import { withoutDull } from '../exchange.ts'
import { compact, duration, line } from '../text.ts'
import { stepOf } from '../wording.ts'
import { html, type Markup } from './markup.ts'
import { classOf } from './tally.ts'

/** How much of all expected and actual values a page shows, and of one of them at least and at most. */
const pageLimit = 700_000
const atLeast = 200
const atMost = 4000

const words: Record<Standing, string> = {
  fail: 'Fail',
  error: 'Error',
  warn: 'Warn',
  info: 'Note',
  skip: 'Skip',
  known: 'Known',
  pass: 'Pass'
}

/** How much of each value a page with so many of them shows. */
export function valueLimit(results: readonly Result[]): number {
  const values = 2 * results.filter(({ expected }) => expected !== undefined).length
  return Math.max(atLeast, Math.min(atMost, Math.floor(pageLimit / Math.max(values, 1))))
}

/** What a row is shown with: the report it is of, its log, how much of a value it may show. */
export interface Shown {
  report: Report
  logs: ReadonlyMap<Result, Markup>
  limit: number
  /** What the command that runs a case again says beside target and case. */
  flags: Flags
}

/** A row of a page's table. */
export function row(result: Result, shown: Shown): Markup {
  const standing = standingOf(result)
  const own = html`<a href="#${encodeURI(result.id)}">${result.id}</a>`
  return html`<tr id="${result.id}" data-o="${standing}"><td class="${classOf(standing)}">${words[standing]}</td><td>
<div class="two"><p>${result.title}<br><span class="id">${own}</span></p>${about(result)}</div>${why(result, shown)}${wire(result, shown.logs.get(result))}</td><td class="n">${duration(result.ms)}</td></tr>
`
}

function about(result: Result): Markup {
  const url = sectionUrl(result)
  const [first, ...others] = requirementsOf(result)
  if (first === undefined) {
    const link =
      url === undefined ? undefined : html`<a href="${url}" rel="noreferrer">The definition in the schema</a>`
    return html`<p class="req">${link}</p>`
  }
  const more = others.map(
    ({ id, level, says, url: address }) =>
      html` <a class="more" href="${address}" rel="noreferrer" title="${says}">${id} ${level}</a>`
  )
  const also = more.length === 0 ? undefined : html` <span>Also${more}.</span>`
  return html`<p class="req"><a class="rid" href="${first.url}" rel="noreferrer">${first.id} ${first.level}</a> ${first.says}${also}</p>`
}

function why(result: Result, { report, limit, flags }: Shown): Markup | undefined {
  const { outcome, expected, actual, path, known, stale } = result
  if (stale === true)
    return html`<p class="why fail"><b>Stale:</b> it passes, but the profile knows it as a failure.</p>`
  if (outcome === 'pass') return undefined
  const excuse = known === undefined ? undefined : html`<p class="why"><b>Known by the profile:</b> ${line(known)}</p>`
  const reason = html`<p class="why"><b>${stepOf(result) ?? 'Reason'}:</b> ${result.outcome === 'error' ? (result.reason ?? '') : reasonOf(result)}</p>`
  if (outcome === 'skip') return html`${reason}${excuse}`
  const values =
    expected === undefined
      ? undefined
      : html`${path === undefined || path === '' ? undefined : html`<dt>At</dt><dd><code>${line(path)}</code></dd>`}<dt>Expected</dt><dd><code>${compact(expected, limit)}</code></dd><dt>Actual</dt><dd><code>${compact(actual === undefined ? undefined : withoutDull(actual), limit)}</code></dd>`
  const again = html`<dt>Again</dt><dd><code>${commandFor(report, caseOf(result), flags)}</code></dd>`
  return html`${reason}${excuse}<dl class="values">${values}${again}</dl>`
}

function wire(result: Result, log: Markup | undefined): Markup | undefined {
  if (log === undefined || log.text === '') return undefined
  return html`<details><summary>Wire log</summary><pre class="log" tabindex="0" aria-label="Wire log of ${result.id}">${log}</pre></details>`
}
