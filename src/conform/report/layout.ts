/** The layout of a terminal report: titles, items and labels, wrapped to the width before they are painted. */
import { type Paint, painter } from './paint.ts'
import { wrap } from './text.ts'

/** The column in which the text behind a label begins. */
const column = 14

export class Layout {
  readonly paint: Paint
  readonly width: number

  constructor(color: boolean, width: number) {
    this.paint = painter(color)
    this.width = Math.max(width, 40)
  }

  text(text: string): string[] {
    return wrap(text, this.width)
  }

  /** A part of the report, and in how far it is one. */
  title(title: string, what: string): string[] {
    const painted = this.paint(['bold', 'underline'], title)
    if (title.length + 2 + what.length <= this.width) return ['', `${painted}  ${this.paint('dim', what)}`]
    return ['', painted, ...wrap(what, this.width).map((part) => this.paint('dim', part))]
  }

  /** A page of the specification. */
  heading(title: string, url: string | undefined): string {
    return url === undefined ? this.paint('bold', title) : `${this.paint('bold', title)}  ${this.paint('dim', url)}`
  }

  item(text: string, sign = ''): string[] {
    const indent = sign === '' ? '  ' : '    '
    return wrap(text, this.width - indent.length).map((part, index) =>
      index === 0 && sign !== '' ? `  ${this.paint('dim', sign)} ${part}` : `${indent}${part}`
    )
  }

  /** A label and words. */
  labelled(label: string, text: string): string[] {
    return this.#column(label, wrap(text, this.width - column))
  }

  /** A label and a value, which is broken anywhere, so that it reads as it is. */
  value(label: string, text: string): string[] {
    return this.#column(label, chop(text, this.width - column))
  }

  /** A label and what must be copied: one line however long. */
  whole(label: string, text: string): string[] {
    return this.#column(label, [text])
  }

  /** What crossed, under the line that says where. */
  quoted(text: string, style?: 'dim'): string[] {
    return chop(text, this.width - 6).map((part) => `      ${style === undefined ? part : this.paint(style, part)}`)
  }

  #column(label: string, parts: string[]): string[] {
    const [first = '', ...rest] = parts
    const lead = `    ${this.paint('dim', label.padEnd(column - 5))} `
    return [`${lead}${first}`, ...rest.map((part) => `${' '.repeat(column)}${part}`)]
  }
}

function chop(text: string, width: number): string[] {
  const parts: string[] = []
  for (let at = 0; at < text.length; at += width) parts.push(text.slice(at, at + width))
  return parts.length === 0 ? [''] : parts
}
