/**
 * The report on a terminal: what is wrong by page of the specification, what the server does not offer, what could not be
 * tested, and one line that sums it up. Reasons that many cases share are told once.
 */
import { needsHelp } from '../needs-help.ts'
import type { Report, Result } from '../report.ts'
import { clustersOf, singly } from './clusters.ts'
import type { Flags } from './command.ts'
import { chaptersOf, coverageOf, grouped, having, isForeign, reasonOf } from './digest.ts'
import { findingLines, type Telling } from './finding.ts'
import { Layout } from './layout.ts'
import { signs } from './paint.ts'
import { counted, cut, duration, line } from './text.ts'
import { valueLimit } from './wording.ts'

export { progressLine } from './progress.ts'

export interface TerminalOptions {
  /** Whether to write ANSI colours. */
  color: boolean
  /** Columns; at least 40 are used. */
  width: number
  /** Every fault for itself, with all its frames and headers; every reason with all its cases; the cases that pass, too. */
  verbose?: boolean
  /** What the command that runs a case again must say beside target and case, such as `--profile`; default nothing. */
  flags?: Flags
}

/** How many ids stand behind a reason that many cases share. */
const idLimit = 5

/**
 * The report as text, with a line break at the end. Nothing a peer wrote can move the cursor.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conform, redact, terminalReport } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'] })
 * const text = terminalReport(redact(report), { color: false, width: 80 })
 * assert.match(text, /0 failed/)
 * await app.close()
 * ```
 */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const { color, width, verbose = false, flags = [] } = options
  const telling: Telling = { report, layout: new Layout(color, width), verbose, flags }
  const { results } = report
  const skipped = having(results, 'skip')
  const offered = skipped.filter((result) => !isForeign(result) && !needsHelp(result))
  return [
    ...header(telling),
    ...wrong(telling),
    ...notes(telling),
    ...reasons('Your server does not offer this', offered, 'not tested', telling),
    ...reasons('Needs more from you', skipped.filter(needsHelp), 'not tested', telling),
    ...reasons('Not for this transport', skipped.filter(isForeign), 'left out', telling),
    ...reasons('Could not test', having(results, 'error'), 'without a verdict', telling),
    ...excused(telling),
    ...passed(telling),
    '',
    summary(telling),
    ''
  ].join('\n')
}

function header({ report, layout }: Telling): string[] {
  const { target, transport, server, runner } = report
  const first = `${line(runner)} · ${line(target)} · ${transport === 'http' ? 'HTTP' : 'stdio'}`
  if (server === undefined) return [...layout.text(first), 'The server was never greeted.']
  const { name, version } = server.server
  const who = [name, version].filter((part) => part !== '').join(' ') || 'a server without a name'
  const declared = Object.keys(server.capabilities ?? {}).join(', ') || 'nothing'
  const second = `${who} · revision ${server.revision || 'unknown'} · declares ${declared}`
  return [...layout.text(first), ...layout.text(line(cut(second, valueLimit)))]
}

/** Failures and warnings, page by page. */
function wrong(telling: Telling): string[] {
  const { report, layout, verbose } = telling
  const fails = having(report.results, 'fail')
  const warns = having(report.results, 'warn')
  if (fails.length + warns.length === 0) return []
  const counts = [
    ...(fails.length > 0 ? [counted(fails.length, 'failure')] : []),
    ...(warns.length > 0 ? [counted(warns.length, 'warning')] : [])
  ]
  const lines = layout.title(
    fails.length > 0 ? 'Your server is wrong' : 'Your server could do better',
    counts.join(', ')
  )
  const clusters = verbose ? singly([...fails, ...warns]) : clustersOf([...fails, ...warns])
  const byHead = new Map(clusters.map((cluster) => [cluster.head, cluster]))
  for (const { title, url, results } of chaptersOf([...byHead.keys()])) {
    lines.push('', layout.heading(title, url))
    const findings = grouped(results, ({ outcome, requirements, id }) => {
      return verbose ? id : `${outcome} ${requirements[0] ?? id}`
    })
    for (const [, heads] of findings) {
      const told = heads.flatMap((head) => byHead.get(head) ?? [])
      lines.push('', ...findingLines(told, telling))
    }
  }
  return lines
}

function notes(telling: Telling): string[] {
  const noted = having(telling.report.results, 'info')
  if (noted.length === 0) return []
  const lines = telling.layout.title('Worth knowing', `${counted(noted.length, 'case')}, nothing to mend`)
  for (const [reason, results] of grouped(noted, reasonOf))
    lines.push(...telling.layout.item(`${line(cut(reason, valueLimit))}: ${ids(results, telling)}`, signs.info.sign))
  return lines
}

/** What was not tested, summed up by reason, the reason of most cases first. */
function reasons(title: string, results: Result[], what: string, telling: Telling): string[] {
  if (results.length === 0) return []
  const groups = grouped(results, reasonOf).sort(([, one], [, other]) => other.length - one.length)
  const lines = telling.layout.title(title, `${counted(results.length, 'case')} ${what}`)
  for (const [reason, cases] of groups) {
    const named = telling.verbose || cases.length === 1 ? ` (${ids(cases, telling)})` : ''
    const told = `${counted(cases.length, 'case')}: ${line(cut(reason, valueLimit))}${named}`
    lines.push(...telling.layout.item(told))
  }
  return lines
}

function ids(results: readonly Result[], { verbose }: Telling): string {
  const shown = verbose ? results : results.slice(0, idLimit)
  const left = results.length - shown.length
  return `${shown.map(({ id }) => id).join(', ')}${left === 0 ? '' : ` and ${left} more`}`
}

/** What the profile excuses, and what it excuses in vain. */
function excused({ report, layout }: Telling): string[] {
  const known = having(report.results, 'known')
  const stale = report.results.filter((result) => result.stale === true)
  const lines: string[] = []
  if (known.length > 0) {
    const what = counted(known.length, 'fault that does not count', 'faults that do not count')
    lines.push(...layout.title('Known by the profile', what))
    for (const { id, known: why } of known) lines.push(...layout.item(line(`${id}: ${why}`), signs.known.sign))
  }
  if (stale.length > 0) {
    const what = `${counted(stale.length, 'case')} to be removed from the known failures of the profile`
    lines.push(...layout.title('Known, and mended', what))
    for (const { id } of stale) lines.push(...layout.item(`${id} passes`, signs.pass.sign))
  }
  return lines
}

function passed({ report, layout, verbose }: Telling): string[] {
  const results = verbose ? having(report.results, 'pass') : []
  if (results.length === 0) return []
  const lines = layout.title('Passed', counted(results.length, 'case'))
  for (const { id, title } of results) lines.push(...layout.item(line(`${id}: ${title}`), signs.pass.sign))
  return lines
}

function summary({ report: { counts, results, ms }, layout: { paint } }: Telling): string {
  const kinds = ['fail', 'warn', 'info', 'skip', 'error', 'known', 'pass'] as const
  const told = kinds
    .filter((kind) => counts[kind] > 0 || kind === 'fail' || kind === 'pass')
    .map((kind) => paint(counts[kind] > 0 ? signs[kind].style : 'dim', `${counts[kind]} ${signs[kind].label}`))
  if (counts.stale > 0) told.push(paint('red', `${counts.stale} stale`))
  const { kept, broken, untested } = coverageOf(results)
  const coverage = `requirements: ${kept.length} kept, ${broken.length} broken, ${untested.length} untested`
  return `${told.join(', ')} · ${coverage} · ${duration(ms)}`
}
