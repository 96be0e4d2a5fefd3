/**
 * The guard of the corpus: a server with one fault does not pass, and a server without any does. Each fault is looked for
 * over HTTP, and over stdio when it is one of stdio; with DEFECTS=everywhere on every transport it has.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { corpusDirectory, type Fixture } from '../../src/conform/fixture.ts'
import { httpTarget } from '../../src/conform/http-peer.ts'
import type { Target } from '../../src/conform/peer.ts'
import type { Outcome } from '../../src/conform/replay.ts'
import { socketExchange } from '../../src/conform/socket.ts'
import { extended, type Fault, guarded, must, only, type Transport } from './fault.ts'
import { type ServedFaults, serveAll } from './front.ts'
import { corpus, guardedTarget, inParallel, patient, play, quick, type Sighting, scoreOf, seek } from './guard.ts'
import { areas, faults } from './index.ts'
import { lineTarget } from './line-front.ts'

interface Requirement {
  id: string
  side: string
}

const everywhere = process.env['DEFECTS'] === 'everywhere'
const width = 6
const atOnce = 4
const nothing = must('none', 'RPC-01', 'Nothing is wrong.', () => ({}))
const [more] = extended({ ...nothing, name: 'none-extended' }) as [Fault]
const [shut] = only('http', ...guarded({ ...nothing, name: 'none-guarded' })) as [Fault]

const { exchange, close } = socketExchange()
const index = JSON.parse(readFileSync(new URL('requirements.json', corpusDirectory), 'utf8')) as {
  requirements: Requirement[]
}
/** Cases that did not pass in a hurry, though nothing was wrong. What they see in a hurry is no evidence. */
const slow = new Set<string>()
let cases: Fixture[]
let served: ServedFaults

beforeAll(async () => {
  cases = await corpus()
  served = await serveAll([...faults, more, shut])
})

afterAll(async () => {
  close()
  await served.close()
})

async function targetOf(fault: Fault, transport: Transport): Promise<Target> {
  if (transport === 'stdio') return lineTarget(fault)
  const url = await served.endpoint(fault.name)
  return guardedTarget(await served.tokens(fault.name), (headers) => httpTarget({ url, exchange, headers }))
}

const clean = ({ outcome, structure }: Outcome): boolean => outcome === 'pass' && structure.outcome === 'pass'
/** What the case needs is not there: it was never begun. */
const unasked = ({ outcome, step }: Outcome): boolean => outcome === 'skip' && step === undefined

/** The outcome of a case against servers without a fault: the reference server, and if need be others with more of what there is. */
async function control(fixture: Fixture, targets: Target[], timeFactor: number): Promise<Outcome> {
  const [first, ...others] = targets as [Target, ...Target[]]
  let outcome = await play(fixture, first, timeFactor)
  for (const other of others) if (unasked(outcome)) outcome = await play(fixture, other, timeFactor)
  return outcome
}

test('every area of the corpus has at least three faults', () => {
  const folders = new Set(cases.map(({ id }) => id.split('/')[0] as string))
  folders.delete('recordings')
  expect(Object.keys(areas).sort()).toEqual([...folders].sort())
  for (const list of Object.values(areas)) expect(list.length).toBeGreaterThanOrEqual(3)
})

test('there are at least 170 faults, each with a name of its own', () => {
  expect(faults.length).toBeGreaterThanOrEqual(170)
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
})

test('every fault breaks requirements that servers have', () => {
  const known = new Map(index.requirements.map(({ id, side }) => [id, side]))
  const strange = faults.flatMap(({ name, requirements }) =>
    requirements.filter((id) => !['server', 'both'].includes(known.get(id) ?? '')).map((id) => `${name}: ${id}`)
  )
  expect(strange).toEqual([])
})

test.each<Transport>(['http', 'stdio'])(
  'without a fault every case passes over %s',
  { timeout: 120_000 },
  async (transport) => {
    const servers = transport === 'http' ? [nothing, more, shut] : [nothing, more]
    const targets = await Promise.all(servers.map((server) => targetOf(server, transport)))
    const ours = cases.filter(({ transports }) => transports.includes(transport))
    const [alone, together] = [true, false].map((serial) =>
      ours.filter((fixture) => (fixture.serial === true) === serial)
    )
    const look = async (fixture: Fixture): Promise<Outcome> => {
      const outcome = await control(fixture, targets, quick)
      return outcome
    }
    const outcomes = [...(await inParallel(together!, width, look)), ...(await inParallel(alone!, 1, look))]
    const late = outcomes.filter((outcome) => !clean(outcome) && !unasked(outcome)).map(({ id }) => id)
    const again = await inParallel(
      ours.filter(({ id }) => late.includes(id)),
      1,
      (fixture) => control(fixture, targets, patient)
    )
    for (const id of late) slow.add(id)
    expect(
      again.filter((outcome) => !clean(outcome)).map(({ id, reason, structure }) => ({ id, reason, structure }))
    ).toEqual([])
    expect(outcomes.filter(clean).length + again.length).toBeGreaterThan(0.9 * ours.length)
  }
)

test('with each fault at least one case fails', { timeout: 240_000 }, async () => {
  const jobs = faults.flatMap((fault) =>
    fault.transports.slice(0, everywhere ? 2 : 1).map((transport) => ({ fault, transport }))
  )
  const look = async ({ fault, transport }: (typeof jobs)[number]): Promise<Sighting> => {
    const target = await targetOf(fault, transport)
    const hurried = await seek(fault, transport, cases, target, { timeFactor: quick, atOnce })
    const doubtful = hurried.by === undefined || slow.has(hurried.by)
    const sighting = doubtful
      ? await seek(fault, transport, cases, target, { timeFactor: patient, atOnce: 1 })
      : hurried
    if (transport === 'http') await served.release(fault.name)
    return sighting
  }
  const sightings = await inParallel(jobs, width, look)
  process.stdout.write(`${scoreOf(sightings)}\n`)
  const missed = sightings
    .filter(({ by }) => by === undefined)
    .map(({ fault, transport }) => `${fault.name} (${transport})`)
  const errors = sightings.flatMap(({ fault, tried }) =>
    tried.filter(({ outcome }) => outcome === 'error').map(({ id, reason }) => `${fault.name}: ${id}: ${reason}`)
  )
  expect(errors).toEqual([])
  expect(missed).toEqual([])
})
