/** Time limits of calls and of questions to the client, by the lent clock. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import type { Context } from '../../src/protocol/handler.ts'
import { Bench } from '../support/bench.ts'
import { gate, turns } from '../support/gate.ts'

const limits = { callMs: 1000, askMs: 5000 }
const form = Type.Object({ sure: Type.Boolean() })
const accept = { action: 'accept', content: { sure: true } }

test('a call that takes longer than callMs is answered with an error and its signal fires', async () => {
  const bench = new Bench({ limits })
  const started = gate<AbortSignal>()
  bench.mcp.tool('hang', {}, async (_, { signal }) => {
    started.open(signal)
    await gate().passed
    return 'never'
  })
  const peer = await bench.open()
  const call = peer.call('hang')
  const signal = await started.passed
  bench.clock.pass(999)
  expect(signal.aborted).toBe(false)
  bench.clock.pass(1)
  expect(signal.aborted).toBe(true)
  expect((await call.ended).message?.error).toMatchObject({ code: -32603, message: 'The request took too long' })
})

test('a result that comes after the time limit is not sent', async () => {
  const bench = new Bench({ limits })
  const late = gate()
  bench.mcp.tool('late', {}, async () => {
    await late.passed
    return 'late'
  })
  const call = (await bench.open()).call('late')
  await turns()
  bench.clock.pass(1000)
  await call.ended
  late.open()
  await turns()
  expect(call.endings).toHaveLength(1)
})

test('a signal that is first touched after the time limit has fired already', async () => {
  const bench = new Bench({ limits })
  const late = gate()
  const fired = gate<boolean>()
  bench.mcp.tool('late', {}, async (_, context) => {
    await late.passed
    fired.open(context.signal.aborted)
    return undefined
  })
  const call = (await bench.open()).call('late')
  await turns()
  bench.clock.pass(1000)
  await call.ended
  late.open()
  expect(await fired.passed).toBe(true)
})

test('an answered call leaves no timer behind', async () => {
  const bench = new Bench({ limits })
  bench.mcp.tool('quick', {}, async () => 'done')
  const peer = await bench.open()
  const before = bench.clock.pending
  await peer.call('quick').ended
  expect(bench.clock.pending).toBe(before)
})

test('a question that is not answered within askMs is cancelled on the wire, and the handler hears of it', async () => {
  const bench = new Bench({ limits: { ...limits, callMs: 60_000 } })
  bench.mcp.tool('ask', {}, async (_, context) => {
    await Promise.resolve()
    await context.elicit('Sure?', form)
    return 'unreachable'
  })
  const peer = await bench.open({ elicitation: {} })
  const call = peer.call('ask')
  const question = await call.said(0)
  expect(question).toMatchObject({ id: 'ask-1', method: 'elicitation/create' })
  bench.clock.pass(5000)
  expect(await call.said(1)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 'ask-1' } })
  const { message } = await call.ended
  expect(message?.result).toEqual({
    content: [{ type: 'text', text: 'Elicitation failed: the client did not answer in time' }],
    isError: true
  })
})

test('an answer that comes after askMs is ignored', async () => {
  const bench = new Bench({ limits: { ...limits, callMs: 60_000 } })
  bench.mcp.tool('ask', {}, async (_, context) => {
    await Promise.resolve()
    await context.elicit('Sure?', form)
    return 'unreachable'
  })
  const peer = await bench.open({ elicitation: {} })
  const call = peer.call('ask')
  await call.said(0)
  bench.clock.pass(5000)
  await call.ended
  expect((await peer.send({ id: 'ask-1', result: accept }).ended).how).toBe('accept')
  expect(call.endings).toHaveLength(1)
})

/** Asks after `before` and finishes after `after`; the call takes no time but what the test lets pass. */
function asking(bench: Bench, before: Promise<void> | undefined, after: Promise<void> | undefined): void {
  bench.mcp.tool('ask', {}, async (_: unknown, context: Context) => {
    if (before !== undefined) await before
    await context.elicit('Sure?', form)
    if (after !== undefined) await after
    return 'asked'
  })
}

test('the time limit stands still while the client is asked', async () => {
  const bench = new Bench({ limits })
  asking(bench, Promise.resolve(), undefined)
  const peer = await bench.open({ elicitation: {} })
  const call = peer.call('ask')
  await call.said(0)
  bench.clock.pass(4999)
  peer.send({ id: 'ask-1', result: accept })
  expect((await call.ended).message?.result.content[0].text).toBe('asked')
})

test('the time limit stands still for a question that the handler asks first of all', async () => {
  const bench = new Bench({ limits })
  asking(bench, undefined, undefined)
  const peer = await bench.open({ elicitation: {} })
  const call = peer.call('ask')
  await call.said(0)
  bench.clock.pass(4999)
  peer.send({ id: 'ask-1', result: accept })
  expect((await call.ended).message?.result?.content[0].text).toBe('asked')
})

test('a call that asked first of all leaves no timer behind', async () => {
  const bench = new Bench({ limits })
  asking(bench, undefined, undefined)
  const peer = await bench.open({ elicitation: {} })
  const before = bench.clock.pending
  const call = peer.call('ask')
  await call.said(0)
  peer.send({ id: 'ask-1', result: accept })
  await call.ended
  expect(bench.clock.pending).toBe(before)
})

test('after the answer the time limit runs again', async () => {
  const bench = new Bench({ limits })
  asking(bench, Promise.resolve(), gate().passed)
  const peer = await bench.open({ elicitation: {} })
  const call = peer.call('ask')
  await call.said(0)
  bench.clock.pass(3000)
  await peer.send({ id: 'ask-1', result: accept }).ended
  await turns()
  bench.clock.pass(1000)
  expect((await call.ended).message?.error?.message).toBe('The request took too long')
})

test('the time before a question counts', async () => {
  const bench = new Bench({ limits })
  const before = gate()
  asking(bench, before.passed, gate().passed)
  const peer = await bench.open({ elicitation: {} })
  const call = peer.call('ask')
  await turns()
  bench.clock.pass(900)
  before.open()
  await call.said(0)
  await peer.send({ id: 'ask-1', result: accept }).ended
  await turns()
  bench.clock.pass(200)
  await turns()
  expect(call.endings).toHaveLength(1)
})

test('with two questions open the limit stands still until both are answered', async () => {
  const bench = new Bench({ limits })
  bench.mcp.tool('two', {}, async (_, context) => {
    await Promise.resolve()
    await Promise.all([context.elicit('One?', form), context.elicit('Two?', form)])
    return 'both'
  })
  const peer = await bench.open({ elicitation: {} })
  const call = peer.call('two')
  await call.said(1)
  peer.send({ id: 'ask-1', result: accept })
  await turns()
  bench.clock.pass(2000)
  peer.send({ id: 'ask-2', result: accept })
  expect((await call.ended).message?.result.content[0].text).toBe('both')
})

test('a resource whose first piece never comes is stopped at the time limit', async () => {
  const bench = new Bench({ limits })
  const started = gate()
  bench.mcp.resource('slow://pieces', {}, async function* () {
    started.open()
    await gate().passed
    yield 'never'
  })
  const peer = await bench.open()
  const read = peer.request('resources/read', { uri: 'slow://pieces' })
  await started.passed
  bench.clock.pass(1000)
  await turns()
  expect(read.endings[0]?.message?.error?.message).toBe('The request took too long')
})
