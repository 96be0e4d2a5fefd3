/** JSON that hides nothing: a text in which an object names a member twice is refused. */
import type { Json } from '../../src/conform/json.ts'

/** Parses a text. Throws a SyntaxError for what is no JSON, and for a member that is there twice. */
export function parseStrictly(text: string): Json {
  const value = JSON.parse(text) as Json
  const open: (Set<string> | undefined)[] = []
  // the text is JSON by now, so strings and brackets are all that has to be told apart
  for (const { 0: part } of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[[\]{}]/g)) {
    if (part === '{') open.push(new Set())
    else if (part === '[') open.push(undefined)
    else if (part === '}' || part === ']') open.pop()
    else if (part.endsWith(':')) {
      const name = JSON.parse(part.slice(0, -1)) as string
      const names = open.at(-1)
      if (names?.has(name)) throw new SyntaxError(`the member ${JSON.stringify(name)} is there twice`)
      names?.add(name)
    }
  }
  return value
}
