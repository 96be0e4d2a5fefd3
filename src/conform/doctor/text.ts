/** The diagnosis for people: the way of a client, stage by stage, what is wrong with how to mend it, and what to do first. */
import { type Paint, painter } from '../report/paint.ts'
import { line, wrap } from '../report/text.ts'
import { type Area, areas, type Finding, type Level } from './findings.ts'
import type { Diagnosis } from './index.ts'

/** How the diagnosis is written. */
export interface DiagnosisTextOptions {
  /** Whether to write ANSI colours. */
  color: boolean
  /** Columns; at least 40 are used. */
  width: number
  /** Only what has to be mended; no by default. */
  quiet?: boolean
}

const titles: Record<Area, string> = {
  reach: 'The way there',
  entrance: 'The entrance',
  challenge: 'The challenge',
  metadata: 'Metadata of the resource',
  issuer: 'Authorization servers',
  registration: 'Registration and login',
  token: 'The token',
  session: 'The session',
  browser: 'Pages in a browser'
}

const signs: Record<Level, { sign: string; style: Parameters<Paint>[0] }> = {
  ok: { sign: '✓', style: 'green' },
  note: { sign: 'i', style: 'blue' },
  warning: { sign: '!', style: 'yellow' },
  problem: { sign: '✗', style: 'red' }
}

/**
 * The diagnosis as text, with a line break at the end. Nothing a server said can move the cursor.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { diagnosisText, doctor } from 'handwire/conform'
 *
 * const diagnosis = await doctor('http://127.0.0.1:9/mcp')
 * assert.equal(diagnosis.conclusion, 'unreachable')
 * assert.match(diagnosisText(diagnosis, { color: false, width: 80 }), /nobody listens at 127\.0\.0\.1:9/)
 * ```
 */
export function diagnosisText(diagnosis: Diagnosis, { color, width, quiet = false }: DiagnosisTextOptions): string {
  const paint = painter(color)
  const room = Math.max(width, 40)
  const lines = [...head(diagnosis, paint), ...stages(diagnosis.findings, { paint, room, quiet })]
  if (diagnosis.first.length > 0) {
    lines.push('', paint('bold', 'What to do first'))
    diagnosis.first.forEach((mend, index) => {
      lines.push(...hanging(`  ${index + 1}. `, line(mend), room))
    })
  }
  return `${[...lines, '', summary(diagnosis, paint)].join('\n')}\n`
}

function head({ url, server }: Diagnosis, paint: Paint): string[] {
  const first = `${paint('bold', 'handwire doctor')}  ${line(url)}`
  if (server === undefined) return [first]
  const who = [server.name, server.version].filter((part) => part !== '').join(' ') || 'a server without a name'
  return [first, paint('dim', line(`${who}, revision ${server.revision}`))]
}

function stages(
  findings: readonly Finding[],
  { paint, room, quiet }: { paint: Paint; room: number; quiet: boolean }
): string[] {
  const lines: string[] = []
  for (const area of areas) {
    const here = findings.filter((finding) => finding.area === area && !(quiet && isFine(finding)))
    if (here.length === 0) continue
    lines.push('', paint('bold', titles[area]))
    for (const finding of here) lines.push(...told(finding, paint, room))
  }
  return lines
}

/** A finding: its sentence; and where it is wrong, all that is known of it. */
function told(finding: Finding, paint: Paint, room: number): string[] {
  const { level, says, where, expected, received, mend, requirements } = finding
  const { sign, style } = signs[level]
  // of what is fine nothing more is told than its value
  const sentenceAndValue = level === 'ok' && received !== undefined ? `${says}: ${received}` : says
  const [first = '', ...rest] = wrap(line(sentenceAndValue), room - 4)
  const sentence = [first, ...rest].map((part) => (level === 'problem' ? paint('bold', part) : part))
  const lines = sentence.map((part, index) => (index === 0 ? `  ${paint(style, sign)} ${part}` : `    ${part}`))
  if (level === 'ok') return lines
  const details: [label: string, text: string | undefined][] = [
    ['where', where],
    ['expected', expected],
    ['came', received],
    [level === 'note' ? 'so' : 'mend', mend],
    ['rules', requirements?.join(', ')]
  ]
  for (const [label, text] of details) {
    if (text === undefined) continue
    const lead = `      ${label.padEnd(8)}  `
    const [start = '', ...more] = wrap(line(text), room - lead.length)
    lines.push(`      ${paint('dim', label.padEnd(8))}  ${start}`)
    for (const part of more) lines.push(`${' '.repeat(lead.length)}${part}`)
  }
  return lines
}

function hanging(lead: string, text: string, room: number): string[] {
  return wrap(text, room - lead.length).map((part, index) => `${index === 0 ? lead : ' '.repeat(lead.length)}${part}`)
}

function isFine({ level }: Finding): boolean {
  return level === 'ok' || level === 'note'
}

function summary({ conclusion, counts }: Diagnosis, paint: Paint): string {
  const verdict = {
    healthy: counts.warning === 0 ? paint('green', 'healthy') : paint('green', 'healthy, with something to better'),
    wrong: paint('red', 'something is wrong'),
    unreachable: paint('red', 'not reachable')
  }[conclusion]
  const counted = [
    number(counts.problem, 'problem', 'problems'),
    number(counts.warning, 'warning', 'warnings'),
    number(counts.note, 'note', 'notes'),
    `${counts.ok} ok`
  ]
  return `${verdict}: ${counted.join(', ')}`
}

function number(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
