/** The challenges of a WWW-Authenticate header, read as RFC 9110 (11.2, 11.3 and 11.6.1) writes them. */

/** One challenge; the names of scheme and parameters in lower case, values without their quotes. */
export interface Challenge {
  scheme: string
  /** What some schemes have in place of parameters. */
  token68?: string
  params: Record<string, string>
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const end = '(?=[ \\t]*(?:,|$))'
/** Blanks are tab, visible characters and what is no ASCII; a backslash takes the next one as it is. */
const quoted = '"((?:[\\t !#-\\[\\]-~\\x80-\\uffff]|\\\\[\\t -~\\x80-\\uffff])*)"'
const between = /[ \t,]*/y
const parameter = new RegExp(`(${token})[ \\t]*=[ \\t]*(?:(${token})|${quoted})${end}`, 'y')
const scheme = new RegExp(`(${token})(?:${end}| +)`, 'y')
const token68 = new RegExp(`([A-Za-z0-9._~+/-]+=*)${end}`, 'y')

/** Undefined when the header cannot be read: a strange character, a parameter without a scheme, or one that a challenge has twice. */
export function readChallenges(header: string): Challenge[] | undefined {
  const challenges: Challenge[] = []
  let at = 0
  const take = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = at
    const found = expression.exec(header) ?? undefined
    if (found !== undefined) at = expression.lastIndex
    return found
  }
  // a scheme that was followed by a blank is still to have something
  let owed = false
  for (;;) {
    const separator = take(between)?.[0] ?? ''
    if (at === header.length) return owed || challenges.length === 0 ? undefined : challenges
    if (owed && separator !== '') return undefined
    const current = challenges.at(-1)
    const [, name, plain, text] = take(parameter) ?? []
    if (name !== undefined) {
      const key = name.toLowerCase()
      if (current === undefined || current.token68 !== undefined || Object.hasOwn(current.params, key)) return undefined
      current.params[key] = plain ?? (text as string).replace(/\\(.)/gs, '$1')
      owed = false
      continue
    }
    const value = owed ? take(token68)?.[1] : undefined
    if (value !== undefined) {
      ;(current as Challenge).token68 = value
      owed = false
      continue
    }
    const found: readonly string[] = owed ? [] : (take(scheme) ?? [])
    const [whole, word] = found
    if (word === undefined) return undefined
    challenges.push({ scheme: word.toLowerCase(), params: {} })
    owed = whole?.endsWith(' ') === true
  }
}
