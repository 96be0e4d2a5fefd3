/** JSON that hides nothing: a text in which an object names a member twice is refused. */
import type { Json } from '../json.ts'

/** Parses a text. Throws a SyntaxError for what is no JSON, and for a member that is there twice. */
export function parseStrictly(text: string): Json {
  const value = JSON.parse(text) as Json
  const open: (Set<string> | undefined)[] = []
  // the text is JSON by now, so strings and brackets are all that has to be told apart
  const mark = /["[\]{}]/g
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    const [piece] = found
    if (piece === '{') open.push(new Set())
    else if (piece === '[') open.push(undefined)
    else if (piece !== '"') open.pop()
    else {
      mark.lastIndex = stringEnd(text, found.index)
      colon.lastIndex = mark.lastIndex
      if (!colon.test(text)) continue
      const name = JSON.parse(text.slice(found.index, mark.lastIndex)) as string
      const names = open.at(-1)
      if (names?.has(name)) throw new SyntaxError(`the member ${JSON.stringify(name)} is there twice`)
      names?.add(name)
    }
  }
  return value
}

const colon = /\s*:/y

/** Where a string that begins at a quote is over: behind its closing quote, or where its line ends without one. */
export function stringEnd(text: string, start: number): number {
  // by hand: a string can be too long for an expression with alternatives
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) return at + 1
    if (code === 10 || code === 13) return at
    if (code === 92 && at + 1 < text.length && text[at + 1] !== '\n' && text[at + 1] !== '\r') at++
  }
  return text.length
}
