/**
 * The runner in Python agrees with ours, case by case: on the reference server, on servers that offer more or less than it
 * does, and on every server with one fault. So the page of the format says enough, and neither runner adds to it. They are
 * compared by outcome and deciding step; the verdict on the structure is ours alone.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { corpusDirectory, type Fixture } from '../../src/conform/fixture.ts'
import { httpTarget } from '../../src/conform/http-peer.ts'
import { offerOf, unmet } from '../../src/conform/needs.ts'
import type { Target } from '../../src/conform/peer.ts'
import { introductionOf } from '../../src/conform/replay.ts'
import { select } from '../../src/conform/select.ts'
import { socketExchange } from '../../src/conform/socket.ts'
import type { Fault } from '../defects/fault.ts'
import { serveAll, serveFault } from '../defects/front.ts'
import { casesFor, corpus, inParallel, play } from '../defects/guard.ts'
import { faults } from '../defects/index.ts'
import { isAboutDoors } from '../support/beyond.ts'
import { listeningReference } from '../support/reference.ts'
import { listeningVariant, type VariantName, variants } from '../support/variants.ts'

const runner = fileURLToPath(new URL('runners/python/handwire_fixtures.py', corpusDirectory))
const planned = fileURLToPath(new URL('../support/python_plan.py', import.meta.url))
/** How many cases are replayed on each fault: the first of those that cite what it breaks. */
const casesPerFault = Number(process.env['CASES_PER_FAULT'] ?? 1)
const timeFactor = 4
const atOnce = 8
const rounds = 5

const version = spawnSync('python3', ['-c', 'import sys; print(sys.version_info >= (3, 9))'], { encoding: 'utf8' })
const missing = version.stdout?.trim() === 'True' ? undefined : 'python3, 3.9 or later, is not on this machine'
if (missing !== undefined) console.warn(`The runner in Python is not tested: ${missing}.`)

/** A server that a runner can have to itself. */
interface Served {
  url: string
  close(): Promise<void>
}

/** Cases for one server, replayed one after the other. */
interface Lane {
  /** For people. */
  server: string
  url: string
  cases: Fixture[]
  /** Starts another such server. */
  another(): Promise<Served>
}

/** What the runners have to agree in. */
interface Verdict {
  outcome: string
  step: number | null
}

interface Disagreement {
  server: string
  id: string
  ours: Verdict
  theirs: Verdict | undefined
}

const { exchange, close } = socketExchange()
let directory: string
let cases: Fixture[]

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'handwire-python-'))
  cases = (await corpus()).filter(({ transports }) => transports.includes('http'))
})

afterAll(async () => {
  close()
  await rm(directory, { recursive: true })
})

/** Runs a script in Python; gives its exit code and what it printed. */
function python(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('python3', ['-B', ...args], { maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr })
    )
  })
}

interface PythonReport {
  server: { url: string }
  cases: (Verdict & { id: string })[]
}

/** What the runner in Python says of lanes side by side. */
async function theirs(lanes: Lane[], factor: number): Promise<(Verdict | undefined)[][]> {
  const run = await mkdtemp(join(directory, 'run-'))
  const [plan, report] = [join(run, 'plan.json'), join(run, 'report.json')]
  await writeFile(plan, JSON.stringify(lanes.map(({ url, cases }) => ({ url, only: cases.map(({ id }) => id) }))))
  const { stderr } = await python(planned, plan, report, `${atOnce}`, `${factor}`)
  expect(stderr).toBe('')
  const reports = JSON.parse(await readFile(report, 'utf8')) as PythonReport[]
  return lanes.map((lane, index) => {
    const said = new Map(reports[index]?.cases.map((one) => [one.id, one]))
    return lane.cases.map(({ id }) => said.get(id))
  })
}

/** What ours says of them. */
function ours(lanes: Lane[], factor: number): Promise<Verdict[][]> {
  return inParallel(lanes, atOnce, async (lane) => {
    const target = httpTarget({ url: lane.url, exchange })
    const said: Verdict[] = []
    for (const fixture of lane.cases) said.push(await ourVerdict(fixture, target, factor))
    return said
  })
}

async function ourVerdict(fixture: Fixture, target: Target, factor: number): Promise<Verdict> {
  const { outcome, step } = await play(fixture, target, factor)
  return { outcome, step: step ?? null }
}

function agree(mine: Verdict | undefined, other: Verdict | undefined): boolean {
  return mine?.outcome === other?.outcome && mine?.step === other?.step
}

/** Both runners over the same lanes at the same time, but from both ends, so that they seldom meet at a server. */
async function compared(lanes: Lane[], factor: number): Promise<{ mine: Verdict[]; differing: Disagreement[] }> {
  const [mine, others] = await Promise.all([ours(lanes, factor), theirs([...lanes].reverse(), factor)])
  return { mine: mine.flat(), differing: await disagreements(lanes, mine, others.reverse()) }
}

/**
 * Where the runners disagree, also when each is asked again with a fresh server to itself and nothing beside it: what hangs
 * on how busy the machine is, or on what a server keeps of another run, is told apart so. What hangs on a race inside the
 * server comes out alike in one of several rounds.
 */
async function disagreements(
  lanes: Lane[],
  mine: Verdict[][],
  others: (Verdict | undefined)[][]
): Promise<Disagreement[]> {
  const found: Disagreement[] = []
  for (const [at, lane] of lanes.entries())
    for (const [index, fixture] of lane.cases.entries()) {
      let [own, other] = [mine[at]?.[index], others[at]?.[index]]
      for (let round = 0; round < rounds && !agree(own, other); round++) {
        const alone = { ...lane, cases: [fixture] }
        own = (await onAnother(alone, (again) => ours([again], timeFactor)))[0]?.[0]
        other = (await onAnother(alone, (again) => theirs([again], timeFactor)))[0]?.[0]
      }
      if (own !== undefined && !agree(own, other))
        found.push({ server: lane.server, id: fixture.id, ours: own, theirs: other })
    }
  return found
}

async function onAnother<T>(lane: Lane, look: (again: Lane) => Promise<T>): Promise<T> {
  const server = await lane.another()
  const result = await look({ ...lane, url: server.url })
  await server.close()
  return result
}

async function reference(): Promise<Served> {
  const { app, url } = await listeningReference({ limits: { sessions: 100_000 } })
  return { url, close: () => app.close() }
}

async function variant(name: VariantName): Promise<Served> {
  const { app, url } = await listeningVariant(name)
  return { url, close: () => app.close() }
}

/** The cases whose needs a server meets. */
async function telling(url: string, of: Fixture[]): Promise<Fixture[]> {
  const target = httpTarget({ url, exchange })
  const met = await inParallel(of, 1, async ({ client = {}, needs = {} }) => {
    if (isAboutDoors(needs)) return false
    const offer = await offerOf(target, client, introductionOf(target, {}))
    return !('message' in offer) && unmet(needs, offer) === undefined
  })
  return of.filter((_, index) => met[index])
}

/** A lane for every fault over HTTP, with the first cases that cite what it breaks and say something of the reference server. */
async function lanesOfFaults(endpoint: (name: string) => Promise<string>): Promise<Lane[]> {
  const server = await reference()
  const said = new Set(await telling(server.url, cases))
  await server.close()
  const chosen = (fault: Fault): Fixture[] => {
    const citing = casesFor(fault, 'http', cases)
    const best = citing.filter((fixture) => said.has(fixture)).slice(0, casesPerFault)
    return best.length > 0 ? best : citing.slice(0, 1)
  }
  // what is about doors the runner in Python leaves out
  const overHttp = faults.filter(({ transports, guarded }) => guarded !== true && transports.includes('http'))
  return inParallel(overHttp, atOnce, async (fault) => ({
    server: fault.name,
    url: await endpoint(fault.name),
    cases: chosen(fault).sort((one, other) => (one.id < other.id ? -1 : 1)),
    another: () => serveFault(fault)
  }))
}

describe.skipIf(missing !== undefined)('the runner in Python', () => {
  test('agrees with ours on every case against the reference server', { timeout: 240_000 }, async () => {
    const { url, close } = await reference()
    const target = httpTarget({ url, exchange })
    const alone = cases.filter(({ serial }) => serial === true)
    const ordered = [...cases.filter((fixture) => !alone.includes(fixture)), ...alone]
    const look = (some: Fixture[], width: number): Promise<Verdict[]> =>
      inParallel(some, width, (fixture) => ourVerdict(fixture, target, timeFactor))
    const mine = [...(await look(ordered.slice(0, -alone.length), atOnce)), ...(await look(alone, 1))]
    const file = join(directory, 'reference.json')
    const options = ['--json', file, '--jobs', `${atOnce}`, '--time-factor', `${timeFactor}`]
    const { stderr } = await python(runner, url, ...options)
    await close()
    expect(stderr).toBe('')
    const report = JSON.parse(await readFile(file, 'utf8')) as PythonReport
    expect(report.cases.map(({ id }) => id).sort()).toEqual(cases.map(({ id }) => id).sort())
    const said = new Map(report.cases.map((one) => [one.id, one]))
    const lane = { server: 'the reference server', url, cases: ordered, another: reference }
    const others = ordered.map(({ id }) => said.get(id))
    expect(await disagreements([lane], [mine], [others])).toEqual([])
    expect(mine.filter(({ outcome }) => outcome === 'pass').length).toBeGreaterThan(cases.length / 2)
  })

  test('agrees with ours on the cases that the reference server cannot be asked', { timeout: 240_000 }, async () => {
    const server = await reference()
    const asked = new Set(await telling(server.url, cases))
    await server.close()
    const beyond = cases.filter((fixture) => !asked.has(fixture))
    const servers = await inParallel(Object.keys(variants) as VariantName[], 1, async (name) => {
      const served = await variant(name)
      const lane = {
        server: name,
        url: served.url,
        cases: await telling(served.url, beyond),
        another: () => variant(name)
      }
      return { lane, served }
    })
    const { mine, differing } = await compared(
      servers.map(({ lane }) => lane),
      timeFactor
    )
    await Promise.all(servers.map(({ served }) => served.close()))
    expect(differing).toEqual([])
    expect(mine.filter(({ outcome }) => outcome === 'pass').length).toBeGreaterThan(beyond.length / 2)
  })

  test('agrees with ours on every fault', { timeout: 600_000 }, async () => {
    const served = await serveAll(faults)
    const lanes = await lanesOfFaults(served.endpoint)
    const { mine, differing } = await compared(lanes, 1)
    await served.close()
    expect(differing).toEqual([])
    expect(mine.filter(({ outcome }) => outcome !== 'pass').length).toBeGreaterThan(lanes.length / 3)
  })

  test('ends with 3 and names no case where nobody listens', async () => {
    const { code, stderr } = await python(runner, 'http://127.0.0.1:1/mcp')
    expect(code).toBe(3)
    expect(stderr).toMatch(/^nothing was tested: .*refused.*\n$/i)
  })

  test('ends with 2 when no case is selected', async () => {
    const { code, stderr } = await python(runner, 'http://127.0.0.1:1/mcp', '--only', 'no/such/case')
    expect(code).toBe(2)
    expect(stderr).toMatch(/no HTTP case/)
  })

  test.each([
    ['lists the cases that ours runs over HTTP', '**'],
    ['lets * stand for a part of an id', '*/any'],
    ['takes a folder for all it holds', 'tools/any'],
    ['lets ** cross the parts of an id', 'tools/**/sh*']
  ])('%s', async (_, glob) => {
    const { code, stdout } = await python(runner, '--list', '--only', glob)
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toEqual(select(cases, { only: [glob] }).map(({ id }) => id))
  })
})
