/**
 * Needles: many short texts looked for in many long ones, in one pass however many there are. A run leaves a session id per
 * case, and each of them is looked for in every string of the report.
 */

/** How many characters a needle is filed under; one that has as many is found anywhere. */
const filed = 8
/** A needle under this length is found only where it is alone. */
const word = 4

export class Needles {
  /** The long ones by their first characters, longest first, each with the value it stands for. */
  readonly #long = new Map<string, [needle: string, value: string][]>()
  /** The first two characters of any long one, as one number: most places are ruled out by that. */
  readonly #starts = new Set<number>()
  readonly #short: [pattern: RegExp, value: string][] = []

  /** Values are also looked for as JSON and URLs write them. */
  constructor(values: Iterable<string>) {
    for (const value of new Set(values)) {
      const spellings = [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\uFFFD'))
      ]
      for (const needle of new Set(spellings)) if (needle !== '') this.#file(needle, value)
    }
    for (const needles of this.#long.values()) needles.sort(([one], [other]) => other.length - one.length)
  }

  /** The text with each needle replaced by what `blank` makes of the value it stands for. */
  replace(text: string, blank: (value: string) => string): string {
    const shown = this.#replaceLong(text, blank)
    return this.#short.reduce((done, [pattern, value]) => done.replace(pattern, () => blank(value)), shown)
  }

  #file(needle: string, value: string): void {
    if (needle.length < filed) {
      this.#short.push([new RegExp(alone(needle), 'gu'), value])
      return
    }
    const key = needle.slice(0, filed)
    this.#long.set(key, [...(this.#long.get(key) ?? []), [needle, value]])
    this.#starts.add(pair(needle, 0))
  }

  #replaceLong(text: string, blank: (value: string) => string): string {
    if (this.#long.size === 0) return text
    let shown = ''
    let kept = 0
    for (let at = 0; at + filed <= text.length; at++) {
      if (!this.#starts.has(pair(text, at))) continue
      const found = this.#long.get(text.slice(at, at + filed))?.find(([needle]) => text.startsWith(needle, at))
      if (found === undefined) continue
      shown += text.slice(kept, at) + blank(found[1])
      kept = at + found[0].length
      at = kept - 1
    }
    return kept === 0 ? text : shown + text.slice(kept)
  }
}

/** The expression for a short needle: as a word, or when very short as the whole text or in quotes, escaped or not. */
function alone(needle: string): string {
  const literal = needle.replace(/\W/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
  return needle.length < word
    ? String.raw`^${literal}$|(?<=")${literal}(?=\\*")`
    : String.raw`(?<![\w\-])${literal}(?![\w\-])`
}

function pair(text: string, at: number): number {
  return text.charCodeAt(at) * 65_536 + text.charCodeAt(at + 1)
}
