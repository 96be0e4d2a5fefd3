/**
 * Markup: the only place where text becomes HTML. Everything a peer wrote is a stranger's text, so a value reaches a page
 * through `html` alone, which escapes whatever is not markup already.
 */
import { spelled } from '../text.ts'

/** A piece of HTML that may stand in a page as it is. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What can stand in a hole of `html`: text and numbers are escaped, nothing is nothing. */
export type Hole = Markup | string | number | undefined | readonly Hole[]

/** Tagged template: HTML with holes. Attributes must be in double quotes. */
export function html(parts: TemplateStringsArray, ...holes: Hole[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + filled(holes[index - 1]) + part))
}

/** Pieces one after the other, with something between them. */
export function joined(pieces: readonly Markup[], between = ''): Markup {
  return new Markup(pieces.map(({ text }) => text).join(between))
}

function filled(hole: Hole): string {
  if (hole === undefined) return ''
  if (hole instanceof Markup) return hole.text
  if (typeof hole === 'number') return String(hole)
  return typeof hole === 'string' ? escaped(hole) : hole.map(filled).join('')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text that means itself in content and in quoted attributes. What is unseen is spelled out. */
export function escaped(text: string): string {
  return spelled(text).replace(/[&<>"']/g, (character) => entities[character] as string)
}
