import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { record } from '../../scripts/record/recorder.ts'
import { type RunningServer, startReference } from '../../scripts/record/servers.ts'
import { sessions } from '../../scripts/record/sessions.ts'
import { corpusDirectory, fixtureCheck, readMetaSchema } from '../../src/conform/fixture.ts'
import { grow, handOf } from '../../src/conform/record/grow.ts'
import { difference, normalise } from '../../src/conform/record/normalise.ts'

const directory = new URL('recordings/', corpusDirectory)
const committed = (suffix: string): string[] =>
  readdirSync(fileURLToPath(directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length).replaceAll('\\', '/'))
    .sort()
const text = (file: string): string => readFileSync(new URL(file, directory), 'utf8')
const names = committed('.jsonl')
const check = fixtureCheck(await readMetaSchema())

describe('the committed recordings', () => {
  test('every case has its capture, and every capture its case', () => {
    expect(names.length).toBeGreaterThan(0)
    expect(committed('.json')).toEqual(names)
  })

  test.each(names)('%s: normalising twice is normalising once', (name) => {
    const once = normalise(text(`${name}.jsonl`))
    expect(normalise(once)).toBe(once)
  })

  test.each(names)('%s: the case is what grows from its capture', (name) => {
    const written = text(`${name}.json`)
    const hand = handOf(check(JSON.parse(written), name))
    expect(grow(text(`${name}.jsonl`), `recordings/${name}`, hand).text).toBe(written)
  })

  test.each(names)('%s: the case grows from the normal form as well', (name) => {
    const hand = handOf(undefined)
    const raw = text(`${name}.jsonl`)
    expect(grow(normalise(raw), name, hand).text).toBe(grow(raw, name, hand).text)
  })
})

describe('three recordings of one session', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startReference()
  })
  afterAll(() => server.stop())

  const chosen = ['sdk-v1-client/elicitation', 'sdk-v1-client/calls-at-once', 'sdk-v2-client/call-with-progress']
  test.each(chosen)('%s: have the same normal form', async (name) => {
    const session = sessions.find((one) => one.name === name)!
    const captures: string[] = []
    while (captures.length < 3) captures.push(await record(session, server, '2026-11-22'))
    const [first, second, third] = captures.map(normalise)
    expect(difference(first!, second!)).toBeUndefined()
    expect(difference(first!, third!)).toBeUndefined()
    expect(new Set(captures).size).toBe(3)
  })
})
