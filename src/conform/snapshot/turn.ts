/** Which way a schema turned at one place, and how several such differences add up. */
import type { Json } from '../json.ts'

/**
 * `none`: the same values fit. `wider`: more do. `narrower`: fewer do. `other`: some are lost and some gained. `unknown`: the
 * schema says it in a way that is not judged here.
 */
export type Turn = 'none' | 'wider' | 'narrower' | 'other' | 'unknown'

/** One difference between two schemas. */
export interface Difference {
  /** Where, as a JSON pointer into the value: `/list/*` is any element of `list`. */
  path: string
  turn: Turn
  /** What changed there, to be read behind the path: `is required now`. */
  text: string
}

/** Both turns, one after the other. */
export function both(one: Turn, other: Turn): Turn {
  if (one === other || other === 'none') return one
  if (one === 'none') return other
  return one === 'unknown' || other === 'unknown' ? 'unknown' : 'other'
}

/** Whether nothing that fitted before is lost. */
export const keeps = ({ turn }: Difference): boolean => turn === 'none' || turn === 'wider'

/** Whether nothing fits that did not before. */
export const addsNothing = ({ turn }: Difference): boolean => turn === 'none' || turn === 'narrower'

/** A difference that cannot be judged. */
export const unknown = (path: string, text: string): Difference => ({ path, turn: 'unknown', text })

/** A set that became another: undefined stands for everything. */
export function turnOfSets<T>(
  before: readonly T[] | undefined,
  after: readonly T[] | undefined,
  same: (one: T, other: T) => boolean
): Turn {
  const lost =
    after !== undefined && (before === undefined || before.some((one) => !after.some((other) => same(one, other))))
  const gained =
    before !== undefined && (after === undefined || after.some((one) => !before.some((other) => same(one, other))))
  if (lost) return gained ? 'other' : 'narrower'
  return gained ? 'wider' : 'none'
}

/** A lower bound that became another; undefined is none. */
export function turnOfLower(before: number | undefined, after: number | undefined): Turn {
  const [from = Number.NEGATIVE_INFINITY, to = Number.NEGATIVE_INFINITY] = [before, after]
  if (from === to) return 'none'
  return to < from ? 'wider' : 'narrower'
}

/** A value on one line, cut where it is long. */
export function shown(value: Json | undefined): string {
  const text = value === undefined ? 'none' : JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}
