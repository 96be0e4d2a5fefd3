import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { corpusDirectory } from '../../../src/conform/fixture.ts'
import { at, type Json } from '../../../src/conform/json.ts'
import { jsonReport, machineReport } from '../../../src/conform/report/json.ts'
import { compileJsonSchema } from '../../../src/protocol/schema.ts'
import { everyOutcome, exchange, failure, reportOf, result } from './sample.ts'

const schema = JSON.parse(readFileSync(new URL('report.schema.json', corpusDirectory), 'utf8')) as object
const valid = compileJsonSchema(schema)
const read = (...given: Parameters<typeof jsonReport>) => JSON.parse(jsonReport(...given))

describe('the machine form', () => {
  test.each([false, true])('fits its schema (frames: %s)', (frames) => {
    valid(read(everyOutcome(), { frames }))
    expect(valid.errors).toBeNull()
  })

  test('of a server that was never greeted fits its schema, with null for the peer', () => {
    const { server: _, ...report } = everyOutcome()
    expect(read(report).peer).toBeNull()
    expect(valid(read(report))).toBe(true)
  })

  test('of a run without results fits its schema', () => {
    expect(valid(read(reportOf([])))).toBe(true)
  })

  test('has a record for each case, sorted by id', () => {
    const ids = machineReport(everyOutcome()).cases.map(({ id }) => id)
    expect(ids).toHaveLength(everyOutcome().results.length)
    expect(ids).toEqual([...ids].sort())
  })

  test('says of a failure what was asked and what came', () => {
    const [record] = machineReport(reportOf([failure('a/b/c')])).cases
    expect(record).toEqual({
      id: 'a/b/c',
      area: 'a',
      title: 'Title of a/b/c',
      level: 'MUST',
      outcome: 'fail',
      reason: '/status is not in [400,499]',
      step: 2,
      path: '/status',
      expected: { $num: [400, 499] },
      actual: 200,
      ms: 12.3,
      requirements: ['HTTP-11']
    })
  })

  test('keeps null and false as what came, which is not the same as nothing', () => {
    const given = [null, false].map((actual, index) => failure(`a/b/${index}`, { actual }))
    const { actual: _, ...nothing } = failure('a/b/2')
    expect(machineReport(reportOf([...given, nothing])).cases.map((record) => record.actual)).toEqual([
      null,
      false,
      undefined
    ])
  })

  test('says who was tested and what was used', () => {
    expect(machineReport(everyOutcome())).toMatchObject({
      format: 'handwire-conform/1',
      peer: { name: 'acme', version: '1.2.3', revision: '2025-06-18', capabilities: { logging: {} } },
      target: 'http://127.0.0.1:3000/mcp',
      transport: 'http',
      uses: { tool: { name: 'echo', arguments: {} } },
      counts: { fail: 2, known: 1, stale: 1 }
    })
  })

  test('has frames only when asked for', () => {
    const report = reportOf([failure('a/b/c', { frames: exchange() })])
    expect(machineReport(report).cases[0]).not.toHaveProperty('frames')
    expect(machineReport(report, { frames: true }).cases[0]?.frames).toEqual(exchange())
  })

  test('is the same text for the same report, members in the same order', () => {
    const { ms, title, ...rest } = failure('a/b/c')
    expect(jsonReport(reportOf([{ title, ...rest, ms }]))).toBe(jsonReport(reportOf([failure('a/b/c')])))
  })
})

describe('what became of the requirements', () => {
  const requirementsOf = (...results: Parameters<typeof reportOf>[0]) => machineReport(reportOf(results)).requirements

  test('kept: a case passed and none failed', () => {
    expect(requirementsOf(result('a/b/c'), result('a/b/d', { outcome: 'skip' })).kept).toEqual(['HTTP-11'])
  })

  test.each(['fail', 'warn'] as const)('broken: a case ended as %s, though another passed', (outcome) => {
    expect(requirementsOf(result('a/b/c'), result('a/b/d', { outcome })).broken).toEqual(['HTTP-11'])
  })

  test('broken: also where the profile knows it', () => {
    expect(requirementsOf(failure('a/b/c', { known: 'why' })).broken).toEqual(['HTTP-11'])
  })

  test.each(['skip', 'error', 'info'] as const)('untested: its only case ended as %s', (outcome) => {
    expect(requirementsOf(result('a/b/c', { outcome })).untested).toEqual(['HTTP-11'])
  })
})

describe('the schema', () => {
  const whole = (): Record<string, unknown> => read(everyOutcome(), { frames: true })

  test.each(['format', 'peer', 'counts', 'cases', 'requirements'])('wants the member %s', (name) => {
    const { [name]: _, ...rest } = whole()
    expect(valid(rest)).toBe(false)
  })

  test.each(['', '/cases/0', '/peer', '/counts', '/uses', '/requirements'])('is closed at %j', (place) => {
    const report = whole()
    Object.assign(at(place, report as Json) as object, { more: 1 })
    expect(valid(report)).toBe(false)
  })

  test('is closed in a frame', () => {
    const report = read(reportOf([failure('a/b/c', { frames: exchange() })]), { frames: true })
    for (const place of ['', '/request', '/answer']) {
      const changed = structuredClone(report)
      Object.assign(at(`/cases/0/frames/${place === '/answer' ? 1 : 0}${place}`, changed) as object, { more: 1 })
      expect(valid(changed)).toBe(false)
    }
  })

  test('knows no other outcome', () => {
    const report = whole() as { cases: { outcome: string }[] }
    report.cases[0]!.outcome = 'ok'
    expect(valid(report)).toBe(false)
  })
})
