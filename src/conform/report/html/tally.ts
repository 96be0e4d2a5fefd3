/** Counts by standing, as the pages show them: numbers, words for who cannot see colours, and a bar. */
import type { Standing } from '../digest.ts'
import { signs } from '../paint.ts'
import { html, type Markup } from './markup.ts'

export type Tally = Partial<Record<Standing, number>>

/** In the order of the pages: what is wrong, what is right, what is not known. */
export const shownStandings: readonly Standing[] = ['fail', 'error', 'warn', 'info', 'pass', 'known', 'skip']

/** `skip` as a class would hide an element from who jumps to the content. */
export function classOf(standing: Standing): string {
  return standing === 'skip' ? 'skipped' : standing
}

/** The numbers that are not zero, each in its colour and with its word. `slots` keep a place for each of them, so that columns align. */
export function numbers(tally: Tally, slots: readonly Standing[] = []): Markup {
  const parts = shownStandings.map((standing) => {
    const number = tally[standing] ?? 0
    if (number === 0) return slots.includes(standing) ? html`<span></span>` : undefined
    const { label } = signs[standing]
    return html`<span class="${classOf(standing)}" title="${label}">${number}<span class="vh"> ${label}</span></span>`
  })
  return html`<span class="n">${parts}</span>`
}

/** A bar whose parts are as wide as the counts are large. Only an ornament: the numbers stand beside it. */
export function bar(tally: Tally): Markup {
  const all = shownStandings.reduce((sum, standing) => sum + (tally[standing] ?? 0), 0)
  let at = 0
  const parts = shownStandings.flatMap((standing) => {
    const width = all === 0 ? 0 : ((tally[standing] ?? 0) / all) * 1000
    if (width === 0) return []
    const part = html`<rect class="${classOf(standing)}" x="${at.toFixed(2)}" width="${width.toFixed(2)}" height="10"/>`
    at += width
    return [part]
  })
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`
}
