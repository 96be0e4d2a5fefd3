/**
 * Text that a peer may have written, made fit to be shown: nothing in it may move the cursor, turn the direction of reading or
 * fill the screen.
 */
import type { Json } from '../json.ts'

/** Controls, line and paragraph separators, what is invisible or turns the direction of reading, and half characters. */
const unseen =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|\p{Surrogate}/gu

/** The text with everything unseen spelled out, as `\u001b`. Line breaks and tabs stay. */
export function spelled(text: string): string {
  return text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same on one line. */
export function line(text: string): string {
  return spelled(text.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t'))
}

/** The first `limit` characters, and how many there are when that is not all. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  // not between the two halves of a character
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit
  return `${text.slice(0, end)}… (${text.length} characters)`
}

/** A value as JSON on one line, cut. Nothing at all is `nothing`. */
export function compact(value: Json | undefined, limit: number): string {
  return value === undefined ? 'nothing' : line(cut(JSON.stringify(value), limit))
}

/** Breaks a text into lines of at most `width` columns at spaces; a word that is longer is broken where it must. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(width, 8)
  const lines: string[] = []
  let current = ''
  for (const piece of text.split(' ')) {
    let rest = piece
    if (current !== '' && current.length + 1 + rest.length <= room) {
      current += ` ${rest}`
      continue
    }
    if (current !== '') lines.push(current)
    while (rest.length > room) {
      lines.push(rest.slice(0, room))
      rest = rest.slice(room)
    }
    current = rest
  }
  return current === '' && lines.length > 0 ? lines : [...lines, current]
}

/** `1 case`, `2 cases`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** Milliseconds as people read them. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
