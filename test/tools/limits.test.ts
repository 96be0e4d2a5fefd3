/** Limits of calls: places, rates and times, for each tool and for all; what waits, what is refused, and that callers take turns. */

import { Type } from '@sinclair/typebox'
import { describe, expect, test } from 'vitest'
import { DeclarationError } from '../../src/protocol/errors.ts'
import type { Context } from '../../src/protocol/handler.ts'
import { Gate } from '../../src/tools/gate.ts'
import { readLimits } from '../../src/tools/limits.ts'
import { Turns } from '../../src/tools/turns.ts'
import { TestClock } from '../support/clock.ts'
import { gate, turns } from '../support/gate.ts'
import { failure, holding, anything as input, room, said } from './room.ts'

describe('places', () => {
  test('a call past the concurrency of its caller waits, and runs when one has ended', async () => {
    const { bench, mcp } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { concurrency: 1 } }, held.handler)
    const peer = await bench.open()
    peer.call('hold', { name: 'a' })
    const second = peer.call('hold', { name: 'b' })
    await turns()
    expect(held.begun).toEqual(['a'])
    held.let('a')
    await turns()
    expect(held.begun).toEqual(['a', 'b'])
    held.let('b')
    expect(await said(second)).toBe('b')
  })

  test('the concurrency of one caller is nothing to another', async () => {
    const { bench, mcp } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { concurrency: 1 } }, held.handler)
    ;(await bench.open()).call('hold', { name: 'a' })
    ;(await bench.open()).call('hold', { name: 'b' })
    await turns()
    expect(held.begun).toEqual(['a', 'b'])
  })

  test('the total holds for all callers together', async () => {
    const { bench, mcp } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { total: 1 } }, held.handler)
    ;(await bench.open()).call('hold', { name: 'a' })
    ;(await bench.open()).call('hold', { name: 'b' })
    await turns()
    expect(held.begun).toEqual(['a'])
  })

  test('a caller who floods a tool keeps another waiting for no more than one call beside the running one', async () => {
    const { bench, mcp } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { total: 1 } }, held.handler)
    const [flood, other] = [await bench.open(), await bench.open()]
    for (let n = 1; n <= 9; n += 1) flood.call('hold', { name: `f${n}` })
    for (let n = 1; n <= 3; n += 1) other.call('hold', { name: `o${n}` })
    for (let ended = 0; ended < 12; ended += 1) {
      await turns()
      held.let(held.begun[ended] as string)
    }
    expect(held.begun).toEqual(['f1', 'f2', 'o1', 'f3', 'o2', 'f4', 'o3', 'f5', 'f6', 'f7', 'f8', 'f9'])
  })

  test('a caller who fills his queue takes no place in that of another', async () => {
    const { bench, mcp } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { total: 1, queue: 2 } }, held.handler)
    const [flood, other] = [await bench.open(), await bench.open()]
    for (let n = 1; n <= 3; n += 1) flood.call('hold', { name: `f${n}` })
    expect(await failure(flood.call('hold', { name: 'f4' }))).toContain('Concurrency limit')
    const waiting = other.call('hold', { name: 'o1' })
    for (const name of ['f1', 'f2', 'o1']) {
      await turns()
      held.let(name)
    }
    expect(await said(waiting)).toBe('o1')
  })

  test('callers who have to wait at the gate of all tools do not take the places of a tool from others', async () => {
    const { bench, mcp } = room({ limits: { concurrency: 1 } })
    const held = holding()
    mcp.tool('hold', { input, limits: { total: 2 } }, held.handler)
    const [flood, other] = [await bench.open(), await bench.open()]
    flood.call('hold', { name: 'f1' })
    flood.call('hold', { name: 'f2' })
    other.call('hold', { name: 'o1' })
    await turns()
    expect(held.begun).toEqual(['f1', 'o1'])
  })

  test('the limits of all tools hold for them together', async () => {
    const { bench, mcp } = room({ limits: { concurrency: 1 } })
    const held = holding()
    mcp.tool('one', { input }, held.handler)
    mcp.tool('two', { input }, held.handler)
    const peer = await bench.open()
    peer.call('one', { name: 'a' })
    peer.call('two', { name: 'b' })
    await turns()
    expect(held.begun).toEqual(['a'])
    held.let('a')
    await turns()
    expect(held.begun).toEqual(['a', 'b'])
  })

  test('past the queue a call fails with the limit it met and no work begun', async () => {
    const { bench, mcp } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { concurrency: 2, queue: 0 } }, held.handler)
    const peer = await bench.open()
    peer.call('hold', { name: 'a' })
    peer.call('hold', { name: 'b' })
    expect(await failure(peer.call('hold', { name: 'c' }))).toBe(
      'Concurrency limit: the tool "hold" runs at most 2 calls at one time from one caller. ' +
        'Try again when one of them has ended, in a few seconds.'
    )
    expect(held.begun).toEqual(['a', 'b'])
  })

  test('a call that waits too long fails, and says for how long it waited', async () => {
    const { bench, mcp, clock } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { total: 1, queueMs: 2500 } }, held.handler)
    const peer = await bench.open()
    peer.call('hold', { name: 'a' })
    const late = peer.call('hold', { name: 'b' })
    await turns()
    clock.pass(2500)
    expect(await failure(late)).toBe(
      'Concurrency limit: the tool "hold" runs at most 1 call at one time. This call waited 2.5 s in vain. ' +
        'Try again when one of them has ended, in a few seconds.'
    )
    held.let('a')
    await turns()
    expect(held.begun).toEqual(['a'])
  })

  test('of all callers together no more than 1000 calls wait', () => {
    const gate = new Gate('this server', readLimits('test', { total: 1 }), new TestClock())
    const turns = new Turns(new TestClock())
    const enter = (caller: string): unknown => turns.enter([{ gate, caller }], () => new AbortController().signal)
    for (let caller = 0; caller <= 1000; caller += 1) enter(`caller ${caller}`)
    expect(() => enter('one more')).toThrow('Concurrency limit: this server runs at most 1 call at one time.')
  })

  test('a call that is cancelled while it waits never begins, and leaves its place in the queue', async () => {
    const { bench, mcp, clock } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { concurrency: 1, queue: 1 } }, held.handler)
    const peer = await bench.open()
    const idle = clock.pending
    peer.call('hold', { name: 'a' }, 'a')
    const waiting = peer.call('hold', { name: 'b' }, 'b')
    await turns()
    await peer.cancel('b').ended
    expect((await waiting.ended).how).toBe('end')
    peer.call('hold', { name: 'c' }, 'c')
    held.let('a')
    await turns()
    expect(held.begun).toEqual(['a', 'c'])
    held.let('c')
    await turns()
    expect(clock.pending).toBe(idle)
  })

  test('a cancelled call keeps its place until its handler has ended', async () => {
    const { bench, mcp } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { concurrency: 1 } }, held.handler)
    const peer = await bench.open()
    peer.call('hold', { name: 'a' }, 'a')
    await turns()
    await peer.cancel('a').ended
    peer.call('hold', { name: 'b' })
    await turns()
    expect(held.begun).toEqual(['a'])
    held.let('a')
    await turns()
    expect(held.begun).toEqual(['a', 'b'])
  })

  test('a handler that throws gives its place back', async () => {
    const { bench, mcp } = room()
    mcp.tool('fail', { limits: { concurrency: 1, queue: 0 } }, () => {
      throw new Error('broken')
    })
    const peer = await bench.open()
    expect(await failure(peer.call('fail'))).toContain('unexpectedly')
    expect(await failure(peer.call('fail'))).toContain('unexpectedly')
  })

  test('whom a call counts for can be said', async () => {
    const { bench, mcp } = room()
    const held = holding()
    const key = (context: Context): string => context.session.client.info.name
    mcp.tool('hold', { input, limits: { concurrency: 1, key } }, held.handler)
    ;(await bench.open()).call('hold', { name: 'a' })
    ;(await bench.open()).call('hold', { name: 'b' })
    await turns()
    expect(held.begun).toEqual(['a'])
  })

  test('a key that throws is a fault that the log gets, and no work begins', async () => {
    const { bench, mcp } = room()
    const held = holding()
    const key = (): string => {
      throw new Error('nobody')
    }
    mcp.tool('hold', { input, limits: { concurrency: 1, key } }, held.handler)
    expect(await failure((await bench.open()).call('hold', { name: 'a' }))).toContain('unexpectedly')
    expect(bench.log.at('error')).toHaveLength(1)
    expect(held.begun).toEqual([])
  })
})

describe('rates', () => {
  test('a rate lets through what was saved up, and then one call at a time', async () => {
    const { bench, mcp, clock } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { rate: '3/s', queueMs: 1000 } }, held.handler)
    const peer = await bench.open()
    for (const name of ['a', 'b', 'c', 'd', 'e']) peer.call('hold', { name })
    await turns()
    expect(held.begun).toEqual(['a', 'b', 'c'])
    clock.pass(333)
    await turns()
    expect(held.begun).toHaveLength(3)
    clock.pass(1)
    await turns()
    expect(held.begun).toEqual(['a', 'b', 'c', 'd'])
    clock.pass(333)
    await turns()
    expect(held.begun).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('a call that the rate would keep too long fails at once, and says when to try again', async () => {
    const { bench, mcp } = room()
    mcp.tool('quick', { limits: { rate: '2/m' } }, () => 'done')
    const peer = await bench.open()
    await said(peer.call('quick'))
    await said(peer.call('quick'))
    expect(await failure(peer.call('quick'))).toBe(
      'Rate limit: the tool "quick" takes at most 2 calls in 60 s from one caller. Try again in 30 s.'
    )
  })

  test('who tries again when the text says so gets through', async () => {
    const { bench, mcp, clock } = room()
    mcp.tool('quick', { limits: { rate: { max: 7, perMs: 60_000 }, queue: 0 } }, () => 'done')
    const peer = await bench.open()
    for (let n = 0; n < 7; n += 1) expect(await said(peer.call('quick'))).toBe('done')
    expect(await failure(peer.call('quick'))).toContain('Try again in 8.6 s.')
    clock.pass(8600)
    expect(await said(peer.call('quick'))).toBe('done')
    expect(await failure(peer.call('quick'))).toContain('Rate limit')
  })

  test('a call that waited for the rate and was overtaken by its own limit of waiting says so', async () => {
    const { bench, mcp, clock } = room({ limits: { total: 1, queueMs: 3000 } })
    const held = holding()
    mcp.tool('hold', { input, limits: { rate: '1/s' } }, held.handler)
    const peer = await bench.open()
    peer.call('hold', { name: 'a' })
    const late = peer.call('hold', { name: 'b' })
    await turns()
    clock.pass(3000)
    expect(await failure(late)).toBe(
      'Concurrency limit: this server runs at most 1 call at one time. This call waited 3 s in vain. ' +
        'Try again when one of them has ended, in a few seconds.'
    )
  })

  test('each caller has a rate of its own', async () => {
    const { bench, mcp } = room()
    mcp.tool('quick', { limits: { rate: '1/m', queue: 0 } }, () => 'done')
    const [one, other] = [await bench.open(), await bench.open()]
    expect(await said(one.call('quick'))).toBe('done')
    expect(await failure(one.call('quick'))).toContain('Rate limit')
    expect(await said(other.call('quick'))).toBe('done')
  })

  test('a call that is refused costs nothing of the rate', async () => {
    const { bench, mcp, clock } = room()
    mcp.tool('quick', { limits: { rate: '1/s', queue: 0 } }, () => 'done')
    const peer = await bench.open()
    await said(peer.call('quick'))
    for (let n = 0; n < 5; n += 1) expect(await failure(peer.call('quick'))).toContain('Try again in 1 s.')
    clock.pass(1000)
    expect(await said(peer.call('quick'))).toBe('done')
  })

  test('arguments that do not fit cost nothing of the rate', async () => {
    const { bench, mcp } = room()
    mcp.tool('quick', { input: Type.Object({ n: Type.Number() }), limits: { rate: '1/m', queue: 0 } }, () => 'done')
    const peer = await bench.open()
    expect((await peer.call('quick', {}).ended).message?.error?.code).toBe(-32602)
    expect(await said(peer.call('quick', { n: 1 }))).toBe('done')
  })
})

describe('times', () => {
  test('a handler that takes too long is told by its signal, and the model by a text', async () => {
    const { bench, mcp, clock } = room()
    const fired = gate<unknown>()
    mcp.tool('slow', { limits: { timeoutMs: 1500 } }, (_, { signal }) => {
      signal.addEventListener('abort', () => fired.open(signal.reason))
      return new Promise<string>(() => {})
    })
    const call = (await bench.open()).call('slow')
    await turns()
    clock.pass(1500)
    const text = 'Time limit: the tool "slow" may run for 1.5 s, and was stopped before it had a result.'
    expect(await failure(call)).toBe(text)
    expect((await fired.passed) as Error).toMatchObject({ message: text })
    expect(bench.log.at('warn')).toHaveLength(1)
  })

  test('a signal that is touched after the time was up has fired', async () => {
    const { bench, mcp, clock } = room()
    const over = gate()
    const seen = gate<boolean>()
    mcp.tool('slow', { limits: { timeoutMs: 1 } }, async (_, context) => {
      await over.passed
      seen.open(context.signal.aborted)
    })
    const call = (await bench.open()).call('slow')
    await turns()
    clock.pass(1)
    await call.ended
    over.open()
    expect(await seen.passed).toBe(true)
  })

  test('a call that is cancelled fires the same signal', async () => {
    const { bench, mcp } = room()
    const fired = gate()
    mcp.tool('slow', { limits: { timeoutMs: 1000 } }, (_, { signal }) => {
      signal.addEventListener('abort', () => fired.open())
      return fired.passed
    })
    const peer = await bench.open()
    peer.call('slow', {}, 'x')
    await turns()
    await peer.cancel('x').ended
    await fired.passed
  })

  test('a result in time leaves no timer behind', async () => {
    const { bench, mcp, clock } = room()
    mcp.tool('quick', { limits: { timeoutMs: 1000 } }, async () => 'done')
    const peer = await bench.open()
    const idle = clock.pending
    expect(await said(peer.call('quick'))).toBe('done')
    await turns()
    expect(clock.pending).toBe(idle)
  })

  test('waiting for a place does not count', async () => {
    const { bench, mcp, clock } = room()
    const held = holding()
    mcp.tool('hold', { input, limits: { concurrency: 1, timeoutMs: 1000 } }, held.handler)
    const peer = await bench.open()
    peer.call('hold', { name: 'a' })
    const second = peer.call('hold', { name: 'b' })
    await turns()
    clock.pass(900)
    held.let('a')
    await turns()
    clock.pass(900)
    held.let('b')
    expect(await said(second)).toBe('b')
  })

  test('waiting for the answer of the client does not count', async () => {
    const { bench, mcp, clock } = room()
    mcp.tool('ask', { limits: { timeoutMs: 1000 } }, async (_, { elicit }) => {
      const { action } = await elicit('Really?', Type.Object({}))
      return action
    })
    const peer = await bench.open({ elicitation: {} })
    const call = peer.call('ask')
    const { id } = await call.said(0)
    clock.pass(5000)
    peer.send({ id, result: { action: 'decline' } })
    expect(await said(call)).toBe('decline')
  })

  test('what is left of the time goes on after the answer of the client', async () => {
    const { bench, mcp, clock } = room()
    mcp.tool('ask', { limits: { timeoutMs: 1000 } }, async (_, { elicit }) => {
      await elicit('Really?', Type.Object({}))
      await new Promise(() => {})
    })
    const peer = await bench.open({ elicitation: {} })
    const call = peer.call('ask')
    const { id } = await call.said(0)
    peer.send({ id, result: { action: 'decline' } })
    await turns()
    clock.pass(1000)
    expect(await failure(call)).toContain('Time limit')
  })

  test('a generator that is stopped gets to clean up', async () => {
    const { bench, mcp, clock } = room()
    const [step, cleaned] = [gate(), gate()]
    mcp.tool('steps', { limits: { timeoutMs: 1000 } }, async function* () {
      try {
        yield { progress: 1 }
        await step.passed
        yield { progress: 2 }
        return 'done'
      } finally {
        cleaned.open()
      }
    })
    const call = (await bench.open()).call('steps')
    await call.said(0)
    clock.pass(1000)
    expect(await failure(call)).toContain('Time limit')
    step.open()
    await cleaned.passed
    expect(call.messages).toHaveLength(1)
  })

  test('a tool without a time limit has that of all tools', async () => {
    const { bench, mcp, clock } = room({ limits: { timeoutMs: 2000 } })
    mcp.tool('slow', {}, () => new Promise<string>(() => {}))
    const call = (await bench.open()).call('slow')
    await turns()
    clock.pass(2000)
    expect(await failure(call)).toContain('may run for 2 s')
  })
})

test.each([
  { concurrency: 0 },
  { concurrency: 1.5 },
  { total: -1 },
  { queue: -1 },
  { queueMs: -1 },
  { timeoutMs: 0 },
  { rate: '60' },
  { rate: '0/m' },
  { rate: '60/w' },
  { rate: { max: 1, perMs: 0 } },
  { rate: { max: 0.5, perMs: 1000 } }
])('limits that cannot work are refused when they are declared: %o', (limits) => {
  expect(() => room().mcp.tool('a', { limits }, () => 'a')).toThrow(DeclarationError)
})

test('limits are not listed', async () => {
  const { bench, mcp } = room()
  mcp.tool('a', { limits: { rate: '60/m' }, heartbeatMs: 1000 }, () => 'a')
  const { message } = await (await bench.open()).request('tools/list').ended
  expect(Object.keys(message?.result.tools[0])).toEqual(['name', 'inputSchema'])
})
