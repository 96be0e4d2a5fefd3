/** The JSON value: its type, equality, types by name, and JSON pointers into it (RFC 6901). */
import { isObject } from '../protocol/frame.ts'

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json }

/** The value at a JSON pointer, undefined when there is none. */
export function at(pointer: string, value: Json | undefined): Json | undefined {
  let found = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, Json>)[key]
  }
  return found
}

/** Equality of JSON values; the order of members does not count. */
export function equal(one: Json, other: Json): boolean {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => equal(item, other[index] as Json))
  }
  if (!isObject(one) || !isObject(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && equal(one[key] as Json, other[key] as Json))
  )
}

/** Whether a value is of a type by its JSON Schema name; `any` is every value. */
export function isOf(type: string, value: Json): boolean {
  if (type === 'any') return true
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

/** The own member of an object, undefined when there is none or the value is no object. */
export function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? (value[key] as Json) : undefined
}

/** A member name as a token of a JSON pointer. */
export function token(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The value a text holds, undefined when it is no JSON. */
export function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
