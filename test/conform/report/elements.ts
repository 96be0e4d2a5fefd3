/**
 * A strict reader of markup for tests: it takes XML, and HTML as our pages write it (every attribute in double quotes, every
 * element closed), and refuses whatever is not well formed. So text that broke out of its place cannot go unnoticed.
 */

export interface Element {
  name: string
  attributes: Record<string, string>
  /** Texts, entities resolved, and elements, in order. */
  content: (string | Element)[]
}

const voids = new Set(['meta', 'input', 'br', 'link', 'img'])
const raws = new Set(['script', 'style'])
const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
// what XML 1.0 allows, which is also what a page should hold
const forbidden = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

/** The root of a document. Throws an Error that says what is wrong and where. */
export function parseMarkup(source: string, kind: 'xml' | 'html'): Element {
  if (forbidden.test(source)) throw new Error(`a forbidden character at ${source.search(forbidden)}`)
  const root: Element = { name: '', attributes: {}, content: [] }
  const open = [root]
  let at = 0
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${source.slice(at, at + 60)}`)
  }
  while (at < source.length) {
    const parent = open.at(-1) as Element
    const head = /^<(\?xml|!doctype)[^<>]*>/i.exec(source.slice(at, at + 200))
    if (head !== null) {
      at += head[0].length
      continue
    }
    if (source[at] !== '<') {
      const end = source.indexOf('<', at)
      const text = source.slice(at, end < 0 ? source.length : end)
      parent.content.push(resolved(text, fail))
      at += text.length
      continue
    }
    const close = /^<\/([a-zA-Z][\w-]*)>/.exec(source.slice(at, at + 60))
    if (close !== null) {
      if (parent.name !== close[1]) fail(`<${parent.name}> is closed by </${close[1]}>`)
      open.pop()
      at += close[0].length
      continue
    }
    const begin = /^<([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>/.exec(source.slice(at, at + 20_000))
    if (begin === null) return fail('no element')
    const [whole, name = '', attributes = '', closed] = begin
    const element: Element = { name, attributes: attributesOf(attributes, fail), content: [] }
    parent.content.push(element)
    at += whole.length
    if (closed === '/' || (kind === 'html' && voids.has(name))) continue
    if (kind === 'html' && raws.has(name)) {
      const end = source.indexOf(`</${name}>`, at)
      if (end < 0) fail(`<${name}> is not closed`)
      element.content.push(source.slice(at, end))
      at = end + name.length + 3
      continue
    }
    open.push(element)
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name}> is not closed`)
  return root
}

/** The elements directly in one. */
export function childrenOf({ content }: Element): Element[] {
  return content.filter((item) => typeof item !== 'string')
}

/** All elements below one, in order of the document. */
export function* below(element: Element): Generator<Element> {
  for (const child of childrenOf(element)) {
    yield child
    yield* below(child)
  }
}

/** All elements of a name, or with an attribute of that value. */
export function all(root: Element, name: string, attributes: Record<string, string> = {}): Element[] {
  return [...below(root)].filter(
    (element) =>
      element.name === name && Object.entries(attributes).every(([key, value]) => element.attributes[key] === value)
  )
}

/** The text of an element and all in it. */
export function textOf({ content }: Element): string {
  return content.map((item) => (typeof item === 'string' ? item : textOf(item))).join('')
}

function attributesOf(source: string, fail: (what: string) => never): Record<string, string> {
  const found = [...source.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)]
  const names = found.map(([, name]) => name)
  if (new Set(names).size < names.length) fail('an attribute twice')
  return Object.fromEntries(found.map(([, name, value = '']) => [name, resolved(value, fail)]))
}

function resolved(text: string, fail: (what: string) => never): string {
  return text.replace(/&(?:#(\d+);|([a-z]+);)?/g, (_, number, name) => {
    if (number !== undefined) return String.fromCodePoint(Number(number))
    return named[name] ?? fail('an ampersand that is no entity')
  })
}
