/** `handwire serve` behind both of its doors, judged by `conform`: with a token of `--token`, and with one of `--auth-server`. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conform, type Report } from '../../../src/conform/index.ts'
import { visiting } from './scenarios.ts'
import { ann, Serving } from './serving.ts'
import { strict } from './strict.ts'
import { enter } from './visitor.ts'

const plain = 'a-token-of-the-command-line'
let serving: Serving

beforeAll(async () => {
  serving = await Serving.started(['--token', plain])
})

afterAll(() => serving.close())

const judged = (token: string): Promise<Report> =>
  conform(serving.url, { headers: { authorization: `Bearer ${token}` }, timeFactor: 4 })

/** What is wrong, in words. */
const faults = ({ results }: Report): string[] =>
  results
    .filter(({ outcome }) => ['fail', 'error', 'warn'].includes(outcome))
    .map(({ id, outcome, reason }) => `${outcome} ${id}: ${reason}`)

// some cases hang on how busy the machine is
test('the whole corpus with a token of --token', { timeout: 120_000, retry: 1 }, async () => {
  const report = await judged(plain)
  expect(faults(report)).toEqual([])
  expect(report.counts.pass).toBeGreaterThan(1000)
})

test('the cases of authorization with a token of --auth-server', { timeout: 60_000, retry: 1 }, async () => {
  const visitor = visiting(strict, serving)
  await enter(visitor, serving, ann)
  const report = await conform(serving.url, {
    headers: { authorization: `Bearer ${visitor.wallet.held.access}` },
    only: ['authorization'],
    timeFactor: 4
  })
  expect(faults(report)).toEqual([])
  expect(report.counts.pass).toBeGreaterThan(60)
})
