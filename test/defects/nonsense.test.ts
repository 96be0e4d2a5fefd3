/** No case passes against what is no server: whoever sees a pass may believe that something answered as it should. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fixture } from '../../src/conform/fixture.ts'
import { httpTarget } from '../../src/conform/http-peer.ts'
import type { Target } from '../../src/conform/peer.ts'
import type { Outcome } from '../../src/conform/replay.ts'
import { socketExchange } from '../../src/conform/socket.ts'
import { corpus, inParallel, play } from './guard.ts'
import { closedPort, commands, commandTarget, listening, nonsense } from './nonsense.ts'

const width = 16
const { exchange, close } = socketExchange()
let cases: Fixture[]

beforeAll(async () => {
  cases = await corpus()
})

afterAll(close)

/** What says nothing that a case could wait for; the others answer at once, or as soon as the machine lets them. */
const mute = new Set(['no answer at all', 'a process that prints garbage'])

/** The outcomes of all cases for the target's transport. */
function replayAll(target: Target, what = ''): Promise<Outcome[]> {
  const chosen = cases.filter(({ transports }) => transports.includes(target.transport))
  return inParallel(chosen, width, (fixture) => play(fixture, target, mute.has(what) ? 0.02 : 0.2))
}

const ended = (outcomes: Outcome[], as: Outcome['outcome']): string[] =>
  outcomes.filter(({ outcome }) => outcome === as).map(({ id }) => id)

test.each(Object.entries(nonsense))('no case passes against %s', { timeout: 120_000 }, async (what, listener) => {
  const server = await listening(listener)
  const outcomes = await replayAll(httpTarget({ url: server.url, exchange }), what)
  server.close()
  expect(ended(outcomes, 'pass')).toEqual([])
  expect(outcomes.length).toBeGreaterThan(700)
})

test('against a closed port every case is an error', { timeout: 60_000 }, async () => {
  const outcomes = await replayAll(httpTarget({ url: await closedPort(), exchange }))
  expect(ended(outcomes, 'error')).toHaveLength(outcomes.length)
})

test.each(Object.entries(commands))('no case passes against %s', { timeout: 120_000 }, async (what, command) => {
  const outcomes = await replayAll(commandTarget(command), what)
  expect(ended(outcomes, 'pass')).toEqual([])
  expect(outcomes.length).toBeGreaterThan(450)
})
