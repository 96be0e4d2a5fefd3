/** Hooks around calls: when they run, in which order, what they may do and what they are told. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { ProtocolError, ToolError } from '../../src/protocol/errors.ts'
import type { ToolOutcome } from '../../src/tools/index.ts'
import { gate, turns } from '../support/gate.ts'
import { failure, room, said } from './room.ts'

/** A room with a tool that runs `handler`, and what its postTool hook is told. */
function hooked(handler: () => string | Promise<string> = () => 'done') {
  const { bench, mcp, clock } = room()
  const outcomes: ToolOutcome[] = []
  mcp.tool('work', {}, handler)
  mcp.addHook('postTool', (_call, _context, outcome) => void outcomes.push(outcome))
  return { bench, mcp, clock, outcomes }
}

test('hooks run around the handler in the order in which they were added', async () => {
  const { bench, mcp } = room()
  const seen: string[] = []
  mcp.tool('work', {}, () => {
    seen.push('handler')
    return 'done'
  })
  mcp.addHook('postTool', () => void seen.push('post 1'))
  mcp.addHook('preTool', async () => {
    await turns()
    seen.push('pre 1')
  })
  mcp.addHook('preTool', () => void seen.push('pre 2'))
  mcp.addHook('postTool', () => void seen.push('post 2'))
  await (await bench.open()).call('work').ended
  await turns()
  expect(seen).toEqual(['pre 1', 'pre 2', 'handler', 'post 1', 'post 2'])
})

test('hooks are told of the call and given its context', async () => {
  const { bench, mcp } = room()
  const seen: unknown[] = []
  mcp.tool('work', { input: Type.Object({ n: Type.Number() }) }, () => 'done')
  mcp.addHook('preTool', (call, { id, session }) => void seen.push({ ...call, id, session: session.id }))
  const peer = await bench.open()
  await peer.call('work', { n: 1 }, 'x').ended
  expect(seen).toEqual([{ name: 'work', arguments: { n: 1 }, id: 'x', session: peer.session }])
})

test('a ToolError of a hook refuses the call, with no later hook and no handler', async () => {
  const ran: string[] = []
  const { bench, mcp, outcomes } = hooked(() => {
    ran.push('handler')
    return 'done'
  })
  mcp.addHook('preTool', () => {
    throw new ToolError('The shop is closed.')
  })
  mcp.addHook('preTool', () => void ran.push('second'))
  expect(await failure((await bench.open()).call('work'))).toBe('The shop is closed.')
  await turns()
  expect(ran).toEqual([])
  expect(outcomes).toMatchObject([{ result: { isError: true }, error: { message: 'The shop is closed.' } }])
})

test('a ProtocolError of a hook is the answer', async () => {
  const { bench, mcp, outcomes } = hooked()
  mcp.addHook('preTool', async () => {
    throw new ProtocolError('invalidArguments', { subject: 'not today' })
  })
  const { message } = await (await bench.open()).call('work').ended
  expect(message?.error).toEqual({ code: -32602, message: 'Invalid arguments: not today' })
  await turns()
  expect(outcomes).toMatchObject([{ result: undefined, error: { kind: 'invalidArguments' } }])
})

test('whatever else a hook throws is masked and logged', async () => {
  const { bench, mcp } = hooked()
  mcp.addHook('preTool', () => {
    throw new Error('secret')
  })
  expect(await failure((await bench.open()).call('work'))).toContain('unexpectedly')
  expect(bench.log.at('error')).toHaveLength(1)
})

test('after a call hooks are told its result and how long it took', async () => {
  const over = gate<string>()
  const { bench, clock, outcomes } = hooked(() => over.passed)
  const call = (await bench.open()).call('work')
  await turns()
  clock.pass(250)
  over.open('done')
  await call.ended
  await turns()
  expect(outcomes).toEqual([{ result: { content: [{ type: 'text', text: 'done' }] }, error: undefined, ms: 250 }])
})

test('after a call hooks are told of the fault that the client is not', async () => {
  const { bench, outcomes } = hooked(() => {
    throw new Error('secret')
  })
  await (await bench.open()).call('work').ended
  await turns()
  expect(outcomes).toMatchObject([{ result: { isError: true }, error: { message: 'secret' } }])
})

test('a result that fits nothing is told as an error without a result', async () => {
  const { bench, outcomes } = hooked(() => 7 as unknown as string)
  expect((await (await bench.open()).call('work').ended).message?.error?.code).toBe(-32603)
  await turns()
  expect(outcomes).toMatchObject([{ result: undefined, error: { name: 'TypeError' } }])
})

test('a call that was cancelled has no result', async () => {
  const over = gate<string>()
  const { bench, outcomes } = hooked(() => over.passed)
  const peer = await bench.open()
  peer.call('work', {}, 'x')
  await turns()
  await peer.cancel('x').ended
  over.open('done')
  await turns()
  expect(outcomes).toMatchObject([{ result: undefined }])
})

test('a call that a limit refused is told too', async () => {
  const { bench, mcp, outcomes } = hooked()
  mcp.tool('rare', { limits: { rate: '1/d' } }, () => 'done')
  const peer = await bench.open()
  await said(peer.call('rare'))
  await failure(peer.call('rare'))
  await turns()
  expect(outcomes.map(({ result }) => result?.isError)).toEqual([undefined, true])
})

test('what a hook after the call throws goes to the log, and later hooks still run', async () => {
  const { bench, mcp } = room()
  let ran = false
  mcp.tool('work', {}, () => 'done')
  mcp.addHook('postTool', async () => {
    throw new Error('broken')
  })
  mcp.addHook('postTool', () => {
    ran = true
  })
  expect(await said((await bench.open()).call('work'))).toBe('done')
  await turns()
  expect(ran).toBe(true)
  expect(bench.log.at('error')).toMatchObject([{ message: 'postTool hook failed' }])
})

test('nobody waits for a hook after the call', async () => {
  const { bench, mcp } = room()
  mcp.tool('work', {}, () => 'done')
  mcp.addHook('postTool', () => new Promise(() => {}))
  expect(await said((await bench.open()).call('work'))).toBe('done')
})

test('a call that is cancelled while a hook runs never begins', async () => {
  let began = false
  const { bench, mcp } = hooked(() => {
    began = true
    return 'done'
  })
  const hold = gate()
  mcp.addHook('preTool', () => hold.passed)
  const peer = await bench.open()
  peer.call('work', {}, 'x')
  await turns()
  await peer.cancel('x').ended
  hold.open()
  await turns()
  expect(began).toBe(false)
  expect(bench.log.at('error')).toEqual([])
})

test('calls of no tool and calls with bad arguments reach no hook', async () => {
  const { bench, outcomes } = hooked()
  const peer = await bench.open()
  await peer.call('none').ended
  await peer.call('work', { surplus: 1 }).ended
  expect(outcomes).toEqual([])
})

test('there is no other hook', () => {
  expect(() => room().mcp.addHook('onTool' as 'preTool', () => {})).toThrow('[hook]')
})
