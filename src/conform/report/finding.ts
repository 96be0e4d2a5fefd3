/**
 * A finding: one broken requirement as a terminal shows it. The first case that broke it is told whole, with what was
 * expected, what came and (for failures) the last frames; those that broke in the same way only by their ids.
 */
import type { Report, Result } from '../report.ts'
import type { Cluster } from './clusters.ts'
import { caseOf, commandFor, type Flags } from './command.ts'
import { reasonOf, requirementsOf, sectionUrl } from './digest.ts'
import { ownFrames, wordsOf } from './exchange.ts'
import type { Layout } from './layout.ts'
import { signs } from './paint.ts'
import { counted, cut, line, wrap } from './text.ts'
import { facts, stepOf, valueLimit } from './wording.ts'

export interface Telling {
  report: Report
  layout: Layout
  verbose: boolean
  flags: Flags
}

/** How many of the last frames are shown, and how much of each text. */
const frameLimit = 8
const textLimit = 240
const verboseLimit = 4000
/** How many other ways to break a requirement are told, each in a line. */
const otherLimit = 6

/** The lines of one requirement: the clusters of cases that broke it, each in a way of its own. */
export function findingLines(clusters: readonly Cluster[], telling: Telling): string[] {
  const [first, ...others] = clusters as [Cluster, ...Cluster[]]
  const lines = whole(first, telling)
  for (const { head, same } of others.slice(0, otherLimit)) {
    const more = same.length === 0 ? '' : ` (same in ${listed(same, head.requirements[0])})`
    lines.push(...telling.layout.labelled('Also', `${caseOf(head)}: ${line(cut(reasonOf(head), valueLimit))}${more}`))
  }
  const left = others.slice(otherLimit).flatMap(({ head, same }) => [head, ...same])
  if (left.length > 0) lines.push(...telling.layout.labelled('Also', listed(left, first.head.requirements[0])))
  return lines
}

function whole({ head: result, same, told }: Cluster, telling: Telling): string[] {
  const { report, layout, verbose, flags } = telling
  const { sign, style } = signs[result.outcome]
  const [first, ...others] = requirementsOf(result)
  const says = first === undefined ? result.title : `${first.id} ${first.level}  ${first.says}`
  const lines = wrap(line(says), layout.width - 4).map(
    (text, index) => `  ${index === 0 ? layout.paint(style, sign) : ' '} ${layout.paint('bold', text)}`
  )
  const url = sectionUrl(result)
  if (url !== undefined) lines.push(`    ${layout.paint('cyan', url)}`)
  if (first !== undefined) lines.push(...layout.labelled('Case', `${result.id}: ${line(result.title)}`))
  if (others.length > 0)
    lines.push(...layout.labelled('About', `also ${others.map(({ id, level }) => `${id} ${level}`).join(', ')}`))
  if (told !== undefined) {
    const as = `${line(cut(reasonOf(result), valueLimit))}, as in ${caseOf(told)}`
    lines.push(...layout.labelled(stepOf(result) ?? 'Reason', as))
  } else {
    const [reason, ...values] = facts(result, verbose ? verboseLimit : valueLimit)
    lines.push(...layout.labelled(reason?.[0] ?? 'Reason', cut(reason?.[1] ?? '', valueLimit)))
    lines.push(...values.flatMap(([label, text]) => layout.value(label, text)))
    if (result.outcome === 'fail' || verbose) lines.push(...exchangeLines(result, telling))
  }
  lines.push(...layout.whole('Again', commandFor(report, caseOf(result), flags)))
  if (same.length > 0) lines.push(...layout.labelled('Same in', listed(same, result.requirements[0])))
  return lines
}

/** Ids of cases, each with its requirement where that is not the one just told. */
function listed(results: readonly Result[], told?: string): string {
  const ids = results.map((result) => {
    const about = result.requirements[0]
    return about === undefined || about === told ? caseOf(result) : `${caseOf(result)} (${about})`
  })
  return `${counted(ids.length, 'more case')}: ${ids.join(', ')}`
}

function exchangeLines({ frames }: Result, { layout, verbose }: Telling): string[] {
  const own = verbose ? [...frames] : ownFrames(frames)
  const shown = verbose ? own : own.slice(-frameLimit)
  const several = new Set(frames.map(({ session }) => session)).size > 1
  const left = own.length - shown.length
  const lines = left === 0 ? [] : [`    ${layout.paint('dim', `… ${counted(left, 'frame')} before`)}`]
  let before = ''
  for (const frame of shown) {
    const { arrow, head, headers, text } = wordsOf(frame, verbose ? 'all' : 'few')
    const where = several ? `${frame.session}/${frame.stream}` : frame.stream
    // the body of an answer stands under its head
    const body = head === '' && before === `${arrow} ${where}`
    before = `${arrow} ${where}`
    if (!body) {
      const title = `${arrow} ${head === '' ? '' : `${line(cut(head, textLimit))}  `}`
      lines.push(`    ${layout.paint(arrow === '→' ? 'blue' : 'green', title)}${layout.paint('dim', line(where))}`)
    }
    if (headers.length > 0) lines.push(...layout.quoted(line(cut(headers.join('  '), verboseLimit)), 'dim'))
    if (text !== undefined) lines.push(...layout.quoted(line(cut(text, verbose ? verboseLimit : textLimit))))
  }
  return lines
}
