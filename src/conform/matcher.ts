/**
 * The matcher: does a JSON value fit a pattern (format page, 4)?
 *
 * Rules of this file:
 * - literals equal themselves, arrays match in full and in order, objects are open;
 * - the twenty keys of the table below are matchers, every other key is a member; all must hold, tried in the written order;
 * - a missing member is a value of its own: only `$absent: true`, an `$any` with such an alternative and a `$not` fit it;
 * - captures become real only when the whole pattern fits; inside `$not` they never do.
 */
import { isObject } from '../protocol/frame.ts'
import { adopt, type Captures, captured, fillText, PatternError } from './captures.ts'
import { readChallenges } from './challenges.ts'
import { at, equal, isOf, type Json, member, token } from './json.ts'

/** Why a value does not fit: where (JSON pointer into the value), what was asked, what was there (undefined = missing). */
export interface Mismatch {
  path: string
  expected: Json
  actual: Json | undefined
  message: string
  /** What was awaited came and was wrong: no `orSkip` softens that. */
  firm?: true
}

/** What a `$def` asks: undefined when the value fits the definition, else what is wrong. Throws for an unknown name. */
export type Definitions = (name: string, value: Json) => string | undefined

export interface MatchContext {
  captures: Captures
  definitions?: Definitions | undefined
}

/**
 * Compares a value (undefined = missing) with a pattern. Returns nothing when it fits, and only then keeps its captures.
 * Throws a PatternError.
 */
export function match(pattern: Json, value: Json | undefined, context: MatchContext): Mismatch | undefined {
  const captures = new Map(context.captures)
  const mismatch = compare(pattern, value, '', { captures, definitions: context.definitions })
  if (mismatch === undefined) adopt(context.captures, captures)
  return mismatch
}

function compare(pattern: Json, value: Json | undefined, path: string, context: MatchContext): Mismatch | undefined {
  const wrong = (message: string, expected: Json = pattern): Mismatch => ({ path, expected, actual: value, message })
  if (Array.isArray(pattern)) {
    if (!Array.isArray(value)) return wrong('is not an array')
    for (const [index, item] of pattern.entries()) {
      const mismatch = compare(item, value[index], `${path}/${index}`, context)
      if (mismatch !== undefined) return mismatch
    }
    return value.length === pattern.length ? undefined : wrong(`has ${value.length} elements, not ${pattern.length}`)
  }
  if (!isObject(pattern)) {
    const literal = typeof pattern === 'string' ? fillText(pattern, context.captures) : pattern
    if (value === undefined) return wrong('is missing', literal)
    return equal(literal, value) ? undefined : wrong('is another value', literal)
  }
  const keys = Object.keys(pattern)
  const members = keys.filter((key) => !Object.hasOwn(matchers, key))
  if (members.length > 0 || keys.length === 0) {
    if (value === undefined) return wrong('is missing')
    if (!isObject(value)) return wrong('is not an object')
  }
  for (const key of keys) {
    const operand = pattern[key] as Json
    const mismatch = Object.hasOwn(matchers, key)
      ? matchers[key as keyof typeof matchers](operand, value, path, context)
      : compare(operand, member(value, key), `${path}/${token(key)}`, context)
    if (mismatch !== undefined) return mismatch
  }
  return undefined
}

type Matcher = (operand: Json, value: Json | undefined, path: string, context: MatchContext) => Mismatch | undefined

/** A matcher that only looks at the value: `says` returns why it does not fit. A missing value never fits. */
const simple =
  (key: string, says: (operand: Json, value: Json, context: MatchContext) => string | undefined): Matcher =>
  (operand, value, path, context) => {
    const message = value === undefined ? 'is missing' : says(operand, value, context)
    return message === undefined ? undefined : { path, expected: { [key]: operand }, actual: value, message }
  }

const matchers = {
  $is: simple('$is', (types, value) => {
    const allowed = Array.isArray(types) ? types : [types]
    return allowed.some((type) => isOf(type as string, value)) ? undefined : `is not of type ${allowed.join(' or ')}`
  }),

  $re: simple('$re', (expression, value) => {
    if (typeof value !== 'string') return 'is not a string'
    return new RegExp(expression as string, 'u').test(value) ? undefined : `does not match /${String(expression)}/`
  }),

  $contains: simple('$contains', (text, value, { captures }) => {
    if (typeof value !== 'string') return 'is not a string'
    return value.includes(fillText(text as string, captures)) ? undefined : 'does not contain the text'
  }),

  $challenges: ((pattern, value, path, context) => {
    const challenges = typeof value === 'string' ? readChallenges(value) : undefined
    if (challenges !== undefined) return compare(pattern, challenges as unknown as Json, `${path}/$challenges`, context)
    const message = value === undefined ? 'is missing' : 'cannot be read as challenges'
    return { path, expected: { $challenges: pattern }, actual: value, message }
  }) as Matcher,

  $num: simple('$num', (range, value) => {
    if (typeof value !== 'number') return 'is not a number'
    return within(range, value) ? undefined : `is not in ${JSON.stringify(range)}`
  }),

  $len: simple('$len', (range, value) => {
    const length = lengthOf(value)
    if (length === undefined) return 'has no length'
    return within(range, length) ? undefined : `has length ${length}, not in ${JSON.stringify(range)}`
  }),

  $absent: ((absent, value, path) => {
    if ((value === undefined) === absent) return undefined
    const message = value === undefined ? 'is missing' : 'must not be there'
    return { path, expected: { $absent: absent }, actual: value, message }
  }) as Matcher,

  $any: ((patterns, value, path, context) => {
    let nearest: Mismatch | undefined
    for (const pattern of patterns as Json[]) {
      const captures = new Map(context.captures)
      const mismatch = compare(pattern, value, path, { ...context, captures })
      if (mismatch === undefined) {
        adopt(context.captures, captures)
        return undefined
      }
      if (nearest === undefined || mismatch.path.length > nearest.path.length) nearest = mismatch
    }
    const reason = nearest === undefined ? '' : ` (nearest: ${nearest.path || '/'} ${nearest.message})`
    return { path, expected: { $any: patterns }, actual: value, message: `fits none of the alternatives${reason}` }
  }) as Matcher,

  $not: ((pattern, value, path, context) => {
    const mismatch = compare(pattern, value, path, { ...context, captures: new Map(context.captures) })
    return mismatch !== undefined
      ? undefined
      : { path, expected: { $not: pattern }, actual: value, message: 'must not fit' }
  }) as Matcher,

  $has: ((patterns, value, path, context) => {
    if (!Array.isArray(value)) return { path, expected: { $has: patterns }, actual: value, message: 'is not an array' }
    for (const pattern of patterns as Json[]) {
      const found = value.some((item) => {
        const captures = new Map(context.captures)
        const fits = compare(pattern, item, path, { ...context, captures }) === undefined
        if (fits) adopt(context.captures, captures)
        return fits
      })
      if (!found) return { path, expected: pattern, actual: value, message: 'has no element that fits' }
    }
    return undefined
  }) as Matcher,

  $each: ((pattern, value, path, context) => {
    if (!Array.isArray(value)) return { path, expected: { $each: pattern }, actual: value, message: 'is not an array' }
    for (const [index, item] of value.entries()) {
      const mismatch = compare(pattern, item, `${path}/${index}`, context)
      if (mismatch !== undefined) return mismatch
    }
    return undefined
  }) as Matcher,

  $only: ((members, value, path, context) => {
    const allowed = members as Record<string, Json>
    if (!isObject(value)) return { path, expected: { $only: members }, actual: value, message: 'is not an object' }
    const extra = Object.keys(value).find((key) => !Object.hasOwn(allowed, key))
    if (extra === undefined) return compare(members, value as Json, path, context)
    const where = `${path}/${token(extra)}`
    return { path: where, expected: { $absent: true }, actual: value[extra] as Json, message: 'must not be there' }
  }) as Matcher,

  $keys: ((pattern, value, path, context) => {
    if (!isObject(value)) return { path, expected: { $keys: pattern }, actual: value, message: 'is not an object' }
    return compare(pattern, Object.keys(value), path, context)
  }) as Matcher,

  $deep: ((members, value, path, context) => {
    if (value === undefined) return { path, expected: { $deep: members }, actual: value, message: 'is missing' }
    for (const [name, pattern] of Object.entries(members as Record<string, Json>)) {
      for (const found of everywhere(name, value, path)) {
        const mismatch = compare(pattern, found.value, found.path, context)
        if (mismatch !== undefined) return mismatch
      }
    }
    return undefined
  }) as Matcher,

  $set: ((name, value, path, context) => {
    if (value === undefined) return { path, expected: { $is: 'any' }, actual: value, message: 'is missing' }
    context.captures.set(name as string, value)
    return undefined
  }) as Matcher,

  $get: ((name, value, path, context) => {
    const expected = captured(name as string, context.captures)
    if (value !== undefined && equal(expected, value)) return undefined
    return {
      path,
      expected,
      actual: value,
      message: value === undefined ? 'is missing' : `is not the captured ${String(name)}`
    }
  }) as Matcher,

  $distinct: simple('$distinct', (pointer, value) => {
    if (!Array.isArray(value)) return 'is not an array'
    const seen = value.map((item) => at(pointer as string, item)).filter((item) => item !== undefined)
    const twice = seen.find((item, index) => seen.findIndex((other) => equal(item, other)) < index)
    return twice === undefined ? undefined : `has ${JSON.stringify(twice)} more than once at ${String(pointer) || '/'}`
  }),

  $rising: simple('$rising', (pointer, value) => {
    if (!Array.isArray(value)) return 'is not an array'
    const numbers = value.map((item) => at(pointer as string, item))
    const stray = numbers.findIndex((item) => typeof item !== 'number')
    if (stray >= 0) return `has no number at /${stray}${String(pointer)}`
    const fall = numbers.findIndex((item, index) => index > 0 && Number(item) <= Number(numbers[index - 1]))
    return fall < 0
      ? undefined
      : `does not rise from element ${fall - 1} to ${fall}: ${numbers[fall - 1]}, ${numbers[fall]}`
  }),

  $def: simple('$def', (name, value, context) => {
    if (context.definitions === undefined) throw new PatternError(`$def ${String(name)}: no definitions were supplied`)
    return context.definitions(name as string, value)
  }),

  $lit: simple('$lit', (literal, value) => (equal(literal, value) ? undefined : 'is another value'))
}

/** Every member of that name in a value, at any depth, with its path. */
function* everywhere(name: string, value: Json, path: string): Generator<{ value: Json; path: string }> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    const where = `${path}/${token(key)}`
    if (key === name && !Array.isArray(value)) yield { value: item as Json, path: where }
    yield* everywhere(name, item as Json, where)
  }
}

/** Elements of an array, members of an object, characters (code points) of a string. */
function lengthOf(value: Json): number | undefined {
  if (typeof value === 'string') return [...value].length
  if (Array.isArray(value)) return value.length
  return isObject(value) ? Object.keys(value).length : undefined
}

function within(range: Json, number: number): boolean {
  const [min, max] = range as [number | null, number | null]
  return (min === null || number >= min) && (max === null || number <= max)
}
