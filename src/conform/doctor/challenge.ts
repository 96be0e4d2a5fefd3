/** The WWW-Authenticate header: challenges and their parameters (RFC 9110 section 11.6.1). */

export interface Challenge {
  scheme: string
  /** By names in lower case. */
  parameters: Readonly<Record<string, string>>
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const separator = /[ \t,]*/y
const equals = /[ \t]*=[ \t]*/y
const quoted = /"((?:[^"\\]|\\.)*)"/y
const token68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y

/** The challenges of a header, of several such headers joined by a comma; undefined when it cannot be read. */
export function readChallenges(header: string): Challenge[] | undefined {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(header)
    if (found !== null) at = pattern.lastIndex
    return found
  }
  for (take(separator); at < header.length; take(separator)) {
    const name = take(token)?.[0]
    if (name === undefined) return undefined
    if (take(equals) === null) {
      challenges.push({ scheme: name, parameters: {} })
      take(token68)
      continue
    }
    const text = take(quoted)
    const value = text === null ? take(token)?.[0] : text[1]?.replace(/\\(.)/g, '$1')
    const current = challenges.at(-1)
    if (value === undefined || current === undefined) return undefined
    current.parameters[name.toLowerCase()] = value
  }
  return challenges.length === 0 ? undefined : challenges
}
