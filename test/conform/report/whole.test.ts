import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { corpusDirectory, loadFixtures } from '../../../src/conform/fixture.ts'
import { type Exchange, httpTarget } from '../../../src/conform/http-peer.ts'
import { redact } from '../../../src/conform/redact.ts'
import { type Outcome, replay } from '../../../src/conform/replay.ts'
import { writeHtml } from '../../../src/conform/report/html.ts'
import { jsonReport } from '../../../src/conform/report/json.ts'
import { junitReport } from '../../../src/conform/report/junit.ts'
import { terminalReport } from '../../../src/conform/report/terminal.ts'
import { count, type Report, structureResults } from '../../../src/conform/report.ts'
import { socketExchange } from '../../../src/conform/socket.ts'
import { definitionsOf } from '../../../src/conform/structure.ts'
import { listeningReference } from '../../support/reference.ts'
import { parseMarkup } from './elements.ts'
import { exchange, failure, liveSession, otherSession, reportOf, userToken } from './sample.ts'

/** All a report can be printed as. */
async function everyForm(report: Report): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'handwire-report-'))
  const { page, data, index } = await writeHtml(report, directory)
  const files = await Promise.all([page, data, index].map((file) => readFile(file, 'utf8')))
  await rm(directory, { recursive: true })
  const terminal = [false, true].map((verbose) => terminalReport(report, { color: true, width: 100, verbose }))
  return [...terminal, jsonReport(report, { frames: true }), junitReport(report), ...files]
}

describe('a redacted report', () => {
  const secrets = [liveSession, otherSession, userToken, 'c29tZXRoaW5n']
  const said = JSON.stringify({ session: otherSession, token: userToken })
  const frames = [...exchange(), ...exchange(otherSession)].map((frame) => ({
    ...frame,
    text: `${frame.text ?? ''}${said}`,
    ...(frame.request === undefined
      ? {}
      : { request: { ...frame.request, headers: { ...frame.request.headers, authorization: 'Basic c29tZXRoaW5n' } } })
  }))
  const one = failure('a/b/c', {
    frames,
    reason: `${liveSession} and ${userToken}`,
    expected: { id: otherSession },
    actual: { [userToken]: liveSession }
  })
  const report = reportOf([one], {
    target: `http://h/${userToken}/mcp`,
    server: { revision: userToken, capabilities: { [liveSession]: {} }, server: { name: userToken, version: '1' } }
  })

  test('holds no secret in any form', async () => {
    for (const text of await everyForm(redact(report, [`Bearer ${userToken}`])))
      for (const secret of secrets) expect(text).not.toContain(secret)
  })

  test('is a test that can fail: the report as it was holds all of them', async () => {
    const texts = (await everyForm(report)).join()
    for (const secret of [liveSession, userToken, 'c29tZXRoaW5n']) expect(texts).toContain(secret)
  })
})

describe('a run against the reference server behind a proxy that drops the Origin header', () => {
  const { exchange: reach, close } = socketExchange()
  const blind: Exchange = (request) => {
    const { origin: _, ...headers } = request.headers
    return reach({ ...request, headers })
  }
  let report: Report
  let server: Awaited<ReturnType<typeof listeningReference>>
  const outcomes: Outcome[] = []

  beforeAll(async () => {
    server = await listeningReference()
    const schema = JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8'))
    const definitions = definitionsOf(schema)
    const target = httpTarget({ url: server.url, exchange: blind })
    const cases = (await loadFixtures(fileURLToPath(corpusDirectory))).filter(
      ({ id, transports }) => transports.includes('http') && /^(origin\/foreign|ping)\//.test(id)
    )
    const levels = new Map(cases.map(({ id, level }) => [id, level]))
    await Promise.all(
      cases.map(async (fixture) => outcomes.push(await replay(fixture, target, { definitions, timeFactor: 4 })))
    )
    outcomes.sort((one, other) => (one.id < other.id ? -1 : 1))
    const results = outcomes.map(({ structure: _structure, server: _server, ...rest }) => ({
      ...rest,
      area: rest.id.split('/')[0]!,
      level: levels.get(rest.id)!
    }))
    const all = [...results, ...structureResults(outcomes)]
    const hello = outcomes.find((outcome) => outcome.server !== undefined)?.server
    report = reportOf(all, {
      target: server.url,
      counts: count(all),
      ...(hello === undefined ? {} : { server: hello })
    })
  })

  afterAll(async () => {
    close()
    await server.app.close()
  })

  test('breaks SEC-01 and nothing else that it tests', () => {
    const broken = report.results.filter(({ outcome }) => outcome === 'fail')
    expect(broken.length).toBeGreaterThan(2)
    expect(new Set(broken.map(({ requirements }) => requirements[0]))).toEqual(new Set(['SEC-01']))
    expect(report.counts.pass).toBeGreaterThan(10)
  })

  test('is told on a terminal with the requirement once, the exchange and the other cases', () => {
    const text = terminalReport(redact(report), { color: false, width: 100 })
    expect(text).toContain('handwire-reference')
    expect(text.match(/✗ SEC-01 MUST {2}The Origin header/g)).toHaveLength(1)
    expect(text).toContain('basic/transports#security-warning')
    expect(text).toMatch(/→ POST \/mcp {2}#1\n\s+origin: /)
    expect(text).toMatch(/Expected {2}\{"\$num":\[400,499\]\}\n\s+Actual {4}200/)
    expect(text).toMatch(/Same in {3}\d+ more cases: origin\/foreign\//)
    expect(text).toMatch(/Again {5}handwire conform http:\/\/127\.0\.0\.1:\d+\/mcp --only origin\/foreign\//)
  })

  test('has no session id of the server in any form', async () => {
    const ids = report.results.flatMap(({ frames }) =>
      frames.flatMap(({ answer }) => answer?.headers['mcp-session-id'] ?? [])
    )
    expect(ids.length).toBeGreaterThan(10)
    for (const text of await everyForm(redact(report))) for (const id of ids) expect(text).not.toContain(id)
  })

  test('is well formed as XML and HTML', async () => {
    const forms = await everyForm(redact(report))
    const [, , , xml, page, , index] = forms
    expect(() => parseMarkup(xml!, 'xml')).not.toThrow()
    expect(() => parseMarkup(page!, 'html')).not.toThrow()
    expect(() => parseMarkup(index!, 'html')).not.toThrow()
  })
})
