/**
 * npm run bench: handwire, the floor and the official SDK, version 1 and 2, in one interleaved run. Each server is a
 * process of its own, the load is another; every round visits all servers, there and back in turn, so that what
 * else the machine does falls on all of them. Nothing is asserted about the figures: only a run that broke exits
 * with 1.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Child } from './child.ts'
import type { Done, Job, Workload } from './load.ts'
import { type Measurement, printTable, summarize } from './report.ts'
import type { Usage } from './servers/process.ts'

const help = `npm run bench -- [--rounds N] [--requests N] [--only NAME,NAME] [--json FILE]

  --rounds N      times each server is visited; 10
  --requests N    requests a round, server and workload; 2000
  --only NAMES    servers beside the floor: handwire, handwire-jwt, sdk-v1, sdk-v2; all
  --json FILE     also writes every measurement and the summary
`

const floor = 'floor'
const files = {
  [floor]: 'floor.ts',
  handwire: 'handwire.ts',
  'handwire-jwt': 'handwire.ts jwt',
  'sdk-v1': 'sdk1.ts',
  'sdk-v2': 'sdk2.ts'
}
const workloads: readonly Workload[] = ['tools/call', 'tools/list']

interface Server {
  name: string
  url: string
  token: string | undefined
  child: Child
}

async function start(names: readonly string[]): Promise<Server[]> {
  const servers: Server[] = []
  for (const name of names) {
    const child = new Child(name, `servers/${files[name as keyof typeof files]}`)
    const { url, token } = await child.next<{ url: string; token?: string }>()
    servers.push({ name, url, token, child })
  }
  return servers
}

async function measure(server: Server, load: Child, round: number, requests: number): Promise<Measurement[]> {
  const measured: Measurement[] = []
  for (const workload of workloads) {
    const job: Job = { url: server.url, mcp: server.name !== floor, token: server.token, workload, requests }
    // a process that stood still for seconds has cold caches, and code that was thrown away
    await load.ask<Done>({ ...job, requests: Math.max(requests >> 2, 10) })
    const before = await server.child.ask<Usage>({})
    const { ms, failed } = await load.ask<Done>(job)
    const after = await server.child.ask<Usage>({})
    if (failed > 0) throw new Error(`${server.name}: ${failed} of ${requests} ${workload} failed`)
    const used = (after.user - before.user + after.system - before.system) / 1000
    measured.push({
      round,
      server: server.name,
      workload,
      cpuMs: (used * 1000) / requests,
      rate: (requests * 1000) / ms
    })
  }
  return measured
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      requests: { type: 'string', default: '2000' },
      only: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  const rounds = Number(values.rounds)
  const requests = Number(values.requests)
  const names = Object.keys(files).filter((name) => name === floor || (values.only?.split(',').includes(name) ?? true))
  if (values.help || !(rounds >= 1) || !(requests >= 10)) {
    process.stdout.write(help)
    return
  }
  const load = new Child('load', 'load.ts')
  const servers = await start(names)
  const measured: Measurement[] = []
  // the first visit warms up: connections, sessions, compiled code
  for (const server of servers) await measure(server, load, 0, Math.max(requests, 3000))
  for (let round = 1; round <= rounds; round += 1) {
    for (const server of round % 2 === 1 ? servers : servers.toReversed()) {
      measured.push(...(await measure(server, load, round, requests)))
    }
    if (process.stderr.isTTY) process.stderr.write(`round ${round} of ${rounds}\n`)
  }
  for (const child of [load, ...servers.map((server) => server.child)]) child.end()
  const rows = summarize(measured, floor)
  const about = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', rounds, requests }
  process.stdout.write(`${about.node}, ${about.cpu}, ${rounds} rounds of ${requests} requests\n\n${printTable(rows)}\n`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ about, rows, measured }, null, 2)}\n`)
}

await main()
