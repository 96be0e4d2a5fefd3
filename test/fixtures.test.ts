import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { corpusDirectory, type Fixture, loadFixtures, verbOf } from '../src/conform/fixture.ts'
import { httpTarget } from '../src/conform/http-peer.ts'
import { at } from '../src/conform/json.ts'
import type { Target } from '../src/conform/peer.ts'
import { replay } from '../src/conform/replay.ts'
import { socketExchange } from '../src/conform/socket.ts'
import { definitionsOf } from '../src/conform/structure.ts'
import { beyondReference, messagesOnly } from './support/beyond.ts'
import { Oracle } from './support/oracle.ts'
import { listeningReference } from './support/reference.ts'
import { coreTarget, processTarget, streamTarget } from './support/targets.ts'

const definitions = definitionsOf(JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8')))
const fixtures = await loadFixtures(fileURLToPath(corpusDirectory))
const only = process.env['FIXTURE']
const wanted = only === undefined ? fixtures : fixtures.filter(({ id }) => id.includes(only))
/** What this server cannot be asked is asked of others, in fixtures-extended.test.ts. */
const beyond = await beyondReference(wanted)
const chosen = wanted.filter(({ id }) => !beyond.has(id))

const verbs = (fixture: Fixture): string[] => fixture.steps.map(verbOf)
const raw = ['line', 'eof', 'exit']
const onStdio = (fixture: Fixture): boolean => fixture.transports.includes('stdio')

/** Judges by the official schema what the server sends in every case. */
const oracle = new Oracle()
const { exchange, close } = socketExchange()
let app: FastifyInstance
let core: Target
let overHttp: Target

beforeAll(async () => {
  const listening = await listeningReference({ limits: { sessions: 100_000 }, onFrame: oracle.tap })
  app = listening.app
  core = coreTarget(app.mcp.host)
  overHttp = httpTarget({ url: listening.url, exchange })
})

afterAll(async () => {
  close()
  await app.close()
})

function replayAll(
  title: string,
  cases: Fixture[],
  target: () => Target,
  { timeFactor = 4, sideBySide = true } = {}
): void {
  const verdict = async (fixture: Fixture): Promise<void> => {
    const { outcome, reason, step, expected, actual, structure } = await replay(fixture, target(), {
      definitions,
      timeFactor
    })
    // what was recorded from a foreign server may need what ours does not have, and nothing else may be left out
    const foreign = at('/provenance/server/name', fixture as never) ?? 'handwire-reference'
    const wanted =
      foreign === 'handwire-reference'
        ? { outcome: 'pass' }
        : { outcome: 'skip', reason: expect.stringContaining('does not list') }
    expect({ outcome, reason, step, expected, actual, faults: structure.faults }).toMatchObject({
      ...wanted,
      faults: []
    })
  }
  // cases that touch what all sessions share have the server to themselves
  const [alone, together] = [true, false].map((serial) =>
    cases.filter((fixture) => (fixture.serial === true || !sideBySide) === serial)
  )
  if (together!.length > 0) {
    describe.concurrent(`${title}, side by side`, () => {
      test.each(together!.map((fixture) => [fixture.id, fixture] as const))('%s', (_, fixture) => verdict(fixture))
    })
  }
  if (alone!.length > 0) {
    describe(`${title}, one after the other`, () => {
      test.each(alone!.map((fixture) => [fixture.id, fixture] as const))('%s', (_, fixture) => verdict(fixture))
    })
  }
}

replayAll('against the core alone', chosen.filter(messagesOnly), () => core)
replayAll(
  'against the server over HTTP',
  chosen.filter(({ transports }) => transports.includes('http')),
  () => overHttp
)
replayAll(
  'against stdio in this process',
  chosen.filter((fixture) => onStdio(fixture) && verbs(fixture).some((verb) => raw.includes(verb))),
  streamTarget
)
// a process takes its time to start
replayAll(
  'against stdio as a subprocess',
  chosen.filter((fixture) => verbs(fixture).includes('exit')),
  processTarget,
  { timeFactor: 8, sideBySide: false }
)

test('every message that the server sent in these cases is valid by a judge that is not ours', () => {
  expect(oracle.sent.length).toBeGreaterThan(0)
  oracle.verify()
})
