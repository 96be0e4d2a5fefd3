/** The index of a folder of reports: areas by peers, with counts, from the machine form of each report. */
import type { Standing } from '../digest.ts'
import type { MachineReport } from '../json.ts'
import { signs } from '../paint.ts'
import { counted } from '../text.ts'
import { documentOf } from './document.ts'
import { html, type Markup } from './markup.ts'
import { peerName, tallyOf } from './peer-page.ts'
import { classOf, numbers, shownStandings, type Tally } from './tally.ts'

/** A report in the folder, and the name of its page there, without `.html`. */
export interface Listed {
  name: string
  report: MachineReport
}

/** The page as a text. Peers in the order given, areas in alphabetical order but structure last. */
export function indexPage(listed: readonly Listed[]): string {
  const areas = [...new Set(listed.flatMap(({ report }) => report.cases.map(({ area }) => area)))].sort(
    (one, other) => Number(one === 'structure') - Number(other === 'structure') || (one < other ? -1 : 1)
  )
  const heads = listed.map(({ name, report }) => peerHead(name, report))
  const sums = listed.map(({ name, report }) => cell(name, tally(report), slots(report)))
  const rows = areas.map((area) => {
    const cells = listed.map(({ name, report }) => cell(name, tally(report, area), slots(report), area))
    return html`<tr><th scope="row">${area}</th>${cells}</tr>
`
  })
  const body = html`<header class="top wrap"><p class="eyebrow">MCP conformance</p><h1>${counted(listed.length, 'peer')}</h1>
<dl class="facts"><div><dt>In each cell</dt><dd>${legend()}</dd></div></dl></header>
<main class="wrap"><div class="matrix" tabindex="0" role="region" aria-label="Areas by peers"><table>
<caption class="vh">How many cases of each area ended how, by peer</caption>
<thead><tr><th scope="col">Area</th>${heads}</tr></thead>
<tbody><tr class="sum"><th scope="row">All</th>${sums}</tr>
${rows}</tbody></table></div></main>
<footer class="wrap">A cell leads to its cases. Made by handwire conform.</footer>`
  return documentOf('MCP conformance of peers', body)
}

function peerHead(name: string, report: MachineReport): Markup {
  const { peer, target, transport, date, requirements } = report
  const title = peerName(peer === null ? { target } : { target, server: { server: peer, ...peer } })
  const { kept, broken } = requirements
  return html`<th scope="col"><a href="${encodeURIComponent(name)}.html">${title}</a> ${peer?.version}<small>${transport}, ${date.slice(0, 10)}</small><small>requirements: ${kept.length} kept, ${broken.length} broken</small></th>`
}

function tally({ cases }: MachineReport, area?: string): Tally {
  const results = area === undefined ? cases : cases.filter((one) => one.area === area)
  return tallyOf(results.map((one) => ({ ...one, frames: [] })))
}

/** The standings that a peer has anywhere. */
function slots(report: MachineReport): Standing[] {
  return Object.keys(tally(report)) as Standing[]
}

function cell(name: string, counts: Tally, kept: readonly Standing[], area?: string): Markup {
  if (Object.keys(counts).length === 0) return html`<td><span class="vh">not run</span></td>`
  const filter = area === undefined ? '' : `#${new URLSearchParams({ q: `${area}/` })}`
  return html`<td><a href="${encodeURIComponent(name)}.html${filter}">${numbers(counts, kept)}</a></td>`
}

function legend(): Markup {
  const words = shownStandings.map((standing) => {
    return html`<span class="${classOf(standing)}">${signs[standing].label}</span>`
  })
  return html`<span class="n">${words}</span>`
}
