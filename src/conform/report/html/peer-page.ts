/**
 * The page of one peer: what was tested and how it ended, then every case by page of the specification. What is wrong stands
 * open; what passed or could not be tested is folded away below it.
 */
import type { Report, Result } from '../../report.ts'
import type { Flags } from '../command.ts'
import { type Chapter, chaptersOf, coverageOf, having, type Standing, standingOf, standings } from '../digest.ts'
import { counted, duration } from '../text.ts'
import { documentOf } from './document.ts'
import { html, joined, type Markup } from './markup.ts'
import { row, type Shown, valueLimit } from './row.ts'
import { script } from './script.ts'
import { bar, classOf, numbers, shownStandings, type Tally } from './tally.ts'
import { wireLogs } from './wire-log.ts'

const folded: readonly Standing[] = ['skip', 'pass']
const foldNames: Partial<Record<Standing, string>> = { skip: 'not offered or not for this transport', pass: 'passed' }
const chips: Record<Standing, string> = {
  fail: 'failed',
  error: 'errors',
  warn: 'warnings',
  info: 'notes',
  pass: 'passed',
  known: 'known',
  skip: 'skipped'
}

/** The page as a text. Blank the report's secrets before: see redact.ts. */
export function peerPage(report: Report, flags: Flags = []): string {
  const chapters = chaptersOf(report.results)
  const { results } = report
  const shown: Shown = { report, logs: wireLogs(results), limit: valueLimit(results), flags }
  const body = html`<a class="skip" href="#cases">To the cases</a>
<header class="top wrap">${head(report)}</header>
${filter(report.results)}
<div class="wrap body">
${contents(chapters)}
<main id="cases">
${chapters.map((chapter) => section(chapter, shown))}
<p class="none" id="none" hidden>No case is like that.</p>
</main>
</div>
<footer class="wrap">Made by ${report.runner} at ${report.date}. Session ids and credentials are blanked.</footer>`
  return documentOf(`${peerName(report)}: MCP conformance`, body, script)
}

/** How a peer is called where it must be told from others. */
export function peerName({ server, target }: Pick<Report, 'server' | 'target'>): string {
  return server === undefined || server.server.name === '' ? target : server.server.name
}

export function tallyOf(results: readonly Result[]): Tally {
  const tally: Tally = {}
  for (const result of results) tally[standingOf(result)] = (tally[standingOf(result)] ?? 0) + 1
  return tally
}

function head(report: Report): Markup {
  const { server, target, transport, date, ms, results, counts } = report
  const { kept, broken, untested } = coverageOf(results)
  const facts: [string, string][] = [
    ['Target', target],
    ['Transport', transport === 'http' ? 'Streamable HTTP' : 'stdio'],
    ['Revision', server?.revision || 'none'],
    ['Declares', Object.keys(server?.capabilities ?? {}).join(', ') || 'nothing'],
    ...uses(report),
    ['Tested', `${date.slice(0, 16).replace('T', ' ')} UTC in ${duration(ms)}`]
  ]
  const wrong = [
    counted(counts.fail, 'failure'),
    counted(counts.warn, 'warning'),
    ...(counts.stale > 0 ? [counted(counts.stale, 'stale known failure')] : []),
    ...(counts.known > 0 ? [`${counts.known} known by the profile`] : [])
  ].join(', ')
  return html`<p class="eyebrow"><a href="index.html">All peers</a> · MCP conformance</p>
<h1>${peerName(report)} <small>${server?.server.version}</small></h1>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${bar(tallyOf(results))}
<dl class="three">
<div><dt>${counts.fail > 0 ? 'The server is wrong' : counts.warn > 0 ? 'The server could do better' : 'Nothing is wrong'}</dt><dd>${wrong}; requirements: ${kept.length} kept, ${broken.length} broken, ${untested.length} untested</dd></div>
<div><dt>The server does not offer this</dt><dd>${counted(counts.skip, 'case')} skipped, each with its reason</dd></div>
<div><dt>Could not be tested</dt><dd>${counted(counts.error, 'case')} ended without a verdict</dd></div>
</dl>`
}

function uses({ uses: { tool, resource, prompt } }: Report): [string, string][] {
  const told = [
    ...(tool === undefined ? [] : [`tool ${tool.name}`]),
    ...(resource === undefined ? [] : [`resource ${resource}`]),
    ...(prompt === undefined ? [] : [`prompt ${prompt.name}`])
  ]
  return told.length === 0 ? [] : [['Uses', told.join(', ')]]
}

function filter(results: readonly Result[]): Markup {
  const tally = tallyOf(results)
  const boxes = shownStandings
    .filter((standing) => (tally[standing] ?? 0) > 0)
    .map(
      (standing) =>
        html`<label class="chip ${classOf(standing)}"><input type="checkbox" name="o" value="${standing}" checked><b class="n">${tally[standing]}</b> ${chips[standing]}</label>`
    )
  return html`<form class="filter" id="filter" role="search" hidden><div class="wrap"><fieldset><legend class="vh">Outcomes</legend>${boxes}</fieldset><input type="search" name="q" placeholder="Filter by words, id or requirement" aria-label="Filter by words, id or requirement"><output name="shown" aria-live="polite"></output></div></form>`
}

function contents(chapters: readonly Chapter[]): Markup {
  const items = chapters.map(({ key, title, results }) => {
    const tally = tallyOf(results)
    const bad: Tally = Object.fromEntries(
      (['fail', 'error', 'warn'] as const).flatMap((kind) => (tally[kind] === undefined ? [] : [[kind, tally[kind]]]))
    )
    return html`<li><a href="#page-${key}"><span>${title}</span>${numbers(bad)}</a></li>`
  })
  return html`<nav class="pages" aria-labelledby="contents"><h2 id="contents">Pages of the specification</h2><ul>${items}</ul></nav>`
}

function section({ key, title, url, results }: Chapter, shown: Shown): Markup {
  const link = url === undefined ? undefined : html`<a href="${url}" rel="noreferrer">specification</a>`
  const open = standings.filter((standing) => !folded.includes(standing)).flatMap((kind) => having(results, kind))
  const folds = folded.map((standing) => {
    const rows = having(results, standing)
    if (rows.length === 0) return undefined
    return html`<details class="fold"><summary>${counted(rows.length, 'case')} ${foldNames[standing]}</summary>${table(`${title}: ${foldNames[standing]}`, rows, shown)}</details>
`
  })
  return html`<section class="page" aria-labelledby="page-${key}">
<header><h2 id="page-${key}">${title} ${link}</h2>${numbers(tallyOf(results))}</header>
${open.length === 0 ? undefined : table(title, open, shown)}${folds}</section>
`
}

function table(caption: string, results: readonly Result[], shown: Shown): Markup {
  const rows = joined(results.map((result) => row(result, shown)))
  return html`<table><caption class="vh">${caption}</caption><thead class="vh"><tr><th scope="col">Outcome</th><th scope="col">Case and requirement</th><th scope="col">Time</th></tr></thead><tbody>
${rows}</tbody></table>`
}
