import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { casesFor, conclusionOf, conform, NothingSelectedError, UnreachableError } from '../../src/conform/index.ts'
import { count, type Result } from '../../src/conform/report.ts'
import { listeningReference, referenceApp } from '../support/reference.ts'
import { TinyServer } from '../support/tiny-server.ts'

const few = ['ping', 'tools/list']
let app: FastifyInstance
let url: string

beforeAll(async () => {
  const listening = await listeningReference()
  app = listening.app
  url = listening.url
})
afterAll(() => app.close())

const failures = (results: Result[]): string[] =>
  results.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)

describe('a run', () => {
  test('over an address reports every case in order, then the definitions that were looked at', async () => {
    const report = await conform(url, { only: few })
    const ids = report.results.map(({ id }) => id)
    const cases = ids.filter((id) => !id.startsWith('structure/'))
    expect(cases).toEqual([...cases].sort())
    expect(cases).toEqual((await casesFor('http', { only: few })).map(({ id }) => id))
    expect(ids.slice(cases.length)).toContain('structure/ListToolsResult')
    expect(report.server).toMatchObject({ server: { name: 'handwire-reference' }, revision: '2025-06-18' })
    expect(report.counts).toMatchObject({ fail: 0, error: 0, pass: report.results.length - report.counts.skip })
    expect(conclusionOf(report)).toBe('fine')
  })

  test('over an app of this process needs no socket, whatever the case does', async () => {
    const own = await referenceApp()
    onTestFinished(() => own.close())
    const only = ['resume', 'cancel/stream', 'http/host', 'origin', 'session/end']
    const report = await conform(own, { only })
    expect(failures(report.results)).toEqual([])
    expect(report.counts.pass).toBeGreaterThan(20)
    expect(own.server.listening).toBe(false)
  })

  test('over a plain node:http server at a path of its own', async () => {
    const tiny = new TinyServer()
    const address = await tiny.start()
    onTestFinished(() => tiny.stop())
    const report = await conform(new URL(address), { only: ['ping/answer'] })
    expect(report.counts.pass).toBeGreaterThan(0)
  })

  test('over a command starts a process for each case', async () => {
    const entry = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url))
    const command = [process.execPath, '--import', 'tsx', entry, 'serve', '--stdio']
    const report = await conform({ command }, { only: ['ping/answer/*'] })
    expect(report.transport).toBe('stdio')
    expect(failures(report.results)).toEqual([])
    expect(report.counts.pass).toBeGreaterThan(0)
  })

  test('tells of each result as it is there', async () => {
    const seen: [string, number, number][] = []
    await conform(url, { only: few, onResult: ({ id }, done, total) => seen.push([id, done, total]) })
    expect(seen.map(([, done]) => done)).toEqual(seen.map((_, index) => index + 1))
    expect(new Set(seen.map(([, , total]) => total))).toEqual(new Set([seen.length]))
  })

  test('gives serial cases the server to themselves, after the others', async () => {
    const cases = await casesFor('http', { only: ['resources/subscribe', 'ping'] })
    const serial = new Set(cases.filter((one) => one.serial === true).map(({ id }) => id))
    expect(serial.size).toBeGreaterThan(0)
    const order: string[] = []
    await conform(url, { only: ['resources/subscribe', 'ping'], onResult: ({ id }) => order.push(id) })
    const first = order.findIndex((id) => serial.has(id))
    expect(order.slice(first).every((id) => serial.has(id))).toBe(true)
  })

  test('finds what a server gets wrong, with the frames that show it', async () => {
    const tiny = new TinyServer()
    tiny.broken.add('pings-with-more')
    const address = await tiny.start()
    onTestFinished(() => tiny.stop())
    const report = await conform(address, { only: ['ping'] })
    const [wrong] = report.results.filter(({ outcome }) => outcome === 'fail')
    expect(wrong).toMatchObject({ area: 'ping', level: 'MUST', step: expect.any(Number) })
    expect(wrong?.frames.length).toBeGreaterThan(0)
    expect(conclusionOf(report)).toBe('faulty')
  })

  test('counts a structure that no case asked about', async () => {
    const tiny = new TinyServer()
    tiny.broken.add('nameless')
    const address = await tiny.start()
    onTestFinished(() => tiny.stop())
    const report = await conform(address, { only: ['ping/answer/*'] })
    expect(failures(report.results)).toContain('structure/InitializeResult')
  })
})

describe('a server that cannot be tested', () => {
  test('because nobody listens is an error, not a list of results', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    await expect(conform(`http://127.0.0.1:${port}/mcp`)).rejects.toThrow(UnreachableError)
  })

  test('because it wants a token says so; with the token it is tested', async () => {
    const guarded = await referenceApp()
    onTestFinished(() => guarded.close())
    const front = createServer((request, response) => {
      if (request.headers.authorization !== 'Bearer secret') response.writeHead(401).end()
      else guarded.server.emit('request', request, response)
    })
    await guarded.ready()
    await expect(conform(front, { only: ['ping/answer'] })).rejects.toThrow('it wants a token')
    const report = await conform(front, { only: ['ping/answer'], headers: { authorization: 'Bearer secret' } })
    expect(report.counts).toMatchObject({ fail: 0, error: 0 })
  })

  test('because the command is none is an error', async () => {
    await expect(conform({ command: ['handwire-no-such-program'] })).rejects.toThrow('cannot be started')
  })

  test('a selection without cases is an error', async () => {
    await expect(conform(url, { only: ['nothing/**'] })).rejects.toThrow(NothingSelectedError)
  })
})

describe('a profile', () => {
  test('turns failures into known ones, and a known one that passes into a stale one', async () => {
    const tiny = new TinyServer()
    tiny.broken.add('pings-with-more')
    const address = await tiny.start()
    onTestFinished(() => tiny.stop())
    const wrong = failures((await conform(address, { only: ['ping'] })).results)
    const knownFailures = Object.fromEntries(wrong.map((id) => [id, 'it says more']))
    const report = await conform(address, { only: ['ping'], profile: { knownFailures } })
    expect(report.counts).toMatchObject({ fail: 0, known: wrong.length, stale: 0 })
    expect(conclusionOf(report)).toBe('fine')
    tiny.broken.clear()
    const mended = await conform(address, { only: ['ping'], profile: { knownFailures } })
    expect(mended.counts.stale).toBe(wrong.length)
    expect(conclusionOf(mended)).toBe('faulty')
  })

  test('leaves cases out with its reason', async () => {
    const report = await conform(url, { only: few, profile: { skips: { 'ping/**': 'it is proxied' } } })
    const pings = report.results.filter(({ area }) => area === 'ping')
    expect(new Set(pings.map(({ outcome, reason }) => `${outcome}: ${reason}`))).toEqual(
      new Set(['skip: it is proxied'])
    )
  })

  test('says which tool stands for any', async () => {
    const any = { tool: { name: 'test_image_content', arguments: {} } }
    const report = await conform(url, { only: ['ping/answer'], profile: { any } })
    expect(report.uses.tool).toEqual(any.tool)
  })
})

describe('the conclusion', () => {
  const of = (...outcomes: Result['outcome'][]): { counts: ReturnType<typeof count> } => ({
    counts: count(outcomes.map((outcome) => ({ outcome }) as Result))
  })

  test.each<[string, Result['outcome'][], object, string]>([
    ['passes', ['pass', 'skip', 'info', 'warn'], {}, 'fine'],
    ['a failure', ['pass', 'fail', 'error'], {}, 'faulty'],
    ['an error', ['pass', 'error'], {}, 'untested'],
    ['a warning under strict', ['warn'], { strict: true }, 'faulty'],
    ['a skip without leave', ['skip'], { noSkips: true }, 'faulty']
  ])('of %s', (_, outcomes, strictness, conclusion) => {
    expect(conclusionOf(of(...outcomes), strictness)).toBe(conclusion)
  })
})
