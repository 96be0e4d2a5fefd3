/**
 * The cases that the reference server cannot be asked, against servers that offer more than it does, or less, or are behind a
 * door. Together with test/fixtures.test.ts every case of the corpus passes somewhere.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { corpusDirectory, type Fixture, loadFixtures } from '../src/conform/fixture.ts'
import { httpTarget } from '../src/conform/http-peer.ts'
import type { Target } from '../src/conform/peer.ts'
import { type ReplayOptions, replay } from '../src/conform/replay.ts'
import { socketExchange } from '../src/conform/socket.ts'
import { definitionsOf } from '../src/conform/structure.ts'
import { guardedTarget } from './defects/guard.ts'
import { type ListeningGuarded, listeningBehindIssuer } from './support/auth-target.ts'
import { beyondReference, isAboutDoors, messagesOnly } from './support/beyond.ts'
import { coreTarget } from './support/targets.ts'
import { listeningVariant, type Variant, type VariantName, variants } from './support/variants.ts'

const definitions = definitionsOf(JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8')))
const fixtures = await loadFixtures(fileURLToPath(corpusDirectory))
const only = process.env['FIXTURE']
const chosen = only === undefined ? fixtures : fixtures.filter(({ id }) => id.includes(only))
const { exchange, close } = socketExchange()

const ids = await beyondReference(chosen)
const beyond = chosen.filter(({ id }) => ids.has(id))
const passed = new Set<string>()
const started = new Map<VariantName, Variant>()
let guarded: ListeningGuarded

beforeAll(async () => {
  for (const name of Object.keys(variants) as VariantName[]) started.set(name, await listeningVariant(name))
  guarded = await listeningBehindIssuer()
})

afterAll(async () => {
  close()
  await Promise.all([...started.values()].map(({ app }) => app.close()))
  await guarded.close()
})

/** Passes, or says what it lacks: nothing between. */
async function verdict(fixture: Fixture, target: Target, hints: ReplayOptions['hints'] = {}): Promise<void> {
  const { outcome, reason, step, expected, actual, structure } = await replay(fixture, target, {
    definitions,
    timeFactor: 4,
    hints
  })
  if (outcome === 'pass') passed.add(fixture.id)
  const wanted = outcome === 'skip' ? 'skip' : 'pass'
  expect({ outcome, reason, step, expected, actual, faults: structure.faults }).toMatchObject({
    outcome: wanted,
    faults: []
  })
}

for (const name of Object.keys(variants) as VariantName[]) {
  for (const serial of [false, true]) {
    const cases = beyond.filter(({ needs = {}, serial: alone = false }) => alone === serial && !isAboutDoors(needs))
    if (cases.length === 0) continue
    const group = serial ? describe : describe.concurrent
    group(`against the ${name} server, ${serial ? 'one after the other' : 'side by side'}`, () => {
      for (const fixture of cases) {
        if (fixture.transports.includes('http')) {
          test(`over HTTP: ${fixture.id}`, () =>
            verdict(fixture, httpTarget({ url: started.get(name)!.url, exchange })))
        }
        if (messagesOnly(fixture)) {
          test(`the core alone: ${fixture.id}`, () => verdict(fixture, coreTarget(started.get(name)!.host)))
        }
      }
    })
  }
}

describe.concurrent('against a server behind a door, side by side', () => {
  for (const fixture of beyond.filter(({ needs = {} }) => isAboutDoors(needs))) {
    test(`over HTTP: ${fixture.id}`, () => {
      const target = guardedTarget(guarded.tokens, (headers) => httpTarget({ url: guarded.url, exchange, headers }))
      return verdict(fixture, target, target.tokens === undefined ? {} : { tokens: target.tokens })
    })
  }
})

test('every case that the reference server cannot be asked passes against one of these', () => {
  expect(beyond.map(({ id }) => id).filter((id) => !passed.has(id))).toEqual([])
})
