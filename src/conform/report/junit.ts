/**
 * The report as JUnit XML, for build servers: a suite is an area, a case a case. It says what the exit code says: a stale
 * known failure fails, so does a warning of a strict run; known failures are skipped; notes pass and say why in their output.
 */
import type { Report, Result, Strictness } from '../report.ts'
import { grouped, reasonOf, type Standing, standingOf } from './digest.ts'
import { line, spelled } from './text.ts'
import { plain } from './wording.ts'

type Kind = 'failure' | 'error' | 'skipped' | 'passed'

/**
 * A file of JUnit XML. Areas keep the order of the report.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conform, junitReport, redact } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'] })
 * assert.match(junitReport(redact(report), { strict: true }), /<testsuite name="ping"/)
 * await app.close()
 * ```
 */
export function junitReport(report: Report, strictness: Strictness = {}): string {
  const suites = grouped(report.results, ({ area }) => area)
  const name = `handwire conform ${report.target}`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...sums(report.results, strictness), time: seconds(report.ms) })}>`,
    ...suites.flatMap(([area, results]) => suite(area, results, report, strictness)),
    '</testsuites>',
    ''
  ].join('\n')
}

function suite(area: string, results: readonly Result[], report: Report, strictness: Strictness): string[] {
  const time = seconds(results.reduce((sum, { ms }) => sum + ms, 0))
  // the format knows local time without a zone; it is UTC here
  const timestamp = report.date.replace(/(\.\d+)?Z$/, '')
  const given = { name: area, ...sums(results, strictness), time, timestamp }
  return [
    `  <testsuite${attributes(given)}>`,
    '    <properties>',
    ...properties(report).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    ...results.flatMap((result) => testcase(result, strictness)),
    '  </testsuite>'
  ]
}

function properties({ target, transport, server }: Report): [name: string, value: string][] {
  const told: [string, string][] = [
    ['target', target],
    ['transport', transport]
  ]
  if (server === undefined) return told
  const { name, version } = server.server
  return [...told, ['server', name], ['server version', version], ['revision', server.revision]]
}

function testcase(result: Result, strictness: Strictness): string[] {
  const head = attributes({ name: result.id, classname: result.area, time: seconds(result.ms) })
  const inner = detail(result, strictness)
  return inner === undefined
    ? [`    <testcase${head}/>`]
    : [`    <testcase${head}>`, `      ${inner}`, '    </testcase>']
}

function detail(result: Result, strictness: Strictness): string | undefined {
  const standing = standingOf(result)
  const kind = kindOf(result, strictness)
  if (kind === 'failure' || kind === 'error') {
    const message = result.stale === true ? 'passes, but the profile knows it as a failure' : reasonOf(result)
    return `<${kind}${attributes({ message: line(message), type: typeOf(result, standing) })}>${escaped(plain(result))}</${kind}>`
  }
  if (kind === 'skipped') {
    const message = standing === 'known' ? `known failure: ${result.known}` : reasonOf(result)
    return `<skipped${attributes({ message: line(message) })}/>`
  }
  return standing === 'pass' ? undefined : `<system-out>${escaped(`${standing}: ${plain(result)}`)}</system-out>`
}

function typeOf({ level, stale }: Result, standing: Standing): string {
  if (stale === true) return 'stale'
  return standing === 'error' || standing === 'skip' ? standing : level
}

function kindOf(result: Result, { strict = false, noSkips = false }: Strictness): Kind {
  if (result.stale === true) return 'failure'
  const kinds: Record<Standing, Kind> = {
    fail: 'failure',
    error: 'error',
    skip: noSkips ? 'failure' : 'skipped',
    known: 'skipped',
    warn: strict ? 'failure' : 'passed',
    info: 'passed',
    pass: 'passed'
  }
  return kinds[standingOf(result)]
}

function sums(results: readonly Result[], strictness: Strictness): Record<string, string> {
  const kinds = results.map((result) => kindOf(result, strictness))
  const sum = (kind: Kind): string => String(kinds.filter((one) => one === kind).length)
  return { tests: String(results.length), failures: sum('failure'), errors: sum('error'), skipped: sum('skipped') }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function attributes(given: Record<string, string>): string {
  return Object.entries(given)
    .map(([name, value]) => ` ${name}="${escaped(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`)
    .join('')
}

/** Text as XML 1.0 allows it: controls, half characters and the two that are none are spelled out. */
function escaped(text: string): string {
  return spelled(text)
    .replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
