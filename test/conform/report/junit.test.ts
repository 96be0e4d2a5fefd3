import { describe, expect, test } from 'vitest'
import { junitReport } from '../../../src/conform/report/junit.ts'
import type { Report, Strictness } from '../../../src/conform/report.ts'
import { all, childrenOf, type Element, parseMarkup, textOf } from './elements.ts'
import { everyOutcome, failure, hostile, reportOf, result } from './sample.ts'

const read = (report: Report, strictness?: Strictness): Element => parseMarkup(junitReport(report, strictness), 'xml')
const caseOf = (root: Element, id: string): Element => all(root, 'testcase', { name: id })[0]!
const childOf = (root: Element, id: string): Element | undefined => childrenOf(caseOf(root, id))[0]

describe('JUnit', () => {
  const root = read(everyOutcome())

  test('has a suite for each area and a case for each case', () => {
    const areas = ['http', 'lifecycle', 'cancel', 'stdio', 'ping', 'tools', 'structure']
    expect(all(root, 'testsuite').map(({ attributes }) => attributes['name'])).toEqual(areas)
    expect(all(root, 'testcase')).toHaveLength(everyOutcome().results.length)
    expect(caseOf(root, 'http/accept/neither').attributes).toMatchObject({ classname: 'http', time: '0.012' })
  })

  test('counts what it holds', () => {
    const [suites] = all(root, 'testsuites')
    expect(suites?.attributes).toMatchObject({ tests: '11', failures: '3', errors: '1', skipped: '4', time: '3.456' })
    for (const suite of all(root, 'testsuite')) {
      expect(suite.attributes['tests']).toBe(String(all(suite, 'testcase').length))
      expect(suite.attributes['failures']).toBe(String(all(suite, 'failure').length))
      expect(suite.attributes['skipped']).toBe(String(all(suite, 'skipped').length))
    }
  })

  test('a failure says step, title, expectation, what came and the requirement in a sentence', () => {
    const failed = childOf(root, 'http/accept/neither')!
    expect(failed.name).toBe('failure')
    expect(failed.attributes).toEqual({ message: '/status is not in [400,499]', type: 'MUST' })
    for (const part of [
      'Title of http/accept/neither',
      'Step 2: ',
      'At: /status',
      'Expected: {"$num":[400,499]}',
      'Actual: 200'
    ])
      expect(textOf(failed)).toContain(part)
    expect(textOf(failed)).toContain('HTTP-11 (MUST NOT): A JSON array in a POST')
    expect(textOf(failed)).toContain('basic/transports#sending-messages-to-the-server')
  })

  test('an error is an error, a skip is skipped with its reason', () => {
    expect(childOf(root, 'ping/lost/one')?.name).toBe('error')
    expect(childOf(root, 'cancel/running/one')).toMatchObject({
      name: 'skipped',
      attributes: { message: 'the server does not list test_slow among its tools' }
    })
  })

  test('a warning and a note pass, and say why in their output', () => {
    for (const id of ['http/accept/mixed', 'lifecycle/initialize/older'])
      expect(childOf(root, id)?.name).toBe('system-out')
    expect(textOf(childOf(root, 'http/accept/mixed')!)).toContain('warn: Title of http/accept/mixed')
  })

  test('a pass is empty', () => {
    expect(childrenOf(caseOf(root, 'lifecycle/initialize/plain'))).toEqual([])
  })

  test('a known failure is skipped, a stale one fails', () => {
    expect(childOf(root, 'tools/errors/known')).toMatchObject({
      name: 'skipped',
      attributes: { message: 'known failure: reported upstream' }
    })
    expect(childOf(root, 'tools/errors/stale')).toMatchObject({ name: 'failure', attributes: { type: 'stale' } })
  })

  test('of a strict run fails for warnings, of one without skips for skips', () => {
    expect(childOf(read(everyOutcome(), { strict: true }), 'http/accept/mixed')?.name).toBe('failure')
    expect(childOf(read(everyOutcome(), { noSkips: true }), 'cancel/running/one')?.name).toBe('failure')
    expect(childOf(read(everyOutcome(), { strict: true }), 'cancel/running/one')?.name).toBe('skipped')
  })

  test('is well formed whatever a peer writes', () => {
    const evil = `${hostile}]]><!-- \u0000\u0001\u000B\u001B[31m\uFFFE\uFFFF\uD800 \r\n\t\u{1F600}`
    const server = { revision: evil, capabilities: {}, server: { name: evil, version: evil } }
    const report = reportOf(
      [
        failure('a/b/c', { reason: evil, actual: evil, path: evil, title: evil }),
        result('a/b/d', { outcome: 'skip', reason: evil }),
        result('a/b/e', { outcome: 'info', reason: evil }),
        result('a/b/f', { outcome: 'error', reason: evil })
      ],
      { server, target: evil }
    )
    const shown = read(report)
    expect(textOf(shown)).toContain('<img src=x onerror=alert(1)>')
    expect(all(shown, 'img')).toEqual([])
    expect(textOf(childOf(shown, 'a/b/c')!)).toContain('\u{1F600}')
    expect(childOf(shown, 'a/b/c')?.attributes['message']).toContain('\\u0000\\u0001')
  })
})
