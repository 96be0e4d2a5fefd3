/**
 * The path of a route: its parameters, a call's values put into it, and the other routes that would take the result.
 * The router prefers literal text to a parameter and a parameter to a wildcard, so that for some values of its parameters
 * a route is never reached: `/users/:id` does not answer `/users/me` beside a route of that path. A call must not get
 * to a route that nobody exposed; these values are refused.
 */
import { ProtocolError } from '../../protocol/errors.ts'

/** Longest value that is put into a path: what the routers of others do with it may grow faster than its length. */
const maxLength = 2048

/** Literal text, or a parameter; `*` is the wildcard. */
type Token = { text: string } | { name: string; regexp: string | undefined; optional: boolean }

/** Source of a wildcard's regular expression; a parameter's is another. */
const wildcard = '[^]*'

/** What stands between two slashes. */
interface Segment {
  source: string
  takes: RegExp
  literal: boolean
  /** One parameter and nothing else. */
  plain: boolean
  /** The wildcard: what follows it does not matter. */
  rest: boolean
}

export interface RoutePath {
  /** Names of the parameters, in order; `*` is the wildcard. */
  readonly names: readonly string[]
  /** The parameter that may be left out. */
  readonly optional: string | undefined
  readonly tokens: readonly Token[]
  /** With the optional parameter and, where there is one, without. */
  readonly shapes: readonly (readonly Segment[])[]
}

/** Reads a path as Fastify's router does: `/:name`, `/:name(regexp)`, `/:a-:b`, `/:name?` at the end, `/*`, `::` for a colon. */
export function parsePath(url: string, caseSensitive: boolean): RoutePath {
  const tokens = tokenize(url)
  const parameters = tokens.filter((token) => 'name' in token)
  const optional = parameters.find((token) => token.optional)
  const shapes = [segments(tokens, caseSensitive)]
  if (optional !== undefined)
    shapes.push(
      segments(
        tokens.filter((token) => token !== optional),
        caseSensitive
      )
    )
  return { names: parameters.map(({ name }) => name), optional: optional?.name, tokens, shapes }
}

function tokenize(url: string): Token[] {
  const tokens: Token[] = []
  let text = ''
  const add = (token: Token): void => {
    if (text !== '') tokens.push({ text })
    text = ''
    tokens.push(token)
  }
  let at = 0
  while (at < url.length) {
    const char = url[at] as string
    if (char === '*') {
      add({ name: '*', regexp: undefined, optional: false })
      at += 1
    } else if (char !== ':') {
      text += char
      at += 1
    } else if (url[at + 1] === ':') {
      text += ':'
      at += 2
    } else {
      const name = /^[^(\-./]*/.exec(url.slice(at + 1))?.[0] ?? ''
      at += 1 + name.length
      const regexp = url[at] === '(' ? parenthesis(url, at) : undefined
      at += regexp?.length ?? 0
      const optional = name.endsWith('?')
      add({ name: optional ? name.slice(0, -1) : name, regexp, optional })
    }
  }
  if (text !== '') tokens.push({ text })
  return tokens
}

/** The text from an opening parenthesis to the one that closes it. */
function parenthesis(url: string, start: number): string {
  let open = 0
  for (let at = start; at < url.length; at += 1) {
    if (url[at] === '\\') at += 1
    else if (url[at] === '(') open += 1
    else if (url[at] === ')') open -= 1
    if (open === 0) return url.slice(start, at + 1)
  }
  return url.slice(start)
}

function segments(tokens: readonly Token[], caseSensitive: boolean): Segment[] {
  const found: Segment[] = []
  let source = ''
  let parts: Token[] = []
  const end = (): void => {
    // slashes at the end and in a row count or not, as the router is set; here they never do
    if (source === '') return
    const [only] = parts
    const rest = parts.some((part) => 'name' in part && part.name === '*')
    found.push({
      source,
      takes: new RegExp(`^(?:${source})$`, caseSensitive ? 's' : 'is'),
      literal: parts.every((part) => 'text' in part),
      plain: parts.length === 1 && only !== undefined && 'name' in only && only.regexp === undefined && !rest,
      rest
    })
    source = ''
    parts = []
  }
  for (const token of tokens) {
    if ('name' in token) {
      parts.push(token)
      if (token.name === '*') source += wildcard
      else source += token.regexp === undefined ? '.*' : token.regexp.replace(/^\(\^?/, '(?:').replace(/\$?\)$/, ')')
      continue
    }
    for (const [index, text] of token.text.split('/').entries()) {
      if (index > 0) end()
      if (text === '') continue
      parts.push({ text })
      source += text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    }
  }
  end()
  return found
}

/**
 * The path with a call's values in it, percent-encoded. `argument` tells under which name the caller gave a parameter.
 * Throws invalidArguments for values that a path cannot carry.
 */
export function fillPath(
  path: RoutePath,
  values: Readonly<Record<string, unknown>>,
  argument: (name: string) => string
): string {
  let url = ''
  for (const token of path.tokens) {
    if ('text' in token) url += encodeURI(token.text)
    else if (token.optional && values[token.name] === undefined) url = url.replace(/\/$/, '') || '/'
    else url += encode(token.name, values[token.name], argument(token.name))
  }
  for (const segment of url.split('/')) {
    // a URL loses these, and what comes before them
    if (segment === '.' || segment === '..') throw unfit(`"${segment}" cannot stand in a path`, segment)
  }
  return url
}

function encode(name: string, value: unknown, argument: string): string {
  const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  if (!scalar) throw unfit(`/${argument} must be a text, a number or a boolean: it stands in a path`, value)
  const text = String(value)
  if (text === '' && name !== '*') throw unfit(`/${argument} must not be empty: it stands in a path`, value)
  if (text.length > maxLength) throw unfit(`/${argument} must have at most ${maxLength} characters`, value)
  if (/\p{Surrogate}/u.test(text)) throw unfit(`/${argument} is no well-formed text`, value)
  const parts = name === '*' ? text.split('/') : [text]
  return parts.map(escapePart).join('/')
}

/** More than need be is escaped, so that nothing of it means anything to a router. */
function escapePart(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function unfit(subject: string, received: unknown): ProtocolError {
  return new ProtocolError('invalidArguments', { subject, expected: 'values that a path can carry', received })
}

/** Those of `others` that the router may prefer to `own`: what they take is not for `own`. */
export function rivalsOf(own: RoutePath, others: Iterable<RoutePath>): (readonly Segment[])[] {
  const rivals: (readonly Segment[])[] = []
  if (own.names.length === 0) return rivals
  for (const other of others) {
    for (const shape of other.shapes) if (own.shapes.some((mine) => !yields(shape, mine))) rivals.push(shape)
  }
  return rivals
}

/** Whether a filled path is one that a rival takes. */
export function takenBy(rivals: readonly (readonly Segment[])[], url: string): boolean {
  if (rivals.length === 0) return false
  const parts = url.split('/').filter((part) => part !== '')
  return rivals.some((rival) => {
    for (const [index, segment] of rival.entries()) {
      if (segment.rest) return segment.takes.test(decodeURIComponent(parts.slice(index).join('/')))
      const part = parts[index]
      if (part === undefined || !segment.takes.test(decodeURIComponent(part))) return false
    }
    return rival.length === parts.length
  })
}

/** Whether the router prefers `own` wherever both fit, or never both fit. What is not certain counts as no. */
function yields(other: readonly Segment[], own: readonly Segment[]): boolean {
  for (let index = 0; index < Math.max(other.length, own.length); index += 1) {
    const theirs = other[index]
    const mine = own[index]
    if (theirs?.source === mine?.source) continue
    if (mine === undefined || theirs?.source === wildcard) return true
    if (theirs === undefined) return !mine.rest
    if (mine.literal) return !theirs.literal || !theirs.takes.test(unescaped(mine.source))
    return theirs.plain && !mine.plain && !mine.rest
  }
  return true
}

function unescaped(source: string): string {
  return source.replace(/\\([\\^$.*+?()[\]{}|])/g, '$1')
}
