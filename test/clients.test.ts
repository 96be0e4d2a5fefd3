/**
 * Clients that people use, and what a server must put up with: each with its own headers over real sockets, and each
 * of the quirks that were read off their wire. Numbers are those of the list of quirks.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { HandwireOptions } from '../src/http/index.ts'
import { WirePeer, wireClient, wireClients } from './support/clients.ts'
import { TestClock } from './support/clock.ts'
import { gate, turns } from './support/gate.ts'
import { both, raw, send } from './support/loopback.ts'
import { Oracle } from './support/oracle.ts'
import { listeningReference } from './support/reference.ts'
import { startStdio, stdioServer } from './support/targets.ts'

interface Served {
  app: FastifyInstance
  url: string
  clock: TestClock
  oracle: Oracle
}

/** The reference server with a lent clock; what it said is judged when the test ends. */
async function serve(options: Partial<HandwireOptions> = {}): Promise<Served> {
  const clock = new TestClock()
  const oracle = new Oracle()
  const { app, url } = await listeningReference({ onFrame: oracle.tap, ports: { clock }, ...options })
  onTestFinished(async () => {
    app.server.closeAllConnections()
    const closed = app.close()
    clock.pass(10_000_000)
    await closed
    oracle.verify()
  })
  return { app, url, clock, oracle }
}

const nothing = { sessions: 0, streams: 0, calls: 0 }
const watched = { uri: 'test://watched-resource' }

/** Resolves when the server has noticed that every connection is gone. */
async function everyoneLeft(app: FastifyInstance): Promise<void> {
  const count = (): Promise<number> =>
    new Promise((tell) => app.server.getConnections((_, connections) => tell(connections)))
  while ((await count()) > 0) await turns()
  await turns(10)
}

describe('the headers of a client', () => {
  test.each(wireClients)('$name is served from initialize to DELETE', async (client) => {
    const { app, url } = await serve()
    const peer = new WirePeer(client, url)
    const opened = await peer.initialize()
    expect([opened.status, opened.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
    expect((await opened.json()).result).toMatchObject({ protocolVersion: '2025-06-18' })
    expect(peer.session).toMatch(/^[\x21-\x7e]{22,}$/)

    const ready = await peer.post({ method: 'notifications/initialized' })
    expect([ready.status, await ready.text()]).toEqual([202, ''])
    const listed = await peer.post({ id: 1, method: 'tools/list' })
    expect((await listed.json()).result.tools).toHaveLength(10)
    const listening = await peer.get()
    expect([listening.status, listening.headers['content-type']]).toEqual([200, 'text/event-stream'])

    const called = await peer.call('test_tool_with_progress')
    expect([called.status, called.headers['content-type']]).toEqual([200, 'text/event-stream'])
    const events = await called.rest()
    expect(events.map(({ message }) => message.params?.progress)).toEqual([0, 50, 100, undefined])
    // by the session, not by the header: every stream of theirs can be resumed
    for (const { id } of events) expect(id).toMatch(/./)

    expect((await peer.delete()).status).toBe(204)
    expect(await listening.closed).toEqual({ whole: true })
    expect(app.mcp.host.load).toEqual(nothing)
  })
})

describe('1: a probe for a newer revision comes first', () => {
  const probe = (id: string | number) => ({
    jsonrpc: '2.0',
    id,
    method: 'server/discover',
    params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }
  })

  test.each([
    ['claude-code', 'claude-code', 0],
    ['copilot', 'copilot', 0],
    ['ai-sdk', 'ai-sdk', 'probe'],
    ['openai-agents', 'SDK v1 and v2', 0],
    ['SDK v2, auto', 'SDK v1 and v2', 'server-discover-probe-1']
  ])('%s gets a JSON-RPC error at once over HTTP, and initialize is served', async (_, name, id) => {
    const { app, url } = await serve()
    const peer = new WirePeer(wireClient(name), url)
    const headers = { 'mcp-method': 'server/discover', 'mcp-protocol-version': '2026-07-28' }
    const refused = await peer.post(probe(id), headers)
    expect([400, 404]).toContain(refused.status)
    expect(await refused.json()).toMatchObject({ jsonrpc: '2.0', id, error: { code: expect.any(Number) } })
    expect(app.mcp.host.load).toEqual(nothing)
    expect((await peer.initialize()).status).toBe(200)
  })

  test.each([0, 'server-discover-probe-1'])(
    'with id %j over stdio it gets an error, and initialize is served',
    async (id) => {
      const { ask, end } = stdioPeer()
      expect(await ask(probe(id), id)).toMatchObject({ id, error: { code: expect.any(Number) } })
      expect(await ask(initialize)).toMatchObject({ result: { protocolVersion: '2025-06-18' } })
      await end()
    }
  )

  test('2: a sibling that was started for the probe alone ends on SIGTERM', async () => {
    const child = startStdio()
    const exit = once(child, 'exit')
    child.stdin?.write(`${JSON.stringify(probe(0))}\n`)
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  })
})

describe('3: a GET comes before initialize', () => {
  test.each([
    ['ai-sdk', { accept: 'text/event-stream', 'mcp-protocol-version': '2025-11-25' }, 1],
    ['mcp-remote', { accept: 'text/event-stream' }, 2],
    ['droid', { accept: '*/*' }, 1],
    ['afd', { accept: '*/*' }, 1],
    ['a client that says nothing', {}, 1]
  ])('%s is refused at once, and no stream is opened', async (_, headers, times) => {
    const { app, url } = await serve()
    for (let time = 0; time < times; time += 1) {
      const refused = await send(url, { headers: headers as Record<string, string> })
      expect([400, 401, 405]).toContain(refused.status)
      expect(refused.headers['content-type']).toMatch('application/json')
      expect(await refused.closed).toEqual({ whole: true })
    }
    expect(app.mcp.host.load).toEqual(nothing)
  })
})

describe('4: the version header on initialize', () => {
  test.each(['2025-11-25', '2026-07-28', '2024-11-05', 'nonsense'])('%s is not looked at', async (version) => {
    const { url } = await serve()
    const opened = await new WirePeer(wireClient('ai-sdk'), url).post(initialize, { 'mcp-protocol-version': version })
    expect(opened.status).toBe(200)
    expect((await opened.json()).result).toMatchObject({ protocolVersion: '2025-06-18' })
  })
})

describe('5: requests come before notifications/initialized', () => {
  test('VS Code sets the log level and listens before it', async () => {
    const { url } = await serve()
    const peer = new WirePeer(wireClient('VS Code'), url)
    await peer.initialize()
    const set = await peer.post({ id: 1, method: 'logging/setLevel', params: { level: 'debug' } })
    expect(await set.json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
    const listening = await peer.get()
    expect([listening.status, listening.headers['content-type']]).toEqual([200, 'text/event-stream'])
    expect((await peer.post({ method: 'notifications/initialized' })).status).toBe(202)
    await (await peer.call('test_toggle_dynamic')).closed
    expect((await listening.next())?.message).toMatchObject({ method: 'notifications/tools/list_changed' })
  })

  test.each(['zuplo', 'mcp-stress'])('%s lists while notifications/initialized is on its way', async (name) => {
    const { url } = await serve()
    const peer = new WirePeer(wireClient(name), url)
    await peer.initialize()
    const [listed, ready] = await Promise.all([
      peer.post({ id: 1, method: 'tools/list' }),
      peer.post({ method: 'notifications/initialized' })
    ])
    expect([listed.status, ready.status]).toEqual([200, 202])
  })
})

test('6: zuplo gives notifications/initialized an id, and its session goes on as with any other', async () => {
  const { url } = await serve()
  const peer = new WirePeer(wireClient('zuplo'), url)
  await peer.initialize({ elicitation: {} })
  const odd = await peer.post({ id: 1, method: 'notifications/initialized' })
  expect(await odd.json()).toMatchObject({ id: 1 })
  const called = await peer.call('test_elicitation', { message: 'Who?' })
  const asked = await called.next()
  expect(asked?.message.method).toBe('elicitation/create')
  await peer.post({ id: asked?.message.id, result: { action: 'cancel' } })
  expect((await called.rest()).at(-1)?.message.result).toMatchObject({
    content: [{ text: 'User response: action=cancel, content={}' }]
  })
})

describe('7: a client promises more than it keeps', () => {
  test('zuplo declares sampling and never answers: the question is taken back when the time is up', async () => {
    const { app, url, clock } = await serve()
    const peer = await WirePeer.open('zuplo', url, { sampling: {} })
    const called = await peer.call('test_sampling', { prompt: 'Hello' })
    const asked = await called.next()
    expect(asked?.message.method).toBe('sampling/createMessage')
    clock.pass(app.mcp.host.limits.askMs)
    const [taken, answer] = await called.rest()
    expect(taken?.message).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: asked?.message.id }
    })
    expect(answer?.message).toMatchObject({
      id: 7,
      result: { isError: true, content: [{ text: expect.stringMatching(/^Sampling failed: /) }] }
    })
    expect(app.mcp.host.load.calls).toBe(0)
  })

  test('reactive-agents and recker declare tools and resources: nobody minds', async () => {
    const { url } = await serve()
    const peer = new WirePeer(wireClient('reactive-agents'), url)
    expect((await peer.initialize({ tools: {}, resources: { subscribe: true } })).status).toBe(200)
  })
})

describe('8: ids and progress tokens', () => {
  test.each([0, -1, 9_007_199_254_740_991, '', '0', 'ü'])('%j is an id like any other', async (id) => {
    const { url } = await serve()
    const peer = await WirePeer.open('SDK v1 and v2', url)
    expect(await (await peer.post({ id, method: 'ping' })).json()).toEqual({ jsonrpc: '2.0', id, result: {} })
    expect((await (await peer.call('test_slow', { ms: 0 }, id)).json()).id).toBe(id)
  })

  test.each([0, 5, '', '0', 'token'])('%j is a progress token like any other', async (token) => {
    const { url } = await serve()
    const peer = await WirePeer.open('SDK v1 and v2', url)
    const params = { name: 'test_tool_with_progress', _meta: { progressToken: token } }
    const events = await (await peer.post({ id: 'other', method: 'tools/call', params })).rest()
    expect(events.map(({ message }) => message.params?.progressToken)).toEqual([token, token, token, undefined])
  })
})

describe('9: a client leaves without DELETE', () => {
  test('mcp-remote leaves a session behind that was for probing alone; it ends when it was idle', async () => {
    const { app, url, clock } = await serve()
    await new WirePeer(wireClient('mcp-remote'), url).initialize()
    const { sessionIdleMs } = app.mcp.host.limits
    clock.pass(sessionIdleMs - 1)
    expect(app.mcp.host.load.sessions).toBe(1)
    clock.pass(sessionIdleMs)
    expect(app.mcp.host.load).toEqual(nothing)
    expect(clock.pending).toBe(0)
  })

  test('claude-code leaves in the middle of everything; nothing is left after the idle time', async () => {
    const { app, url, clock } = await serve()
    const stopped = gate<AbortSignal>()
    const finish = gate()
    app.mcp.tool('test_held', { description: 'Waits.' }, async (_, context) => {
      context.progress({ progress: 1 })
      stopped.open(context.signal)
      await finish.passed
      return 'unheard'
    })
    const peer = await WirePeer.open('claude-code', url, { elicitation: {} })
    await (await peer.post({ id: 1, method: 'resources/subscribe', params: watched })).closed
    const listening = await peer.get()
    const held = await peer.call('test_held', {}, 2)
    await held.next()
    const asking = await peer.call('test_elicitation', { message: 'Who?' }, 3)
    await asking.next()
    for (const reply of [listening, held, asking]) reply.cut()
    await everyoneLeft(app)
    expect((await stopped.passed).aborted).toBe(false)
    finish.open()
    const { sessionIdleMs, askMs, callMs } = app.mcp.host.limits
    clock.pass(askMs)
    await everyoneLeft(app)
    clock.pass(callMs + 2 * sessionIdleMs)
    expect(app.mcp.host.load).toEqual(nothing)
    expect(clock.pending).toBe(0)
    expect((await peer.get()).status).toBe(404)
  })

  test('a session that is used, or listened to, does not end', async () => {
    const { app, url, clock } = await serve()
    const [busy, quiet] = [await WirePeer.open('VS Code', url), await WirePeer.open('VS Code', url)]
    const listening = await quiet.get()
    const { sessionIdleMs } = app.mcp.host.limits
    for (let time = 0; time < 4; time += 1) {
      clock.pass(sessionIdleMs / 2)
      expect((await busy.post({ id: 1, method: 'ping' })).status).toBe(200)
    }
    await (await quiet.call('test_toggle_dynamic')).closed
    expect((await listening.next())?.message.method).toBe('notifications/tools/list_changed')
  })
})

describe('10: DELETE', () => {
  test.each(['codex', 'VS Code'])('%s does not wait for its answer, and cuts everything', async (name) => {
    const { app, url, clock } = await serve()
    const peer = await WirePeer.open(name, url)
    const listening = await peer.get()
    const called = await peer.call('test_tool_with_progress')
    await called.next()
    const socket = await raw(url)
    const { host, pathname } = new URL(url)
    socket.end(`DELETE ${pathname} HTTP/1.1\r\nHost: ${host}\r\nMcp-Session-Id: ${peer.session}\r\n\r\n`)
    for (const reply of [listening, called]) reply.cut()
    await everyoneLeft(app)
    expect(app.mcp.host.load).toEqual(nothing)
    // what is kept for others is looked through now and then; nothing else waits
    clock.pass(app.mcp.host.limits.logKeptMs)
    expect(clock.pending).toBeLessThanOrEqual(1)
  })

  test('one that comes twice is answered with 404, and one that comes with a closing stream is taken', async () => {
    const { url } = await serve()
    const peer = await WirePeer.open('codex', url)
    const listening = await peer.get()
    const [first, second] = await Promise.all([peer.delete(), peer.delete()])
    listening.cut()
    expect([first.status, second.status].sort()).toEqual([204, 404])
    expect((await peer.delete()).status).toBe(404)
  })
})

test('11: whatever names a session that has ended gets 404, and the next initialize is served', async () => {
  const { url } = await serve()
  const peer = await WirePeer.open('codex', url)
  await peer.delete()
  const statuses = [
    await peer.post({ id: 1, method: 'ping' }),
    await peer.call('test_simple_text'),
    await peer.post({ method: 'notifications/cancelled', params: { requestId: 1 } }),
    await peer.post({ id: 1, result: {} }),
    await peer.get(),
    await peer.get({ 'last-event-id': 'any.1' })
  ].map(({ status }) => status)
  expect(statuses).toEqual([404, 404, 404, 404, 404, 404])
  // with the id of the session that is gone, as clients that did not forget it send it
  expect((await peer.initialize()).status).toBe(200)
})

describe('12: cancelling', () => {
  test('notifications/cancelled is taken, and the open stream of the call ends without an answer', async () => {
    const { url } = await serve()
    const peer = await WirePeer.open('SDK v1 and v2', url, { elicitation: {} })
    const called = await peer.call('test_elicitation', { message: 'Who?' })
    const asked = await called.next()
    const taken = await peer.post({ method: 'notifications/cancelled', params: { requestId: 7, reason: 'enough' } })
    expect(taken.status).toBe(202)
    expect((await called.rest()).map(({ message }) => message)).toMatchObject([
      { method: 'notifications/cancelled', params: { requestId: asked?.message.id } }
    ])
    expect(await called.closed).toEqual({ whole: true })
  })

  test('a call that has said nothing yet ends as well', async () => {
    const { app, url, oracle } = await serve()
    const peer = await WirePeer.open('SDK v1 and v2', url)
    const calling = peer.call('test_slow', { ms: 10_000 })
    await oracle.untilHeard('tools/call')
    expect((await peer.post({ method: 'notifications/cancelled', params: { requestId: 7 } })).status).toBe(202)
    const called = await calling
    expect([called.status, await called.text()]).toEqual([200, ''])
    expect(app.mcp.host.load.calls).toBe(0)
  })
})

describe('13: resumption', () => {
  test('what is said while nobody listens is kept for a client that comes back with Last-Event-ID', async () => {
    const { app, url } = await serve()
    const peer = await WirePeer.open('SDK v1 and v2', url)
    await (await peer.post({ id: 1, method: 'resources/subscribe', params: watched })).closed
    const before = await peer.get()
    app.mcp.updated(watched.uri)
    const seen = await before.next()
    before.cut()
    await everyoneLeft(app)
    app.mcp.updated(watched.uri)
    app.mcp.updated(watched.uri)
    const after = await peer.get({ 'last-event-id': seen?.id ?? '' })
    const ids = [seen?.id, (await after.next())?.id, (await after.next())?.id]
    expect(new Set(ids).size).toBe(3)
  })

  test('a call of a client that does not come back runs to its end and leaves nothing running', async () => {
    const { app, url, oracle } = await serve()
    const peer = await WirePeer.open('gemini-cli', url)
    const called = await peer.call('test_tool_with_progress')
    await called.next()
    called.cut()
    await oracle.untilSent(({ id, result }) => id === 7 && result !== undefined)
    expect(app.mcp.host.load).toEqual({ sessions: 1, streams: 0, calls: 0 })
  })
})

test('14: qwen-code, codex and kilocode answer on new POSTs, in parallel with pings and three lists at once', async () => {
  const { url } = await serve()
  const peer = await WirePeer.open('codex', url, { sampling: {}, elicitation: {}, roots: {} })
  const calls = await Promise.all([
    peer.call('test_elicitation', { message: 'Who?' }, 'a'),
    peer.call('test_sampling', { prompt: 'Hello' }, 'b'),
    peer.call('test_list_roots', {}, 'c')
  ])
  const asked = await Promise.all(calls.map((call) => call.next()))
  const answers = [
    { action: 'decline' },
    { role: 'assistant', content: { type: 'text', text: 'Hi' }, model: 'none' },
    { roots: [{ uri: 'file:///one' }] }
  ]
  const replies = await Promise.all([
    ...answers.map((result, place) => peer.post({ id: asked[place]?.message.id, result })),
    peer.post({ id: 1, method: 'ping' }),
    ...['tools', 'prompts', 'resources'].map((list, place) => peer.post({ id: 2 + place, method: `${list}/list` }))
  ])
  expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 200, 200, 200, 200])
  const results = await Promise.all(calls.map((call) => call.rest()))
  expect(results.map((events) => events.map(({ message }) => message.result.content[0].text))).toEqual([
    ['User response: action=decline, content={}'],
    ['LLM response: Hi'],
    ['["file:///one"]']
  ])
})

test('15: over stdio the result comes in a later chunk than the last progress', async () => {
  const { ask, send: write, chunks, end } = stdioPeer()
  await ask(initialize)
  const params = { name: 'test_tool_with_progress', _meta: { progressToken: 0 } }
  expect(await ask({ jsonrpc: '2.0', id: 5, method: 'tools/call', params }, 5)).toMatchObject({ id: 5 })
  expect(chunks.find((chunk) => chunk.includes('"id":5'))).not.toContain('notifications/progress')
  write({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await end()
})

test('16: a form that is not flat is our fault, and never reaches SDK 1.15', async () => {
  const { app, url, oracle } = await serve()
  const choices = Type.Object({ colours: Type.Array(Type.Union([Type.Literal('red'), Type.Literal('blue')])) })
  app.mcp.tool('test_many', { description: 'Asks for several.' }, async (_, context) =>
    // @ts-expect-error the type refuses it too
    JSON.stringify(await context.elicit('Which?', choices))
  )
  const peer = await WirePeer.open('SDK v1 and v2', url, { elicitation: {} })
  const called = await peer.call('test_many')
  const answer = await called.json()
  expect(answer.error?.code ?? answer.result?.isError).toBeTruthy()
  expect(oracle.of('elicitation/create')).toEqual([])
})

test('17: no block of any result carries _meta, which LangChain would not read as text', async () => {
  const { url, oracle } = await serve()
  const peer = await WirePeer.open('SDK v1 and v2', url)
  for (const name of ['test_simple_text', 'test_multiple_content_types', 'test_structured', 'test_error_handling'])
    await (await peer.call(name)).closed
  expect(oracle.sent.length).toBeGreaterThan(4)
  expect(JSON.stringify(oracle.sent)).not.toContain('_meta')
})

describe('18: the end of a stdio server', () => {
  const ends: [who: string, end: (child: ReturnType<typeof startStdio>) => unknown][] = [
    ['python-sdk and cline close its input', (child) => child.stdin?.end()],
    ['SDK 1.15, ai-sdk, gemini-cli and codex send SIGTERM', (child) => child.kill('SIGTERM')],
    ['claude-code sends SIGINT', (child) => child.kill('SIGINT')],
    ['a terminal that closes sends SIGHUP', (child) => child.kill('SIGHUP')],
    [
      'SDK 1.32 closes its input and then sends SIGTERM',
      (child) => {
        child.stdin?.end()
        child.kill('SIGTERM')
      }
    ]
  ]
  test.each(ends)('%s', async (_, end) => {
    const child = startStdio()
    const exit = once(child, 'exit')
    child.stdin?.write(`${JSON.stringify(initialize)}\n`)
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    child.stdin?.write(
      `${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'test_slow', arguments: { ms: 10_000 } } })}\n`
    )
    end(child)
    expect(await exit).toEqual([0, null])
  })

  test('copilot dies without a word: both of its pipes are gone', async () => {
    const child = startStdio()
    const exit = once(child, 'exit')
    child.stdin?.write(`${JSON.stringify(initialize)}\n`)
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    child.stdout?.destroy()
    child.stdin?.destroy()
    expect(await exit).toEqual([0, null])
  })
})

describe('19: the endpoint and the message', () => {
  test('recker posts to the endpoint with a slash behind it', async () => {
    const { url } = await serve()
    expect((await new WirePeer(wireClient('recker'), `${url}/`).initialize()).status).toBe(200)
  })

  test('curl sends its body when it is told to go on', async () => {
    const { url } = await serve()
    const socket = await raw(url)
    const body = JSON.stringify(initialize)
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: ${new URL(url).host}\r\nContent-Type: application/json\r\nAccept: ${both}\r\n` +
        `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`
    )
    expect(await firstLine(socket)).toBe('HTTP/1.1 100 Continue')
    socket.write(body)
    expect(await firstLine(socket)).toBe('HTTP/1.1 200 OK')
    socket.destroy()
  })
})

describe('20: clients that read JSON alone', () => {
  test('jsonv-ts, whose Accept leaves out streams, is told what it should accept', async () => {
    const { url } = await serve()
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const refused = await send(url, { method: 'POST', headers, body: JSON.stringify(initialize) })
    expect(refused.status).toBe(406)
    expect((await refused.json()).error?.message).toMatch('text/event-stream')
  })

  test.each(['afd', 'recker'])('%s reads the JSON of what needs no stream', async (name) => {
    const { url } = await serve()
    const peer = await WirePeer.open(name, url)
    const called = await peer.call('test_simple_text')
    expect(called.headers['content-type']).toMatch('application/json')
  })

  test.each(['afd', 'recker'])('%s drops the session, and is told so', async (name) => {
    const { url } = await serve()
    const peer = await WirePeer.open(name, url)
    peer.session = undefined
    const refused = await peer.post({ id: 1, method: 'tools/list' })
    expect(refused.status).toBe(400)
    expect((await refused.json()).error?.message).toMatch('Mcp-Session-Id')
  })
})

test('21: no list tells SDK v2 how long to keep it', async () => {
  const { url } = await serve()
  const peer = await WirePeer.open('SDK v1 and v2', url)
  for (const list of ['tools', 'prompts', 'resources', 'resources/templates']) {
    const { result } = await (await peer.post({ id: 1, method: `${list}/list` })).json()
    expect(
      Object.keys(result).filter((member) => !/^(tools|prompts|resources|resourceTemplates|nextCursor)$/.test(member))
    ).toEqual([])
  }
})

const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'wire', version: '1' } }
}

/** A client of a stdio server in this process. */
function stdioPeer() {
  const { server, input, output } = stdioServer()
  const oracle = new Oracle()
  const serving = server.serve()
  const chunks: string[] = []
  output.on('data', (bytes: Buffer) => {
    chunks.push(bytes.toString())
    for (const line of bytes.toString().trimEnd().split('\n')) oracle.out(line)
  })
  const write = (message: object): void => {
    oracle.in(JSON.stringify(message))
    input.write(`${JSON.stringify(message)}\n`)
  }
  return {
    chunks,
    send: write,
    /** Sends a request; resolves with what answers it. */
    async ask(message: object, id: unknown = 0) {
      const before = oracle.sent.length
      write(message)
      const isAnswer = (answer: object) => oracle.sent.indexOf(answer as never) >= before && !('method' in answer)
      return (await oracle.untilSent((answer) => answer['id'] === id && isAnswer(answer))).at(-1)
    },
    async end() {
      input.end()
      await serving
      oracle.verify()
    }
  }
}

/** The first line of what comes next. */
async function firstLine(socket: Socket): Promise<string | undefined> {
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  return bytes.toString().split('\r\n')[0]
}
