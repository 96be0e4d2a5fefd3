/** The captures of a case: values by name, set by `$set`, read back by `$get` and `${name}` (format page, 4). */
import { isObject } from '../protocol/frame.ts'
import type { Json } from './json.ts'

export type Captures = Map<string, Json>

/** A pattern or template that cannot be judged: a capture never set, a matcher unknown. The fixture is at fault, not the peer. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

/** Fills captures into what is sent: `{"$get": name}`, `{"$lit": value}` and `${name}` inside strings. Throws a PatternError. */
export function fill(template: Json, captures: Captures): Json {
  if (typeof template === 'string') return fillText(template, captures)
  if (Array.isArray(template)) return template.map((item) => fill(item, captures))
  if (!isObject(template)) return template
  if (Object.keys(template).length === 1) {
    if ('$lit' in template) return template['$lit'] as Json
    if (typeof template['$get'] === 'string') return captured(template['$get'], captures)
  }
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fill(item as Json, captures)]))
}

/** Fills `${name}` inside a text; a captured value that is not a string is written as JSON. Throws a PatternError. */
export function fillText(text: string, captures: Captures): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}/g, (_, name: string) => {
    const value = captured(name, captures)
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

/** The value captured under a name. Throws a PatternError when there is none. */
export function captured(name: string, captures: Captures): Json {
  const value = captures.get(name)
  if (value === undefined) throw new PatternError(`nothing was captured as "${name}"`)
  return value
}

/** Takes over what a scratch copy captured. */
export function adopt(captures: Captures, more: Captures): void {
  for (const [name, value] of more) captures.set(name, value)
}
