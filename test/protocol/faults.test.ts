/** Faults of handlers: the peer learns nothing of them, the log all, once. And nothing of a handler goes out after its end. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/protocol/errors.ts'
import type { Context } from '../../src/protocol/handler.ts'
import { Bench } from '../support/bench.ts'
import { gate, turns } from '../support/gate.ts'
import type { Ending } from '../support/recording.ts'

const secret = 'password is hunter2'
const boom = (): never => {
  throw new Error(secret)
}

async function served(offer: (bench: Bench) => void, method: string, params: object): Promise<[Ending, Bench]> {
  const bench = new Bench({ teach: true })
  offer(bench)
  const outlet = (await bench.open()).request(method, params, 7)
  return [await outlet.ended, bench]
}

const call = { name: 'boom', arguments: {} }
const read = { uri: 'boom://x' }
const complete = { ref: { type: 'ref/prompt', name: 'boom' }, argument: { name: 'a', value: '' } }
const argument = { arguments: Type.Object({ a: Type.String() }) }

const faults: [string, (bench: Bench) => void, string, object][] = [
  ['a tool that throws', ({ mcp }) => mcp.tool('boom', {}, boom), 'tools/call', call],
  ['a tool that rejects', ({ mcp }) => mcp.tool('boom', {}, async () => boom()), 'tools/call', call],
  [
    'a tool whose generator throws',
    ({ mcp }) =>
      mcp.tool('boom', {}, async function* () {
        yield { progress: 1 }
        return boom()
      }),
    'tools/call',
    call
  ],
  ['a resource that throws', ({ mcp }) => mcp.resource('boom://x', {}, boom), 'resources/read', read],
  ['a resource that rejects', ({ mcp }) => mcp.resource('boom://x', {}, async () => boom()), 'resources/read', read],
  [
    'a resource whose generator throws before its first piece',
    ({ mcp }) =>
      mcp.resource('boom://x', {}, async function* () {
        boom()
        yield 'never'
      }),
    'resources/read',
    read
  ],
  ['a prompt that throws', ({ mcp }) => mcp.prompt('boom', {}, boom), 'prompts/get', { name: 'boom' }],
  ['a prompt that rejects', ({ mcp }) => mcp.prompt('boom', {}, async () => boom()), 'prompts/get', { name: 'boom' }],
  [
    'a completer that throws',
    ({ mcp }) => mcp.prompt('boom', { ...argument, complete: { a: boom } }, () => ''),
    'completion/complete',
    complete
  ],
  [
    'a completer that rejects',
    ({ mcp }) => mcp.prompt('boom', { ...argument, complete: { a: async () => boom() } }, () => ''),
    'completion/complete',
    complete
  ],
  ['a tool that throws no error but a string', ({ mcp }) => mcp.tool('boom', {}, throwText), 'tools/call', call]
]

function throwText(): never {
  throw secret
}

test.each(faults)('%s tells the peer nothing of the cause', async (_, offer, method, params) => {
  const [ending] = await served(offer, method, params)
  expect(ending.how).toBe('answer')
  expect(JSON.stringify(ending.message)).not.toContain('hunter2')
  if (method === 'tools/call') expect(ending.message?.result.isError).toBe(true)
  else expect(ending.message?.error).toMatchObject({ code: -32603, message: 'Internal error' })
})

test.each(faults)('%s is logged once, whole, with method and id', async (_, offer, method, params) => {
  const [, { log }] = await served(offer, method, params)
  const errors = log.at('error')
  expect(errors).toHaveLength(1)
  expect(errors[0]?.fields).toMatchObject({ mcp: { method, id: 7 } })
  const { err } = errors[0]?.fields ?? {}
  expect(err instanceof Error ? err.message : err).toBe(secret)
})

test('a failed tool names the request to quote', async () => {
  const [ending] = await served(({ mcp }) => mcp.tool('boom', {}, boom), 'tools/call', call)
  expect(ending.message?.result.content[0].text).toContain('7')
})

test('a ProtocolError of a handler is the answer, and no fault', async () => {
  const refuse = (): never => {
    throw new ProtocolError('invalidParams', { subject: 'not on Sundays' })
  }
  const [ending, { log }] = await served(({ mcp }) => mcp.tool('boom', {}, refuse), 'tools/call', call)
  expect(ending.message?.error).toMatchObject({ code: -32602, message: 'Invalid params: not on Sundays' })
  expect(log.at('error')).toEqual([])
})

test('what a handler throws because it was cancelled is no fault', async () => {
  const bench = new Bench()
  bench.mcp.tool('stop', {}, async (_, { signal }) => {
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    return 'never'
  })
  const peer = await bench.open()
  const running = peer.call('stop', {}, 'a')
  await turns()
  await peer.cancel('a').ended
  await turns()
  expect((await running.ended).how).toBe('end')
  expect(bench.log.at('error')).toEqual([])
})

/** A tool that hands its context out and goes on until told to end. */
function lingering(bench: Bench): { contexts: Context[]; ends: ReturnType<typeof gate<string>>[] } {
  const contexts: Context[] = []
  const ends: ReturnType<typeof gate<string>>[] = []
  bench.mcp.tool('linger', {}, async (_, context) => {
    const end = gate<string>()
    contexts.push(context)
    ends.push(end)
    return end.passed
  })
  return { contexts, ends }
}

function sayAll(context: Context | undefined): void {
  context?.progress({ progress: 5 })
  context?.message('error', 'late')
  context?.roots().catch(() => {})
  context?.elicit('Late?', Type.Object({})).catch(() => {})
}

test('nothing that a handler says after its answer reaches the wire', async () => {
  const bench = new Bench()
  const { contexts, ends } = lingering(bench)
  const peer = await bench.open({ roots: {}, elicitation: {} })
  const running = peer.call('linger', {}, 'a')
  await turns()
  ends[0]?.open('done')
  await running.ended
  sayAll(contexts[0])
  await turns()
  expect(running.messages).toEqual([])
  expect(running.endings).toHaveLength(1)
})

test('nothing that a cancelled handler says or returns reaches the wire', async () => {
  const bench = new Bench()
  const { contexts, ends } = lingering(bench)
  const peer = await bench.open({ roots: {}, elicitation: {} })
  const running = peer.call('linger', {}, 'a')
  await turns()
  await peer.cancel('a').ended
  sayAll(contexts[0])
  ends[0]?.open('late')
  await turns()
  expect(running.messages).toEqual([])
  expect(running.endings).toEqual([{ how: 'end' }])
})

test('an id that is used again gets nothing of the call that had it before', async () => {
  const bench = new Bench()
  const { contexts, ends } = lingering(bench)
  const peer = await bench.open({ roots: {}, elicitation: {} })
  const first = peer.call('linger', {}, 'a')
  await turns()
  await peer.cancel('a').ended
  const second = peer.call('linger', {}, 'a')
  await turns()
  sayAll(contexts[0])
  ends[0]?.open('of the first')
  await turns()
  expect(second.messages).toEqual([])
  expect(second.endings).toEqual([])
  ends[1]?.open('of the second')
  expect((await second.ended).message?.result.content[0].text).toBe('of the second')
  expect(first.endings).toEqual([{ how: 'end' }])
})

test('a question after the end of its call fails at once', async () => {
  const bench = new Bench()
  const { contexts, ends } = lingering(bench)
  const peer = await bench.open({ roots: {} })
  const running = peer.call('linger')
  await turns()
  ends[0]?.open('done')
  await running.ended
  await expect(contexts[0]?.roots()).rejects.toMatchObject({ reason: 'cancelled' })
})

test('a question fails at once when nothing can carry it to the client', async () => {
  const bench = new Bench()
  const { contexts } = lingering(bench)
  const peer = await bench.open({ roots: {} })
  const running = peer.call('linger')
  await turns()
  running.open = false
  await expect(contexts[0]?.roots()).rejects.toMatchObject({ reason: 'unreachable' })
})

test('a form that is not flat is a fault of the handler and never sent', async () => {
  const bench = new Bench()
  const nested = Type.Object({ inner: Type.Object({}) })
  // @ts-expect-error the type refuses it too
  bench.mcp.tool('nested', {}, async (_, context) => (await context.elicit('Well?', nested)).action)
  const peer = await bench.open({ elicitation: {} })
  const running = peer.call('nested')
  expect((await running.ended).message?.result.isError).toBe(true)
  expect(running.messages).toEqual([])
  expect(bench.log.at('error')).toHaveLength(1)
})
