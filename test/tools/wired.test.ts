/** What an endpoint lends its tools: its clock, its limits and hooks, and changes of a list told to whom they concern. */
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'
import { turns } from '../support/gate.ts'
import { listening } from '../support/listening.ts'

test('only sessions that could see a tool are told that it went or came back', async () => {
  const bench = new Bench()
  bench.mcp.tool('become', {}, async (_, { session }) => session.update({ admin: true }))
  const purge = bench.mcp.tool('purge', { visible: ({ data }) => data['admin'] === true }, () => 'gone')
  const [admin, other] = [await bench.open(), await bench.open()]
  await admin.call('become').ended
  const readers = [await admin.listen(), await other.listen()]
  await turns()
  for (const change of [purge.disable, purge.enable, purge.remove]) {
    change()
    await turns()
  }
  expect(readers.map(({ messages }) => messages.length)).toEqual([3, 0])
})

test('a change that some could see and one that all could, in one turn, are told once to all', async () => {
  const bench = new Bench()
  const all = bench.mcp.tool('all', {}, () => 'a')
  const none = bench.mcp.tool('none', { visible: () => false }, () => 'b')
  const reader = await (await bench.open()).listen()
  await turns()
  none.disable()
  all.disable()
  none.enable()
  await turns()
  expect(reader.messages).toHaveLength(1)
})

test('a session is told of a tool whose visibility fails, and the log of the failure', async () => {
  const bench = new Bench()
  bench.mcp.tool('all', {}, () => 'a')
  const reader = await (await bench.open()).listen()
  const broken = (): boolean => {
    throw new Error('broken')
  }
  bench.mcp.tool('b', { visible: broken }, () => 'b')
  await turns()
  expect(reader.messages).toHaveLength(1)
  expect(bench.log.at('error')).toMatchObject([{ message: 'visible failed' }])
})

test('an endpoint has hooks, limits for all its tools and a heartbeat, all by its own clock', async () => {
  const { app, clock, open } = await listening({
    plugin: { calls: { timeoutMs: 25_000 }, heartbeatMs: 10_000 }
  })
  const seen: unknown[] = []
  app.mcp.tool('slow', {}, () => new Promise<string>(() => {}))
  app.mcp.addHook('preTool', ({ name }) => void seen.push(name))
  app.mcp.addHook('postTool', (_call, _context, { ms }) => void seen.push(ms))
  const call = (await open()).call('slow')
  while (seen.length === 0) await turns(1)
  await turns()
  clock.pass(25_000)
  const messages = (await (await call).rest()).map(({ message }) => message)
  expect(messages.map(({ params, result }) => params?.progress ?? result?.isError)).toEqual([0.00001, 0.00002, true])
  expect(seen).toEqual(['slow', 25_000])
})

test('a call that a limit refuses is answered with 200 and a failed result', async () => {
  const { app, open } = await listening()
  app.mcp.tool('rare', { limits: { rate: '1/h' } }, () => 'done')
  const peer = await open()
  await (await peer.request('tools/call', { name: 'rare' })).closed
  const refused = await peer.request('tools/call', { name: 'rare' })
  expect(refused.status).toBe(200)
  expect((await refused.json()).result).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('Try again in 3600 s.') }]
  })
})
