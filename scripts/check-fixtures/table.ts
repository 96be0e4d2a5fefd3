/** The coverage as text for a terminal: by page of the specification, by level, and the line that sums it up. */
import { pages } from '../../src/conform/requirements.ts'
import { type Counts, type Coverage, choices, countsOf, grouped, type Row, states } from './coverage.ts'

const columns = ['required', ...states] as const
const heads: Record<(typeof columns)[number], string> = {
  required: 'required',
  cases: 'by cases',
  reason: 'with a reason',
  waiting: 'waiting',
  missing: 'missing'
}

export function coverageText(coverage: Coverage): string {
  const required = coverage.rows.filter(({ state }) => state !== undefined)
  const byPage = grouped(required, ({ page }) => page)
  const byLevel = grouped(required, ({ level }) => level)
  const order = pageOrder(byPage.keys())
  const { granted, taken } = choices(coverage)
  const graded = new Set(coverage.rows.flatMap(({ cases }) => cases).filter(({ level }) => level === 'MAY'))
  return [
    ...table(
      'page',
      order.map((page) => [page, byPage.get(page) ?? []])
    ),
    '',
    ...table(
      'level',
      levelOrder(byLevel.keys()).map((level) => [level, byLevel.get(level) ?? []])
    ),
    '',
    `choices: ${taken} of ${granted} MAYs taken up; ${graded.size} cases of level MAY`,
    ...missingLine(required)
  ].join('\n')
}

/** The last line of a check. */
export function summary({ required, cases, reason, waiting, missing }: Counts): string {
  return `coverage: ${cases} of ${required} by cases, ${reason} with a reason, ${waiting} wait for authorization, ${missing} missing`
}

/** Pages as the table of contents has them, then those it does not know. */
export function pageOrder(found: Iterable<string>): string[] {
  const known = pages().map(({ page }) => page)
  const all = new Set(found)
  return [...known.filter((page) => all.has(page)), ...[...all].filter((page) => !known.includes(page)).sort()]
}

/** Levels from what binds to what is granted, then those it does not know. */
export function levelOrder(found: Iterable<string>): string[] {
  const known = ['MUST', 'MUST NOT', 'SCHEMA', 'SHOULD', 'SHOULD NOT', 'MAY']
  const all = new Set(found)
  return [...known.filter((level) => all.has(level)), ...[...all].filter((level) => !known.includes(level)).sort()]
}

function table(head: string, groups: [name: string, rows: Row[]][]): string[] {
  const counted = groups.map(([name, rows]) => [name, countsOf(rows)] as const)
  const total = countsOf(groups.flatMap(([, rows]) => rows))
  const lines = [...counted, ['total', total] as const].map(([name, counts]) => [
    name,
    ...columns.map((column) => String(counts[column]))
  ])
  const first = Math.max(head.length, ...lines.map(([name]) => (name as string).length))
  const line = ([name, ...numbers]: string[]): string =>
    [
      (name as string).padEnd(first),
      ...numbers.map((text, index) => text.padStart(heads[columns[index] ?? 'cases'].length))
    ].join('  ')
  return [line([head, ...columns.map((column) => heads[column])]), ...lines.map(line)]
}

function missingLine(required: readonly Row[]): string[] {
  const missing = required.filter(({ state }) => state === 'missing').map(({ requirement }) => requirement.id)
  return missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]
}
