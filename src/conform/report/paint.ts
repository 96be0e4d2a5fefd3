/** Colour on a terminal, only where it was asked for: whether the output is a terminal is for the caller to know. */
import { styleText } from 'node:util'
import type { Standing } from './digest.ts'

type Style = Parameters<typeof styleText>[0]

/** Gives a text a style, or leaves it alone. */
export type Paint = (style: Style, text: string) => string

export function painter(color: boolean): Paint {
  return (style, text) => (color && text !== '' ? styleText(style, text, { validateStream: false }) : text)
}

/** The sign and the style of each standing. */
export const signs: Record<Standing, { sign: string; style: Style; label: string }> = {
  error: { sign: '?', style: 'magenta', label: 'could not be run' },
  fail: { sign: '✗', style: 'red', label: 'failed' },
  warn: { sign: '!', style: 'yellow', label: 'warned' },
  info: { sign: 'i', style: 'blue', label: 'noted' },
  skip: { sign: '-', style: 'gray', label: 'skipped' },
  known: { sign: '~', style: 'gray', label: 'known' },
  pass: { sign: '✓', style: 'green', label: 'passed' }
}
