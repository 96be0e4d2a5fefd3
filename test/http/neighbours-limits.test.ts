/** Two callers of one endpoint over real sockets: the limits of its tools are shared out fairly. */
import { type Static, Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import type { CallLimits } from '../../src/http/index.ts'
import { type Gate, gate, until } from '../support/gate.ts'
import { listening } from '../support/listening.ts'
import type { LoopbackPeer, LoopbackReply } from '../support/loopback.ts'

const input = Type.Object({ name: Type.String() })

interface Held {
  /** The names of the calls that ran or run, in order. */
  begun: string[]
  /** Ends a call, which answers its name. */
  end(name: string): void
  open(): Promise<LoopbackPeer>
}

/** A server whose calls run until the test ends each by its name. */
async function held(limits: CallLimits): Promise<Held> {
  const begun: string[] = []
  const holds = new Map<string, Gate>()
  const { open } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('hold', { input, limits }, async ({ name }: Static<typeof input>) => {
        const hold = gate()
        holds.set(name, hold)
        begun.push(name)
        await hold.passed
        return name
      })
  })
  return { begun, end: (name) => holds.get(name)?.open(), open: () => open() }
}

const said = async (reply: Promise<LoopbackReply>): Promise<string> =>
  (await (await reply).json()).result.content[0].text

/** Sends calls, one after the other; a ping after each gives it time to arrive. */
async function send(peer: LoopbackPeer, names: string[]): Promise<Promise<LoopbackReply>[]> {
  const replies: Promise<LoopbackReply>[] = []
  for (const name of names) {
    replies.push(peer.request('tools/call', { name: 'hold', arguments: { name } }))
    await (await peer.request('ping')).closed
  }
  return replies
}

test('a caller who floods a tool lets another in after the next call, not after all', async () => {
  const { begun, end, open } = await held({ total: 1 })
  const [greedy, modest] = [await open(), await open()]
  const flood = await send(greedy, ['g1', 'g2', 'g3', 'g4', 'g5', 'g6'])
  const [one] = await send(modest, ['m1'])
  for (let ended = 0; ended < 7; ended += 1) {
    await until(() => begun.length, ended + 1)
    end(begun[ended] as string)
  }
  expect(begun.indexOf('m1')).toBeLessThanOrEqual(2)
  expect(await said(one as Promise<LoopbackReply>)).toBe('m1')
  expect(await Promise.all(flood.map(said))).toEqual(['g1', 'g2', 'g3', 'g4', 'g5', 'g6'])
})

test('a caller at his own concurrency holds nobody else up', async () => {
  const { begun, end, open } = await held({ concurrency: 1 })
  const [greedy, modest] = [await open(), await open()]
  const running = await send(greedy, ['g1'])
  await until(() => begun.join(), 'g1')
  const waiting = await send(greedy, ['g2'])
  const [one] = await send(modest, ['m1'])
  await until(() => begun.join(), 'g1,m1')
  end('m1')
  expect(await said(one as Promise<LoopbackReply>)).toBe('m1')
  end('g1')
  await until(() => begun.join(), 'g1,m1,g2')
  end('g2')
  expect(await Promise.all([...running, ...waiting].map(said))).toEqual(['g1', 'g2'])
})

test('a caller who used up his rate reads when to try again, and another is let through', async () => {
  const { begun, end, open } = await held({ rate: '1/m', queue: 0 })
  const [greedy, modest] = [await open(), await open()]
  const [first] = await send(greedy, ['g1'])
  await until(() => begun.join(), 'g1')
  const [refused] = await send(greedy, ['g2'])
  const [one] = await send(modest, ['m1'])
  const { result } = await (await (refused as Promise<LoopbackReply>)).json()
  await until(() => begun.join(), 'g1,m1')
  expect(result.isError).toBe(true)
  expect(result.content[0].text).toMatch(/try again in \d+ s/i)
  for (const name of begun) end(name)
  expect([await said(first as Promise<LoopbackReply>), await said(one as Promise<LoopbackReply>)]).toEqual(['g1', 'm1'])
})
