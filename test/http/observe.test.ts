/** What observers are told of requests, notifications, refusals and sessions, and that they disturb nobody. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import type { ObservedCall, ObservedOutcome, Observer } from '../../src/http/index.ts'
import { initialize } from '../support/bench.ts'
import { gate, turns, until } from '../support/gate.ts'
import { type Listening, listening } from '../support/listening.ts'
import { send } from '../support/loopback.ts'

interface Told {
  observer: Observer
  ends: [ObservedCall, ObservedOutcome][]
  /** The last end. */
  readonly last: { call: ObservedCall; outcome: ObservedOutcome }
  other: unknown[]
}

/** An observer that keeps what it is told. */
function recorder(): Told {
  const ends: Told['ends'] = []
  const other: unknown[] = []
  return {
    ends,
    other,
    get last() {
      const [call, outcome] = ends.at(-1) as Told['ends'][number]
      return { call, outcome }
    },
    observer: {
      ended: (call, outcome) => void ends.push([call, outcome]),
      refused: ({ refused, id, method, error, code }) => void other.push({ refused, id, method, error, code }),
      notified: ({ method }) => void other.push({ notified: method }),
      session: (became) => void other.push(became)
    }
  }
}

const served = (observer: Observer, more: Parameters<typeof listening>[0] = {}): Promise<Listening> =>
  listening({
    offer: ({ mcp }) => {
      mcp.tool('fine', {}, () => 'fine')
      mcp.tool('late', {}, async () => 'late')
      mcp.tool('bad', {}, () => ({ content: [], isError: true }))
      mcp.tool('broken', {}, () => {
        throw new Error('broken')
      })
      mcp.tool('hang', {}, () => gate<string>().passed)
      mcp.prompt('hello', {}, () => 'hello')
      mcp.resource('a://{name}', {}, () => 'a')
    },
    ...more,
    plugin: { observers: [observer], ...more.plugin }
  })

test.each([
  ['fine', { is: 'result' }],
  ['late', { is: 'result' }],
  ['bad', { is: 'toolError' }],
  ['broken', { is: 'toolError' }],
  ['none', { is: 'error', error: 'unknownTool', code: -32602 }]
])('a call of the tool %s ends as %o', async (name, outcome) => {
  const told = recorder()
  const peer = await (await served(told.observer)).open()
  await (await peer.call(name, {}, 'x')).closed
  expect(told.last.outcome).toMatchObject(outcome)
  expect(told.last.call).toMatchObject({ id: 'x', method: 'tools/call', tool: name, session: peer.session })
})

test('milliseconds are those of the lent clock, and a call that takes too long ends as timedOut', async () => {
  const told = recorder()
  const { open, clock } = await served(told.observer, { plugin: { limits: { callMs: 700 } } })
  const peer = await open()
  const reply = peer.call('hang')
  await until(() => clock.pending > 1, true)
  await turns()
  clock.pass(700)
  await (await reply).closed
  expect(told.last.outcome).toEqual({ is: 'timedOut', error: 'timedOut', code: -32603, ms: 700 })
})

test('a call that the client cancels ends as cancelled, once', async () => {
  const told = recorder()
  const running = gate()
  const { open } = await served({ ...told.observer, called: ({ tool }) => void (tool === 'hang' && running.open()) })
  const peer = await open()
  const reply = peer.call('hang', {}, 'x')
  await running.passed
  await (await peer.post({ method: 'notifications/cancelled', params: { requestId: 'x' } })).closed
  await (await reply).closed
  expect(told.ends.filter(([{ id }]) => id === 'x').map(([, { is }]) => is)).toEqual(['cancelled'])
})

test('prompts and resources are told by name and URI, and every other request as well', async () => {
  const told = recorder()
  const peer = await (await served(told.observer)).open()
  await (await peer.request('prompts/get', { name: 'hello' })).closed
  await (await peer.request('resources/read', { uri: 'a://b' })).closed
  await (await peer.request('ping')).closed
  await (await peer.request('tools/list')).closed
  expect(told.ends.map(([{ method, prompt, uri }]) => [method, prompt ?? uri])).toEqual([
    ['initialize', undefined],
    ['prompts/get', 'hello'],
    ['resources/read', 'a://b'],
    ['ping', undefined],
    ['tools/list', undefined]
  ])
  expect(new Set(told.ends.map(([{ revision }]) => revision))).toEqual(new Set(['2025-06-18']))
})

test('the request of Fastify and the meta of the message are lent', async () => {
  const told = recorder()
  const peer = await (await served(told.observer)).open()
  await (await peer.call('fine', {}, 5)).closed
  expect(told.last.call.meta).toEqual({ progressToken: 5 })
  expect((told.last.call.lent as { url: string }).url).toBe('/mcp')
})

test('notifications are told, and by name only where the revision has them', async () => {
  const told = recorder()
  const peer = await (await served(told.observer)).open()
  await (await peer.post({ method: 'notifications/of/mine' })).closed
  expect(told.other).toEqual(['opened', { notified: 'notifications/initialized' }, { notified: undefined }])
})

test('what is refused before it is a call is told with its error and no end', async () => {
  const told = recorder()
  const { url, open } = await served(told.observer)
  const peer = await open()
  told.other.length = 0
  const ends = told.ends.length
  await (await peer.request('no/such', {}, 1)).closed
  await (await peer.request('tools/call', {}, 2)).closed
  await (await send(url, { method: 'PUT' })).closed
  await (await peer.post({ id: null, method: 'ping' })).closed
  expect(told.other).toEqual([
    { refused: 'request', id: 1, method: undefined, error: 'unknownMethod', code: -32601 },
    { refused: 'request', id: 2, method: 'tools/call', error: 'invalidParams', code: -32602 },
    { refused: 'frame', id: undefined, method: undefined, error: 'wrongHttpMethod', code: -32600 },
    { refused: 'frame', id: undefined, method: undefined, error: 'nullId', code: -32600 }
  ])
  expect(told.ends).toHaveLength(ends)
})

test('an initialize that finds no room ends with its error', async () => {
  const told = recorder()
  const { open, url } = await served(told.observer, { plugin: { limits: { sessions: 1 } } })
  await open()
  const headers = { 'content-type': 'application/json' }
  await (await send(url, { method: 'POST', headers, body: JSON.stringify(initialize()) })).closed
  expect(told.ends.map(([{ method }, { error }]) => [method, error])).toContainEqual(['initialize', 'tooManySessions'])
})

test('sessions are told as opened, ended and expired', async () => {
  const told = recorder()
  const { open, clock } = await served(told.observer, { plugin: { limits: { sessionIdleMs: 1000 } } })
  const first = await open()
  await open()
  await (await first.delete()).closed
  clock.pass(2000)
  expect(told.other.filter((one) => typeof one === 'string')).toEqual(['opened', 'opened', 'ended', 'expired'])
})

test('the counts that are lent are live, and taken back when the host closes', async () => {
  let counts = (): unknown => undefined
  let over = false
  const { open, app } = await served({
    started: (load) => {
      counts = load
      return () => {
        over = true
      }
    }
  })
  const peer = await open()
  const stream = await peer.get()
  expect(counts()).toEqual({ sessions: 1, streams: 1, calls: 0 })
  expect(over).toBe(false)
  await app.close()
  await stream.closed
  expect(over).toBe(true)
})

test('handlers run inside of what observers put around them, the first outermost, also after an await', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const around =
    (name: string) =>
    (_: ObservedCall, run: () => void): void =>
      storage.run(`${storage.getStore() ?? ''}${name}`, run)
  const { open } = await listening({
    plugin: { observers: [{ around: around('a') }, {}, { around: around('b') }] },
    offer: ({ mcp }) => {
      mcp.tool('look', {}, async () => {
        seen.push(storage.getStore())
        await turns(1)
        seen.push(storage.getStore())
        return 'looked'
      })
      mcp.resource('a://pieces', {}, async function* () {
        seen.push(storage.getStore())
        await turns(1)
        yield 'piece'
        seen.push(storage.getStore())
      })
    }
  })
  const peer = await open()
  await (await peer.call('look')).closed
  await (await peer.request('resources/read', { uri: 'a://pieces' })).closed
  expect(seen).toEqual(['ab', 'ab', 'ab', 'ab'])
})

test('questions to the client are told with their end', async () => {
  const told: unknown[] = []
  const { open } = await listening({
    plugin: {
      observers: [
        {
          asked: ({ tool }, method) => {
            told.push([tool, method])
            return (failure) => void told.push(failure === undefined ? 'answered' : (failure as Error).name)
          }
        }
      ]
    },
    offer: ({ mcp }) => mcp.tool('ask', {}, async (_, { roots }) => `${(await roots().catch(() => [])).length}`)
  })
  const peer = await open({ roots: {} })
  for (const answer of [{ result: { roots: [] } }, { error: { code: 1, message: 'no' } }]) {
    const reply = await peer.call('ask')
    const question = await reply.next()
    await (await peer.post({ id: question?.message.id, ...answer })).closed
    await reply.closed
  }
  expect(told).toEqual([['ask', 'roots/list'], 'answered', ['ask', 'roots/list'], 'AskError'])
})

test('an observer that throws is in the log and disturbs nobody', async () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  const { open, lines } = await served({
    started: boom,
    called: boom,
    around: boom,
    ended: boom,
    refused: boom,
    notified: boom,
    session: boom
  })
  const peer = await open()
  expect((await (await peer.call('fine')).json()).result.content[0].text).toBe('fine')
  expect((await peer.request('no/such')).status).toBe(200)
  expect(lines.every(({ msg }) => msg === 'observer failed')).toBe(true)
  expect(lines.length).toBeGreaterThan(6)
})
