/** URI templates (RFC 6570): which are taken, and what a URI says against one. Matching is the library's. */
import { UriTemplateMatcher } from 'uri-template-matcher'
import { DeclarationError } from '../protocol/errors.ts'

/** Longest URI that is matched against templates; the matcher's work grows faster than the length. */
const maxLength = 2048

/** The variables of a template, from its text: `repo://{owner}/{name}` gives `owner | name`. */
export type Variables<T extends string> = string extends T
  ? string
  : T extends `${string}{${infer V}}${infer Rest}`
    ? VariableNames<V> | Variables<Rest>
    : never
type VariableNames<V extends string> = V extends `${infer Head},${infer Tail}`
  ? VariableName<Head> | VariableNames<Tail>
  : VariableName<V>
type VariableName<V extends string> = V extends `${'+' | '#' | '.' | '/' | ';' | '?' | '&'}${infer Name}`
  ? VariableName<Name>
  : V extends `${infer Name}*`
    ? Name
    : V extends `${infer Name}:${string}`
      ? Name
      : V

export interface Template {
  /** Values of the variables, percent-decoded; undefined for a URI that is not of this template. */
  match(uri: string): Record<string, string | string[]> | undefined
}

/**
 * Compiles a template. A plain `{variable}` stands for one non-empty path segment.
 * Throws a DeclarationError for a malformed template, and for one whose variables are not kept apart by a reserved
 * character: it could be read in many ways, and reading it could take very long.
 */
export function compileTemplate(template: string): Template {
  const matcher = new UriTemplateMatcher()
  try {
    matcher.add(template)
  } catch (error) {
    throw new DeclarationError('template', `template "${template}": ${(error as Error).message}`)
  }
  const expressions = [...template.matchAll(/\{([^{}]*)\}/g)]
  if (expressions.length === 0) throw new DeclarationError('template', `template "${template}" has no variable`)
  for (const [index, expression] of expressions.entries()) {
    const end = expression.index + expression[0].length
    const next = expressions[index + 1]
    if (next === undefined) break
    const between = template.slice(end, next.index) + (/^[/;?&#]/.exec(next[1] ?? '')?.[0] ?? '')
    if (!/^[:/?#[\]@!$&'()*+,;=]/.test(between)) {
      throw new DeclarationError(
        'template',
        `template "${template}": put one of :/?#[]@!$&'()*+,;= between ${expression[0]} and ${next[0]}`
      )
    }
  }
  const simple = new Set(
    expressions.map((expression) => expression[1] ?? '').filter((name) => /^[A-Za-z0-9_.%]+$/.test(name))
  )
  return {
    match(uri) {
      if (uri.length > maxLength) return undefined
      // a query or a fragment is part of no path segment
      if (/[?#]/.test(uri) && !/[?#&+]/.test(template)) return undefined
      let params: Record<string, string | string[]> | undefined
      try {
        params = matcher.match(uri)?.params
      } catch {
        // a malformed percent-encoding: no URI of this template
        return undefined
      }
      if (params === undefined) return undefined
      for (const name of simple) if (params[name] === undefined || params[name] === '') return undefined
      return params
    }
  }
}
