/** The keywords of a schema that stand for themselves, each compared with what it was before. */
import { equal, type Json } from '../json.ts'
import { type Node, toldAnnotations, typeNames, typesOf, valuesOf } from './schema-node.ts'
import { type Difference, shown, type Turn, turnOfLower, turnOfSets, unknown } from './turn.ts'

/** Keywords whose value is one demand that cannot be weighed against another. */
const opaque = ['pattern', 'format', 'contentEncoding', 'contentMediaType', 'dependentRequired']

/** Bounds that count upwards, and what they are where they are left out. */
const least = ['minLength', 'minItems', 'minProperties']
const most = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']

/** What all keywords say that have no schemas in them. */
export function keywordDifferences(before: Node, after: Node, path: string): Difference[] {
  return [types, values, bounds, assertions].flatMap((compare) => compare(before, after, path))
}

/** What is said for people, and takes no value away. */
export function annotationDifferences(before: Node, after: Node, path: string): Difference[] {
  return toldAnnotations
    .filter((keyword) => !equal(before[keyword] ?? null, after[keyword] ?? null))
    .map((keyword) => ({ path, turn: 'none', text: `${keyword} changed` }))
}

function types(before: Node, after: Node, path: string): Difference[] {
  const [from, to] = [typesOf(before), typesOf(after)]
  const turn = turnOfSets(from, to, Object.is)
  // where values are counted up on both sides, they say it better
  if (turn === 'none' || (valuesOf(before) !== undefined && valuesOf(after) !== undefined)) return []
  return [{ path, turn, text: `was of type ${typeNames(from)} and is of type ${typeNames(to)} now` }]
}

function values(before: Node, after: Node, path: string): Difference[] {
  const [from, to] = [valuesOf(before), valuesOf(after)]
  const turn = turnOfSets(from, to, equal)
  if (turn === 'none') return []
  if (from === undefined) return [{ path, turn, text: `takes nothing but ${list(to ?? [])} now` }]
  if (to === undefined) return [{ path, turn, text: `takes more than ${list(from ?? [])} now` }]
  const lost = from.filter((value) => !to.some((other) => equal(value, other)))
  const gained = to.filter((value) => !from.some((other) => equal(value, other)))
  return [
    ...(lost.length === 0 ? [] : [{ path, turn: 'narrower' as const, text: `is no longer ${list(lost)}` }]),
    ...(gained.length === 0 ? [] : [{ path, turn: 'wider' as const, text: `may be ${list(gained)} now` }])
  ]
}

function bounds(before: Node, after: Node, path: string): Difference[] {
  const found: Difference[] = []
  const note = (keyword: string, turn: Turn): void => {
    const text = `${keyword} was ${shown(before[keyword])} and is ${shown(after[keyword])} now`
    if (turn !== 'none') found.push({ path, turn, text })
  }
  for (const keyword of ['minimum', 'exclusiveMinimum'])
    note(keyword, turnOfLower(numberIn(before, keyword), numberIn(after, keyword)))
  for (const keyword of least) note(keyword, turnOfLower(numberIn(before, keyword) ?? 0, numberIn(after, keyword) ?? 0))
  for (const keyword of most) {
    const [from, to] = [numberIn(before, keyword), numberIn(after, keyword)]
    note(keyword, turnOfLower(from === undefined ? undefined : -from, to === undefined ? undefined : -to))
  }
  note('multipleOf', turnOfMultiples(numberIn(before, 'multipleOf'), numberIn(after, 'multipleOf')))
  note('uniqueItems', turnOfLower(before['uniqueItems'] === true ? 1 : 0, after['uniqueItems'] === true ? 1 : 0))
  return found
}

function turnOfMultiples(before: number | undefined, after: number | undefined): Turn {
  if (before === after) return 'none'
  if (after === undefined) return 'wider'
  if (before === undefined) return 'narrower'
  if (!Number.isInteger(before) || !Number.isInteger(after)) return 'unknown'
  if (before % after === 0) return 'wider'
  return after % before === 0 ? 'narrower' : 'other'
}

function assertions(before: Node, after: Node, path: string): Difference[] {
  return opaque.flatMap((keyword): Difference[] => {
    const [from, to] = [before[keyword], after[keyword]]
    if (from === undefined && to === undefined) return []
    if (from === undefined) return [{ path, turn: 'narrower', text: `${keyword} ${shown(to)} was added` }]
    if (to === undefined) return [{ path, turn: 'wider', text: `${keyword} ${shown(from)} was taken away` }]
    return equal(from, to) ? [] : [unknown(path, `${keyword} was ${shown(from)} and is ${shown(to)} now`)]
  })
}

function numberIn(node: Node, keyword: string): number | undefined {
  const value = node[keyword]
  return typeof value === 'number' ? value : undefined
}

/** Values, as a text lists them. */
export function list(values: readonly Json[]): string {
  return values.length === 0 ? 'nothing' : shown(values as Json[]).replace(/^\[|\]$/g, '')
}
