/** A result in words, without any layout: what JUnit prints, and the pieces that the other reporters lay out. */
import type { Result } from '../report.ts'
import { reasonOf, requirementsOf, sectionUrl } from './digest.ts'
import { withoutDull } from './exchange.ts'
import { compact, line } from './text.ts'

/** How much of an expected or actual value is shown. */
export const valueLimit = 400

/** A label and what it stands for, in the order in which they are read. */
export type Facts = [label: string, text: string][]

/** The step that decided; the handshake comes before the first. A structure has none. */
export function stepOf({ step }: Pick<Result, 'step'>): string | undefined {
  if (step === undefined) return undefined
  return step === 0 ? 'Handshake' : `Step ${step}`
}

/** Where, what was asked, what was there. The path leads, since both values are cut. */
export function facts(result: Result, limit = valueLimit): Facts {
  const { path, expected, actual } = result
  const found: Facts = [[stepOf(result) ?? 'Reason', line(reasonOf(result))]]
  if (expected === undefined) return found
  if (path !== undefined && path !== '') found.push(['At', line(path)])
  found.push(
    ['Expected', compact(expected, limit)],
    ['Actual', compact(actual === undefined ? undefined : withoutDull(actual), limit)]
  )
  return found
}

/** The whole of a failure: title, step, reason, expected, actual, requirements with their sentences, the section. */
export function plain(result: Result): string {
  const sentences = requirementsOf(result).map(({ id, level, says }): [string, string] => [`${id} (${level})`, says])
  const url = sectionUrl(result)
  const section: Facts = url === undefined ? [] : [['Section', url]]
  const told = [...facts(result), ...sentences, ...section].map(([label, text]) => `${label}: ${text}`)
  return [line(result.title), ...told].join('\n')
}
