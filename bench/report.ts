/** Measurements to a table: medians over the rounds, and ratios to the floor of the same round. */
import type { Workload } from './load.ts'

/** One server under one workload in one round. */
export interface Measurement {
  round: number
  server: string
  workload: Workload
  /** Server CPU, user and system, for 1,000 requests. */
  cpuMs: number
  /** Requests a second. */
  rate: number
}

export interface Row {
  workload: Workload
  server: string
  /** Medians over the rounds. */
  cpuMs: number
  rate: number
  /** CPU over the CPU of the floor in the same round. */
  ratio: { median: number; min: number; max: number }
}

/** A row for each server and workload, in the order they were first measured. */
export function summarize(measured: readonly Measurement[], floor: string): Row[] {
  const groups = groupBy(measured, ({ workload, server }) => `${workload} ${server}`)
  return [...groups.values()].map((group) => {
    const { workload, server } = group[0] as Measurement
    const ratios = group.map(({ round, cpuMs }) => {
      const under = measured.find((one) => one.server === floor && one.workload === workload && one.round === round)
      return cpuMs / (under as Measurement).cpuMs
    })
    return {
      workload,
      server,
      cpuMs: median(group.map((one) => one.cpuMs)),
      rate: median(group.map((one) => one.rate)),
      ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
    }
  })
}

/** The rows as text, one block for each workload. */
export function printTable(rows: readonly Row[]): string {
  const heads = ['', 'CPU ms / 1,000', 'requests / s', 'CPU over the floor']
  const lines: string[][] = []
  for (const [workload, group] of groupBy(rows, (row) => row.workload)) {
    lines.push([workload, ...heads.slice(1)])
    for (const { server, cpuMs, rate, ratio } of group.toSorted((one, other) => one.cpuMs - other.cpuMs)) {
      const span = `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`
      lines.push([`  ${server}`, cpuMs.toFixed(1), Math.round(rate).toLocaleString('en'), span])
    }
    lines.push([])
  }
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((line) => line.join('   ').trimEnd())
    .join('\n')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2
}

function groupBy<T, K>(values: readonly T[], key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const value of values) {
    const group = groups.get(key(value))
    if (group === undefined) groups.set(key(value), [value])
    else group.push(value)
  }
  return groups
}
