/**
 * Secrets in text: where they stand, and what stands there instead.
 *
 * Rules of this file:
 * - a header, a parameter or a JSON member is secret by its name (a token, a password, a key, a cookie, …), whatever it
 *   holds; the names of the protocol and of public metadata that only sound alike are harmless;
 * - under a secret name strings and numbers are blanked, at any depth, unless what stands there is a schema or a pattern;
 * - some values are secret by their looks, wherever they stand: bearer and basic credentials, JSON web tokens, well-known
 *   key formats, a user and password in a URL;
 * - text need not be valid: what is broken off or is no JSON at all is searched all the same, and so is JSON in a string.
 */

import { stringEnd } from './strict-json.ts'

/** What stands in place of a secret. */
export const blank = '[redacted]'

/** A part of a text that is secret: what is to stand there, and the secrets themselves. */
export interface Span {
  start: number
  end: number
  text: string
  values: string[]
}

const soundsAlike =
  /^progresstoken$|^(max|min|total|input|output|prompt|completion|used|cached|reasoning)tokens$|tokens?(count|limit|used|usage|budget|type|endpoint\w*)$|tokeniz/
const telling =
  /token|secret|passw|passphrase|passcode|api_?key|(access|private|signing|encryption|subscription|master|auth)key|credential|cookies?$|authorization$|bearer$|jwt$|^(auth|pwd|otp)$|clientassertion|codeverifier/
const tellingHeader = /auth|key$|signature|clientcert/
const publicHeader = /^(www|proxy)authenticate$|^accesscontrol|^authority$|^secwebsocket/
const tellingParameter = /^(key|code|sig|assertion|pass)$|signature$/

const lettersOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Whether a JSON member of that name holds a secret. */
export function isSecretName(name: string): boolean {
  const letters = lettersOf(name)
  return telling.test(letters) && !soundsAlike.test(letters)
}

export function isSecretHeader(name: string): boolean {
  return isSecretName(name) || (tellingHeader.test(lettersOf(name)) && !publicHeader.test(lettersOf(name)))
}

/** Whether a parameter of a query or a form holds a secret. */
function isSecretParameter(name: string): boolean {
  return isSecretName(name) || tellingParameter.test(lettersOf(name))
}

const looks: RegExp[] = [
  /\bBearer\s+(?!(?:authentication|authorization|credentials?|tokens?|scheme)\b)(?![\w-]+=[^=\s,])(?<secret>[A-Za-z0-9._~+/-]{8,}=*)/dgi,
  /\bBasic\s+(?<secret>[A-Za-z0-9+/]{12,}=*)/dg,
  /\b(?<secret>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)/dg,
  /\b(?<secret>(?:gh[pousr]_|github_pat_|glpat-|npm_|sk-|xox[abeprs]-|AKIA|AIza)[A-Za-z0-9_-]{12,})/dg,
  /(?<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))/dg,
  /:\/\/(?<secret>[^\s/"'@:\\]+:[^\s/"'@\\]+)@/dg
]
const parameter = /(?<lead>^|[?&;\s"'(])(?<name>[\w.%-]+)=(?<secret>[^&\s"'<>\\,;)]+)/dg

/** What a text is made of: JSON texts of which each is over with its line or its paragraph, or parameters; else one JSON text. */
export type Shape = 'lines' | 'events' | 'form' | 'whole'

/** The secrets of a text, in order, none inside another. */
export function secretsIn(text: string, shape: Shape = 'whole'): Span[] {
  const spans = membersIn(text, shape)
  for (const find of looks) for (const found of text.matchAll(find)) spans.push(...secretOf(found))
  for (const found of text.matchAll(parameter)) {
    const { lead = '', name = '' } = found.groups!
    const inQuery = shape === 'form' || lead === '?' || lead === '&'
    if (inQuery ? isSecretParameter(unescaped(name)) : isSecretName(name)) spans.push(...secretOf(found))
  }
  return apart(spans)
}

function secretOf({ groups, indices }: RegExpExecArray): Span[] {
  const [start, end] = indices!.groups!['secret']!
  const value = groups!['secret']!
  return value.includes(blank) ? [] : [{ start, end, text: blank, values: [value] }]
}

/** A text with its secrets blanked. */
export function blanked(text: string, shape: Shape = 'whole'): string {
  return replaced(text, secretsIn(text, shape))
}

/** Throws when a text holds what looks like a credential; called before anything is written into the corpus. */
export function refuseSecrets(text: string, what: string): void {
  const [found] = secretsIn(text)
  if (found === undefined) return
  const before = text.slice(Math.max(0, found.start - 40), found.start).replace(/\s+/g, ' ')
  throw new SecretError(`${what} holds what looks like a secret (after ${JSON.stringify(before)}): not written`)
}

/** Something that was about to be written holds a secret. The message does not. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

export function replaced(text: string, spans: Span[]): string {
  let rest = 0
  let written = ''
  for (const { start, end, text: instead } of spans) {
    written += text.slice(rest, start) + instead
    rest = end
  }
  return written + text.slice(rest)
}

/** Spans in order; of two that overlap the one that begins first, or else is longer, stays. */
export function apart(spans: Span[]): Span[] {
  const sorted = [...spans].sort((one, other) => one.start - other.start || other.end - one.end)
  let end = -1
  return sorted.filter((span) => {
    if (span.start < end) return false
    end = span.end
    return true
  })
}

/** Without its percent-encoding; what is none stays. */
export function unescaped(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** A container that is open: whether what it holds is secret by a name above it, and whether it is a schema instead. */
interface Open {
  secret: boolean
  /** The member whose value comes next. */
  key: string | undefined
  firstSpan: number
  describes: boolean
}

const mark = /["{}[\],]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\r?\n(?:\r?\n)?/g
const colon = /(?:[ \t]|[\r\n](?:data:)?)*:/y
const schemaTypes = /^"(string|number|integer|boolean|object|array|null|any)"$/
const schemaWords = /^(\$.*|anyOf|oneOf|allOf|enum|const|properties|items)$/
const nestedAtMost = 8

function membersIn(text: string, shape: Shape, depth = 0): Span[] {
  const spans: Span[] = []
  const fresh = (): Open[] => [{ secret: false, key: undefined, firstSpan: 0, describes: false }]
  let open = fresh()
  for (const { piece, index } of piecesOf(text)) {
    const top = open.at(-1)!
    const secret = top.secret || (top.key !== undefined && isSecretName(top.key))
    if (/^[\r\n]/.test(piece)) {
      // a message is over, however broken it was
      if (shape === 'lines' || (shape === 'events' && /\n\r?\n/.test(piece))) open = fresh()
    } else if (piece === '{' || piece === '[') {
      open.push({ secret, key: undefined, firstSpan: spans.length, describes: false })
    } else if (piece === '}' || piece === ']') {
      if (top.secret && top.describes) spans.length = top.firstSpan
      if (open.length > 1) open.pop()
    } else if (piece === ',') {
      top.key = undefined
    } else if (piece.startsWith('"')) {
      colon.lastIndex = index + piece.length
      if (colon.test(text)) {
        top.key = stringOf(piece)
        if (schemaWords.test(top.key)) top.describes = true
        continue
      }
      if (top.key === 'type' && schemaTypes.test(piece)) top.describes = true
      if (secret) spans.push(...memberSpan(piece, index))
      else if (piece.includes('\\"') && depth < nestedAtMost) spans.push(...nestedSpan(piece, index, depth))
    } else if (secret && !/s$/.test(top.key ?? '')) {
      spans.push({ start: index, end: index + piece.length, text: `"${blank}"`, values: [piece] })
    }
  }
  return spans
}

function* piecesOf(text: string): Generator<{ piece: string; index: number }> {
  const marks = new RegExp(mark)
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    const { 0: piece, index } = found
    if (piece === '"') marks.lastIndex = stringEnd(text, index)
    yield { piece: piece === '"' ? text.slice(index, marks.lastIndex) : piece, index }
  }
}

function memberSpan(piece: string, start: number): Span[] {
  const value = stringOf(piece)
  if (value === '' || value === blank) return []
  const closes = piece.length > 1 && piece.endsWith('"')
  return [{ start, end: start + piece.length, text: `"${blank}${closes ? '"' : ''}`, values: [value] }]
}

/** A string that holds JSON: written anew when that has secrets. */
function nestedSpan(piece: string, start: number, depth: number): Span[] {
  const inner = stringOf(piece)
  const found = apart(membersIn(inner, 'whole', depth + 1))
  if (found.length === 0) return []
  const text = JSON.stringify(blanked(replaced(inner, found)))
  return [{ start, end: start + piece.length, text, values: found.flatMap(({ values }) => values) }]
}

function stringOf(piece: string): string {
  try {
    return JSON.parse(piece) as string
  } catch {
    return piece.slice(1).replace(/"$/, '')
  }
}
