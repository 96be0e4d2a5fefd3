/** Traps about streams: held back by proxies, given the same ids at the same moment, or cut with the call they belong to. */
import { expect, test } from 'vitest'
import { defaultLimits } from '../../src/protocol/limits.ts'
import { gate } from '../support/gate.ts'
import { listening, watched } from '../support/listening.ts'

test('every stream tells proxies to pass it on as it comes, and the pause between signs of life is below half a minute', async () => {
  const hold = gate()
  const { open } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('step', {}, async (_, context) => {
        context.progress({ progress: 1 })
        await hold.passed
        return 'done'
      })
  })
  const peer = await open()
  for (const { headers } of [await peer.call('step'), await peer.get()])
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
      'cache-control': expect.stringContaining('no-transform')
    })
  hold.open()
  expect(defaultLimits.keepAliveMs).toBeLessThan(30_000)
})

test('messages of one moment carry ids of their own, in rising order', async () => {
  const { peer, touch } = await watched({
    offer: ({ mcp }) => mcp.resource('a://b', {}, () => 'b')
  })
  const stream = await peer.get()
  for (let sent = 0; sent < 20; sent += 1) touch()
  const ids: string[] = []
  while (ids.length < 20) ids.push((await stream.next())?.id as string)
  expect(new Set(ids).size).toBe(20)
  const numbers = ids.map((id) => Number(id.split('.').at(-1)))
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
})

test('messages of calls that run at one moment carry ids that are unique in the session', async () => {
  const { open } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('step', {}, async function* () {
        for (let progress = 1; progress <= 5; progress += 1) yield { progress }
        return 'done'
      })
  })
  const peer = await open()
  const replies = await Promise.all([1, 2, 3, 4].map(() => peer.call('step')))
  const events = (await Promise.all(replies.map((reply) => reply.rest()))).flat()
  expect(events.length).toBe(24)
  expect(new Set(events.map(({ id }) => id)).size).toBe(24)
})

test('after its first stream was cut a session is sent what follows on the next one', async () => {
  const { peer, touch } = await watched({
    offer: ({ mcp }) => mcp.resource('a://b', {}, () => 'b')
  })
  for (let round = 0; round < 3; round += 1) {
    const stream = await peer.get()
    touch()
    expect((await stream.next())?.message.params).toEqual({ uri: 'a://b' })
    stream.cut()
  }
})
