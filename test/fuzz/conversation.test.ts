/** Arbitrary sequences of valid messages in one session over real sockets, against a model of what is open. */
import { Agent } from 'node:http'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { Oracle } from '../support/oracle.ts'
import { Exchange } from './exchange.ts'
import { offerTargets } from './offer.ts'
import { patience, Tally, throwBatches } from './settings.ts'

const tally = new Tally('messages in conversations')
const agent = new Agent({ keepAlive: true, maxSockets: 100 })
let oracle = new Oracle()
let app: FastifyInstance
let url = ''

beforeAll(async () => {
  app = Fastify({ forceCloseConnections: true })
  await app.register(handwire, { name: 'fuzzed', version: '0', onFrame: (tapped) => oracle.tap(tapped) })
  offerTargets(app.mcp)
  url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
})
afterAll(async () => {
  agent.destroy()
  await app.close()
})

type Act =
  | { do: 'call'; tool: string; token: boolean }
  | { do: 'list'; method: string }
  | { do: 'burst'; count: number }
  | { do: 'hang' }
  | { do: 'ask'; reply: 'accept' | 'decline' | 'refuse' | 'mangle' | 'misname' | 'cancel' | 'nothing' }
  | { do: 'cancel' | 'reuse' | 'leave' | 'resume'; which: number }
  | { do: 'listen' | 'stray' }

const tools = fc.constantFrom('any', 'later', 'steps', 'fail', 'break', 'touch', 'note')
const lists = fc.constantFrom('tools/list', 'resources/list', 'prompts/list', 'resources/templates/list', 'ping')
const choices = fc.constantFrom('cancel' as const, 'reuse' as const, 'leave' as const, 'resume' as const)
const endings = fc.constantFrom('accept', 'decline', 'refuse', 'mangle', 'misname', 'cancel', 'nothing')
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('call'), tool: tools, token: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('list'), method: lists }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('burst'), count: fc.integer({ min: 2, max: 8 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'hang' }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask'), reply: endings }) },
  { weight: 8, arbitrary: fc.record({ do: choices, which: fc.nat(100) }) },
  { weight: 3, arbitrary: fc.constantFrom({ do: 'listen' }, { do: 'stray' }) }
) as fc.Arbitrary<Act>

/** One session, and what the model knows of it. */
class Model {
  readonly #exchanges: Exchange[] = []
  readonly #headers: Record<string, string> = {}
  /** Requests that wait, by id. */
  readonly #pending = new Map<number, Exchange>()
  readonly #cancelled = new Set<number>()
  #ids = 0

  async begin(): Promise<void> {
    const opening = await this.#ask('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      clientInfo: { name: 'fuzz', version: '0' }
    })
    this.#headers['mcp-session-id'] = opening.session as string
    this.#headers['mcp-protocol-version'] = '2025-06-18'
    await this.#tell({ method: 'notifications/initialized' })
  }

  async take(act: Act): Promise<void> {
    switch (act.do) {
      case 'call':
        return void (await this.#ask('tools/call', {
          name: act.tool,
          ...(act.token ? { _meta: { progressToken: this.#ids } } : {})
        }))
      case 'list':
        return void (await this.#ask(act.method))
      case 'burst':
        return void (await Promise.all(
          Array.from({ length: act.count }, () => this.#ask('tools/call', { name: 'any' }))
        ))
      case 'hang':
        return void (await this.#open('hang'))
      case 'ask':
        return await this.#converse(act.reply)
      case 'cancel':
        return await this.#cancel(this.#pick([...this.#pending.keys()], act.which) ?? 1_000_000)
      case 'reuse':
        return await this.#reuse(this.#pick([...this.#pending.keys()], act.which))
      case 'leave':
        this.#pick(this.#exchanges, act.which)?.leave()
        return
      case 'resume':
        return await this.#resume(act.which)
      case 'listen':
        return void (await this.#get({}))
      case 'stray':
        return await this.#tell({ id: 'nobody asked', result: {} })
    }
  }

  /** How many requests wait for something. */
  get waiting(): number {
    return this.#pending.size
  }

  /** Ends the session: every exchange ends with it, nobody was answered twice, and who waited in the open was answered. */
  async end(): Promise<void> {
    const ended = this.#send('DELETE', {})
    await ended.ended
    expect(ended.status).toBe(204)
    await tally.answer(Promise.all(this.#exchanges.map((exchange) => exchange.ended)))
    const answers = new Map<number, Set<unknown>>()
    for (const exchange of this.#exchanges) {
      for (const { event, message } of exchange.heard) {
        if ('method' in message || exchange.status >= 400) continue
        const id = message['id'] as number
        answers.set(id, (answers.get(id) ?? new Set()).add(event ?? exchange))
      }
    }
    for (const [id, from] of answers) {
      expect(from.size, `answers to ${id}`).toBe(1)
      expect(this.#cancelled.has(id), `${id} was answered and cancelled`).toBe(false)
      expect(this.#pending.has(id), `${id} was answered and waits`).toBe(false)
    }
    const gone = this.#send('POST', {}, { method: 'ping', id: 0 })
    await gone.ended
    expect(gone.status).toBe(404)
  }

  #send(method: 'POST' | 'GET' | 'DELETE', headers: Record<string, string>, message?: object): Exchange {
    tally.count()
    const body = message === undefined ? {} : { body: JSON.stringify({ jsonrpc: '2.0', ...message }) }
    const exchange = new Exchange({ url, agent, method, headers: { ...this.#headers, ...headers }, ...body })
    this.#exchanges.push(exchange)
    return exchange
  }

  /** A request that is answered at once. */
  async #ask(method: string, params: object = {}): Promise<Exchange> {
    const id = ++this.#ids
    const exchange = this.#send('POST', {}, { id, method, params })
    await tally.answer(exchange.ended)
    expect(exchange.status).toBe(200)
    expect(exchange.heard.at(-1)?.message).toMatchObject({ id })
    return exchange
  }

  async #tell(message: object): Promise<void> {
    const exchange = this.#send('POST', {}, message)
    await tally.answer(exchange.ended)
    expect([exchange.status, exchange.heard]).toEqual([202, []])
  }

  /** A request that waits; resolves when the server has read it. */
  async #open(tool: string): Promise<number> {
    const id = ++this.#ids
    this.#pending.set(id, this.#send('POST', {}, { id, method: 'tools/call', params: { name: tool } }))
    while (!oracle.heard.some((message) => message['id'] === id)) await new Promise(setImmediate)
    return id
  }

  /** A call that asks, and what the client does then. */
  async #converse(reply: (Act & { do: 'ask' })['reply']): Promise<void> {
    const id = await this.#open('ask')
    const exchange = this.#pending.get(id) as Exchange
    const question = await tally.answer(exchange.until((message) => message['method'] === 'elicitation/create'))
    expect(question).toBeDefined()
    if (reply === 'nothing') return
    if (reply === 'cancel') return await this.#cancel(id)
    if (reply === 'misname') return await this.#tell({ id: `${question?.['id']}0`, result: { action: 'decline' } })
    const answers = {
      accept: { result: { action: 'accept', content: { name: 'Ada' } } },
      decline: { result: { action: 'decline' } },
      refuse: { error: { code: -1, message: 'no' } },
      mangle: { result: { action: 'perhaps' } }
    }
    this.#pending.delete(id)
    await this.#tell({ id: question?.['id'], ...answers[reply] })
    await tally.answer(exchange.ended)
    expect(exchange.heard.at(-1)?.message).toMatchObject({ id })
  }

  async #cancel(requestId: number): Promise<void> {
    const exchange = this.#pending.get(requestId)
    await this.#tell({ method: 'notifications/cancelled', params: { requestId, reason: 'fuzz' } })
    if (exchange === undefined) return
    this.#pending.delete(requestId)
    this.#cancelled.add(requestId)
    await tally.answer(exchange.ended)
  }

  /** Sends a request under the id of one that waits; the first goes on. */
  async #reuse(id: number | undefined): Promise<void> {
    if (id === undefined) return
    const exchange = this.#send('POST', {}, { id, method: 'tools/call', params: { name: 'any' } })
    await tally.answer(exchange.ended)
    expect(exchange.status).toBe(400)
  }

  async #resume(which: number): Promise<void> {
    const events = this.#exchanges.flatMap(({ heard }) => heard.flatMap(({ event }) => event ?? []))
    await this.#get({ 'last-event-id': this.#pick(events, which) ?? 'none.1' })
  }

  async #get(headers: Record<string, string>): Promise<void> {
    const exchange = this.#send('GET', headers)
    await tally.answer(exchange.begun)
    expect([200, 400, 405, 429]).toContain(exchange.status)
  }

  #pick<T>(from: readonly T[], which: number): T | undefined {
    return from.length === 0 ? undefined : from[which % from.length]
  }
}

test(
  'a session keeps its word through any sequence of messages, and leaves nothing behind',
  async () => {
    await throwBatches(150, fc.array(act, { minLength: 20, maxLength: 40 }), async (acts) => {
      oracle = new Oracle()
      const model = new Model()
      await model.begin()
      try {
        for (const act of acts) await model.take(act)
        expect(app.mcp.host.load).toMatchObject({ sessions: 1, calls: model.waiting })
      } finally {
        await model.end()
      }
      expect(app.mcp.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
      oracle.verify()
      tally.verify()
    })
  },
  patience
)
