/** URI templates (RFC 6570): which are taken, and what a URI says against one. Matching is the library's. */
import { UriTemplateMatcher } from 'uri-template-matcher'
import { DeclarationError } from '../protocol/errors.ts'

/** Longest URI that is matched against templates; the matcher's work grows faster than the length. */
const maxLength = 2048

/** The names of the variables of a template, from its text: `repo://{owner}/{name}` gives `owner | name`. */
export type Variables<T extends string> = keyof VariableValues<T> & string

/**
 * What a handler gets for a template: `repo://{owner}/{name}` gives `{ owner: string; name: string }`. What stands in a query
 * (`{?page}`) may be missing, and an exploded variable (`{tags*}`) may be a list. A text that is computed tells nothing; its
 * variables are taken to be plain.
 */
export type VariableValues<T extends string> = string extends T ? Record<string, string> : Together<Expressions<T>>
type Expressions<T extends string> = T extends `${string}{${infer V}}${infer Rest}`
  ? Expression<V> & Expressions<Rest>
  : unknown
type Expression<V extends string> = V extends `${'?' | '&' | ';'}${infer List}`
  ? Partial<Values<List>>
  : V extends `${'+' | '#' | '.' | '/'}${infer List}`
    ? Values<List>
    : Values<V>
type Values<List extends string> = List extends `${infer Head},${infer Tail}` ? Value<Head> & Values<Tail> : Value<List>
type Value<V extends string> = V extends `${infer Name}*`
  ? { [K in Name]: string | string[] }
  : V extends `${infer Name}:${string}`
    ? { [K in Name]: string }
    : { [K in V]: string }
/** One object type, as editors show it best. */
type Together<T> = { [K in keyof T]: T[K] }

export interface Template {
  /** The names of the variables, in their order. */
  readonly variables: readonly string[]
  /** Values of the variables, percent-decoded; undefined for a URI that is not of this template. */
  match(uri: string): Record<string, string | string[]> | undefined
}

type Params = Record<string, string | string[]>

/** A query that follows a variable at once, and a fragment after it: the matcher would lose the variable. */
const query = /(?<=\})\{\?[^{}]*\}(\{#[^{}]*\})?$/

/**
 * Compiles a template. A plain `{variable}` stands for one non-empty path segment.
 * Throws a DeclarationError for a malformed template, for a list that is no path (`{x*}`), for a variable that is named twice, whose
 * values could differ, and for one whose variables are not kept apart by a reserved character: it could be read in many ways, and
 * reading it could take very long.
 */
export function compileTemplate(template: string): Template {
  const expressions = [...template.matchAll(/\{([^{}]*)\}/g)]
  const cut = query.exec(template)?.index ?? template.length
  const paramsOf = matcherOf(template, cut)
  if (expressions.length === 0) throw new DeclarationError('template', `template "${template}" has no variable`)
  for (const [index, expression] of expressions.entries()) {
    const end = expression.index + expression[0].length
    const next = expressions[index + 1]
    if (next === undefined) break
    const operator = next.index === cut ? '?' : (/^[/#]/.exec(next[1] ?? '')?.[0] ?? '')
    if (/^[:/?#[\]@!$&'()*+,;=]/.test(template.slice(end, next.index) + operator)) continue
    const hint = next[1]?.startsWith('?') === true ? ', or the query at the end' : ''
    throw new DeclarationError(
      'template',
      `template "${template}": put one of :/?#[]@!$&'()*+,;= between ${expression[0]} and ${next[0]}${hint}`
    )
  }
  const exploded = expressions.find(([, inside = '']) => inside.includes('*') && !inside.startsWith('/'))
  if (exploded !== undefined)
    throw new DeclarationError(
      'template',
      `template "${template}": ${exploded[0]} cannot be read back from a URI: name each variable, or explode a path as {/rest*}`
    )
  const variables = expressions.flatMap(([, inside = '']) => namesIn(inside))
  const twice = variables.find((name, index) => variables.indexOf(name) !== index)
  if (twice !== undefined)
    throw new DeclarationError('template', `template "${template}" names the variable "${twice}" twice`)
  const simple = new Set(
    expressions.map((expression) => expression[1] ?? '').filter((name) => /^[A-Za-z0-9_.%]+$/.test(name))
  )
  return {
    variables,
    match(uri) {
      if (uri.length > maxLength) return undefined
      // a query or a fragment is part of no path segment
      if (/[?#]/.test(uri) && !/[?#&+]/.test(template)) return undefined
      let params: Params | undefined
      try {
        params = paramsOf(uri)
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

/** The names in an expression, without its operator and their modifiers. */
function namesIn(expression: string): string[] {
  const names = expression.replace(/^[+#./;?&]/, '').split(',')
  return names.map((name) => name.replace(/(\*|:\d+)$/, ''))
}

/** What a URI says of the variables; the query of the template begins at `cut`, and is matched by itself. */
function matcherOf(template: string, cut: number): (uri: string) => Params | undefined {
  const [path, rest] = [new UriTemplateMatcher(), new UriTemplateMatcher()]
  try {
    path.add(template.slice(0, cut))
    if (cut < template.length) rest.add(`x:${template.slice(cut)}`)
  } catch (error) {
    throw new DeclarationError('template', `template "${template}": ${(error as Error).message}`)
  }
  if (cut === template.length) return (uri) => path.match(uri)?.params
  return (uri) => {
    const end = uri.search(/[?#]|$/)
    const [before, after] = [path.match(uri.slice(0, end)), rest.match(`x:${uri.slice(end)}`)]
    return before === null || after === null ? undefined : { ...before.params, ...after.params }
  }
}
