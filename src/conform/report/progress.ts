/** The live line of a run that goes on, for a terminal. */
import type { Report } from '../report.ts'
import { painter, signs } from './paint.ts'
import { line } from './text.ts'

/** How many cases ended how so far. */
export type Progress = Partial<Report['counts']>

/**
 * How many cases of how many, what is wrong so far, the case that ended last. Never longer than `width` columns and without
 * a line break: print it after `\r` and clear what follows.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { progressLine } from 'handwire/conform'
 *
 * assert.equal(progressLine(7, 120, { fail: 1 }, 'ping/answer/empty'), '  7/120  1 failed  ping/answer/empty')
 * ```
 */
export function progressLine(
  done: number,
  total: number,
  counts: Progress,
  current: string,
  { color = false, width = 80 }: { color?: boolean; width?: number } = {}
): string {
  const paint = painter(color)
  const shown = (['fail', 'warn', 'error', 'skip'] as const)
    .filter((kind) => (counts[kind] ?? 0) > 0)
    .map((kind) => ({ kind, text: `${counts[kind]} ${signs[kind].label}` }))
  const begin = `${String(done).padStart(String(total).length)}/${total}`
  const told = [begin, ...shown.map(({ text }) => text)].join('  ')
  if (told.length > width) return begin.slice(0, width)
  const room = width - told.length - 2
  const name = line(current)
  const last = room < 4 ? '' : name.length <= room ? name : `${name.slice(0, room - 1)}…`
  const painted = [paint('bold', begin), ...shown.map(({ kind, text }) => paint(signs[kind].style, text))]
  return [...painted, ...(last === '' ? [] : [paint('dim', last)])].join('  ')
}
