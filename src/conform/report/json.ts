/**
 * The report for machines: one record per case. Its form is kept: spec-fixtures/report.schema.json describes it, closed, and
 * `format` changes when a reader would have to.
 */
import type { Choices } from '../discovery.ts'
import type { Fixture } from '../fixture.ts'
import type { Json } from '../json.ts'
import type { Frame } from '../peer.ts'
import type { Report, Result, Verdict } from '../report.ts'
import { type Coverage, coverageOf } from './digest.ts'

/** What `format` says. */
export const format = 'handwire-conform/1'

export interface MachineReport {
  format: typeof format
  /** The version of the runner, and when the run was (ISO 8601). */
  runner: string
  date: string
  /** Milliseconds of the whole run. */
  ms: number
  /** The address or the command that was tested. */
  target: string
  transport: 'http' | 'stdio'
  /** What the server said of itself in its handshake; null when it was never greeted. */
  peer: MachinePeer | null
  /** What was used where a case needs any tool, resource or prompt. */
  uses: Choices
  /** How many results of each outcome. A failure that the profile knows counts as `known` only; `stale` ones also as pass. */
  counts: Record<Verdict | 'known' | 'stale', number>
  /** What became of the requirements that the cases are about, by id. */
  requirements: Coverage
  /** Sorted by id. */
  cases: MachineCase[]
}

export interface MachinePeer {
  name: string
  version: string
  /** The negotiated one. */
  revision: string
  capabilities: Json
}

export interface MachineCase {
  /** The path of the case in the corpus, or `structure/` and the name of a definition of the schema. */
  id: string
  /** The first part of the id. */
  area: string
  title: string
  level: Fixture['level']
  outcome: Verdict
  /** Why it is no pass. */
  reason?: string
  /** The step that decided, from 1; 0 is the handshake. */
  step?: number
  /** A JSON pointer into what was judged, the pattern it should fit there, and what was there (missing: nothing was). */
  path?: string
  expected?: Json
  actual?: Json
  /** Milliseconds, to a tenth. */
  ms: number
  /** Ids of the requirement index. */
  requirements: string[]
  /** Of a structure: the first case that shows it. */
  case?: string
  /** Why the profile excuses this failure. */
  known?: string
  /** It passes although the profile excuses it. */
  stale?: true
  /** What crossed, in order; only when asked for. */
  frames?: Frame[]
}

export interface MachineOptions {
  /** Whether each case carries its frames; default not, as they are most of the size. */
  frames?: boolean
}

/** The report in its machine form. Blank its secrets before: see redact.ts. */
export function machineReport(report: Report, { frames = false }: MachineOptions = {}): MachineReport {
  const { runner, date, ms, target, transport, server, uses, counts, results } = report
  const peer = server === undefined ? null : { ...server.server, ...pick(server, ['revision', 'capabilities']) }
  const cases = results.map((result) => record(result, frames))
  return {
    format,
    runner,
    date,
    ms: tenth(ms),
    target,
    transport,
    peer,
    uses,
    counts,
    requirements: coverageOf(results),
    cases: cases.sort((one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0))
  }
}

/**
 * The same as a file: indented, with a line break at the end.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conform, jsonReport, redact } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'] })
 * const { peer, cases } = JSON.parse(jsonReport(redact(report)))
 * assert.equal(peer.name, 'acme')
 * assert.equal(cases.length, report.results.length)
 * await app.close()
 * ```
 */
export function jsonReport(report: Report, options: MachineOptions = {}): string {
  return `${JSON.stringify(machineReport(report, options), null, 1)}\n`
}

function record(result: Result, frames: boolean): MachineCase {
  const told = pick(result, ['id', 'area', 'title', 'level', 'outcome', 'reason', 'step', 'path', 'expected', 'actual'])
  const rest = pick(result, ['requirements', 'case', 'known', 'stale', ...(frames ? (['frames'] as const) : [])])
  return { ...told, ms: tenth(result.ms), ...rest }
}

/** These members, in this order, without those that are not there. */
function pick<T extends object, K extends keyof T>(value: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]]]))) as Pick<T, K>
}

function tenth(ms: number): number {
  return Math.round(ms * 10) / 10
}
