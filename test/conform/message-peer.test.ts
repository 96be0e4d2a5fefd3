import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { corpusDirectory, type Fixture } from '../../src/conform/fixture.ts'
import { type MessageChannel, messageTarget } from '../../src/conform/message-peer.ts'
import type { Exit, StdioSide } from '../../src/conform/peer.ts'
import { type Outcome, replay } from '../../src/conform/replay.ts'
import { definitionsOf } from '../../src/conform/structure.ts'

const definitions = definitionsOf(
  JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8')) as {
    definitions: Record<string, unknown>
  }
)

type Fault = 'silent' | 'lingers' | 'exits-badly' | 'chatters' | 'deaf-to-lines' | 'dies'

/** A server in this process: answers ping, tells of every notification it gets, asks for the roots when called. */
class TinyChannel implements MessageChannel {
  readonly raw?: StdioSide
  closed = false
  readonly #fault: Fault | undefined
  #listener: (text: string) => void = () => undefined
  #exit: (exit: Exit) => void = () => undefined

  constructor(raw: boolean, fault?: Fault) {
    this.#fault = fault
    if (!raw) return
    const exited = new Promise<Exit>((resolve) => {
      this.#exit = resolve
    })
    if (fault === 'dies') this.#exit({ code: 1, signal: null })
    this.raw = { line: (text) => this.#line(text), eof: () => this.#eof(), exited }
  }

  onMessage(listener: (text: string) => void): void {
    this.#listener = listener
  }

  send(text: string): unknown {
    if (this.#fault === 'silent' || this.#fault === 'dies') return
    const { id, method, result } = JSON.parse(text) as { id?: unknown; method?: string; result?: unknown }
    const say = (message: object): void => this.#say(JSON.stringify({ jsonrpc: '2.0', ...message }))
    const capabilities = { tools: {} }
    const serverInfo = { name: 'tiny', version: '1' }
    if (method === 'initialize') return say({ id, result: { protocolVersion: '2025-06-18', capabilities, serverInfo } })
    if (method === 'notifications/initialized') return this.#fault === 'chatters' ? this.#say('ready!') : undefined
    if (method === 'ping') return say({ id, result: {} })
    if (method === 'tools/call') return say({ id: 'ask', method: 'roots/list' })
    if (method === undefined)
      return say({ id: 5, result: { content: [{ type: 'text', text: JSON.stringify(result) }] } })
    if (method === 'tools/list') return say({ id, result: { tools: [] } })
    return say({ method: 'notifications/message', params: { level: 'info', data: method } })
  }

  close(): void {
    this.closed = true
  }

  #say(text: string): void {
    queueMicrotask(() => this.#listener(text))
  }

  #line(text: string): void {
    if (this.#fault !== 'deaf-to-lines')
      this.#say(`{"jsonrpc":"2.0","error":{"code":-32700,"message":${JSON.stringify(text)}}}`)
  }

  #eof(): void {
    if (this.#fault !== 'lingers') this.#exit({ code: this.#fault === 'exits-badly' ? 1 : 0, signal: null })
  }
}

const fixture = (steps: object[], more: Partial<Fixture> = {}): Fixture => ({
  id: 'runner/test/case',
  title: 'A case of the runner itself',
  revision: ['2025-06-18'],
  level: 'MUST',
  kind: 'positive',
  requirements: [],
  transports: ['http', 'stdio'],
  steps: steps as Fixture['steps'],
  provenance: { from: 'hand' },
  ...more
})

const channels: TinyChannel[] = []
const play = (
  steps: object[],
  options: { raw?: boolean; fault?: Fault; more?: Partial<Fixture> } = {}
): Promise<Outcome> => {
  const connect = (): TinyChannel => {
    const channel = new TinyChannel(options.raw ?? true, options.fault)
    channels.push(channel)
    return channel
  }
  const timeFactor = options.fault === undefined ? 1 : 0.05
  return replay(fixture(steps, options.more), messageTarget({ name: 'tiny', connect }), { definitions, timeFactor })
}

const ping = { request: { id: 1, method: 'ping' }, expect: { id: 1, result: { $only: {} } } }

describe('message verbs over a channel', () => {
  test('speak without any HTTP, and what is said of HTTP and streams is not looked at', async () => {
    const outcome = await play([
      { request: { id: 1, method: 'ping' }, as: 'p', http: { status: 418 } },
      { expect: { on: 'p', message: { id: 1, result: { $only: {} } } } },
      { notify: { method: 'notifications/unknown' }, http: { status: 418 } },
      { expect: { message: { method: 'notifications/message', params: { data: 'notifications/unknown' } } } },
      { request: { id: 5, method: 'tools/call', params: { name: 'x' } }, as: 'p' },
      { expect: { on: 'p', message: { id: { $set: 'ask' }, method: 'roots/list' } } },
      { respond: { id: { $get: 'ask' }, result: { roots: [] } } },
      { expect: { message: { id: 5, result: { content: [{ text: '{"roots":[]}' }] } } } },
      { collect: { where: { method: { $is: 'string' } } }, match: { $len: [2, 2] } },
      { pages: { method: 'tools/list' }, match: [] },
      { never: {}, forMs: 5 }
    ])
    expect(outcome).toMatchObject({
      outcome: 'pass',
      structure: { outcome: 'pass' },
      server: { revision: '2025-06-18' }
    })
    expect(channels.at(-1)?.closed).toBe(true)
  })

  test('a second session is a second channel', async () => {
    const before = channels.length
    const outcome = await play([{ open: 'B' }, { ...ping, in: 'B' }, ping])
    expect(outcome).toMatchObject({ outcome: 'pass' })
    expect(channels.length - before).toBe(2)
  })

  test.each<[string, object[]]>([
    ['http', [{ http: { method: 'GET' } }]],
    ['listen', [{ listen: 'g' }]],
    ['drop', [{ request: { id: 1, method: 'ping' }, as: 'p' }, { drop: 'p' }]],
    ['end', [{ end: 'p' }]]
  ])('%s is a skip', async (_, steps) => {
    expect(await play(steps)).toMatchObject({ outcome: 'skip', reason: 'the case needs HTTP' })
  })

  test('a feature of HTTP is a need that is not met, and a case for http alone is not played', async () => {
    expect(await play([ping], { more: { needs: { features: ['session'] } } })).toMatchObject({ outcome: 'skip' })
    expect(await play([ping], { more: { transports: ['http'] } })).toMatchObject({ outcome: 'skip' })
  })
})

describe('stdio verbs', () => {
  const line = [{ line: 'not json' }, { expect: { message: { error: { code: -32700, message: 'not json' } } } }]
  const leave = [{ eof: true }, { exit: { code: 0, signal: null } }]

  test.each<[string, object[], Fault, number]>([
    ['line', line, 'deaf-to-lines', 2],
    ['eof', leave, 'lingers', 2],
    ['exit', leave, 'exits-badly', 2]
  ])('%s passes with an obedient server and fails with a broken one', async (_, steps, fault, step) => {
    expect(await play(steps)).toMatchObject({ outcome: 'pass', structure: { outcome: 'pass' } })
    expect(await play(steps, { fault })).toMatchObject({ outcome: 'fail', step })
  })

  test('are a skip where there is no process', async () => {
    for (const steps of [line, leave, [{ exit: {} }]]) {
      expect(await play(steps, { raw: false })).toMatchObject({
        outcome: 'skip',
        reason: 'the case needs a process on stdio'
      })
    }
  })
})

describe('a channel', () => {
  test('that says what is no JSON fails the structure verdict', async () => {
    const outcome = await play([ping], { fault: 'chatters' })
    expect(outcome).toMatchObject({ outcome: 'pass', structure: { outcome: 'fail', faults: [{ text: 'ready!' }] } })
  })

  test('that stays silent, or ends, is an error', async () => {
    expect(await play([ping], { fault: 'silent' })).toMatchObject({
      outcome: 'error',
      reason: 'initialize was not answered within 150 ms'
    })
    expect(await play([ping], { fault: 'dies' })).toMatchObject({
      outcome: 'error',
      reason: expect.stringContaining('code 1')
    })
  })

  test('that cannot be made is an error', async () => {
    const target = messageTarget({ name: 'none', connect: () => Promise.reject(new Error('no such command')) })
    expect(await replay(fixture([ping]), target)).toMatchObject({
      outcome: 'error',
      reason: expect.stringContaining('no such command')
    })
  })
})
