/** Resources after progress, as the last event of a stream: resumable when small, written as they come when large. */
import { expect, test } from 'vitest'
import { big, chunk, endless } from '../support/big.ts'
import { gate, turns, until } from '../support/gate.ts'
import type { Listening } from '../support/listening.ts'

const readWithToken = { method: 'resources/read', params: { uri: 'big://r', _meta: { progressToken: 't' } } }

test('after progress a small resource is an event with an id, and resumable after a drop', async () => {
  const hold = gate()
  const { open, app } = await big(async function* (context) {
    context.progress({ progress: 1 })
    yield 'small '
    await hold.passed
    yield 'thing'
  })
  const peer = await open()
  const post = await peer.post({ id: 1, ...readWithToken })
  const seen = await post.next()
  post.cut()
  await post.closed
  hold.open()
  await until(() => app.mcp.host.load.calls, 0)
  const [result, ...more] = await (await peer.get(seen?.id)).rest()
  expect(result?.message.result.contents[0].text).toBe('small thing')
  expect(more).toEqual([])
})

test('after progress a large resource is one last event', async () => {
  const { open } = await big(async function* (context) {
    context.progress({ progress: 1 })
    for (let count = 0; count < 64; count += 1) yield chunk
  })
  const events = await (await (await open()).post({ id: 1, ...readWithToken })).rest()
  expect(events).toHaveLength(2)
  expect(events[1]?.message.result.contents[0].text).toHaveLength(64 * chunk.length)
})

/** Progress, more than logBytes, then whatever `between` does, then the end. */
const flowing = (between: (context: { progress(step: { progress: number }): void }) => Promise<void> | void) =>
  async function* (context: { progress(step: { progress: number }): void }): AsyncGenerator<string> {
    context.progress({ progress: 1 })
    for (let count = 0; count < 4; count += 1) yield chunk
    await between(context)
    yield 'end'
  }
const small = { plugin: { limits: { logBytes: 1000 } } }

test('keep-alive comments do not get into a large event', async () => {
  const server: { clock?: Listening['clock'] } = {}
  const { open, clock } = await big(
    flowing(() => server.clock?.pass(60_000)),
    { plugin: { limits: { logBytes: 1000, callMs: 1_000_000 } } }
  )
  server.clock = clock
  const events = await (await (await open()).post({ id: 1, ...readWithToken })).rest()
  expect(events[1]?.message.result.contents[0].text).toHaveLength(4 * chunk.length + 3)
})

test('what a generator says while its large event is written comes after that event or not at all', async () => {
  const { open } = await big(
    flowing((context) => context.progress({ progress: 2 })),
    small
  )
  const events = await (await (await open()).post({ id: 1, ...readWithToken })).rest()
  const results = events.filter(({ message }) => message.result !== undefined)
  expect(results).toHaveLength(1)
  expect(results[0]?.message.result.contents[0].text).toHaveLength(4 * chunk.length + 3)
})

test('nothing follows the result of a large event', async () => {
  const { open } = await big(
    flowing((context) => context.progress({ progress: 2 })),
    small
  )
  const events = await (await (await open()).post({ id: 1, ...readWithToken })).rest()
  expect(events.at(-1)?.message.result).toBeDefined()
})

test('an error in the middle of a large event cuts the connection', async () => {
  const { open, app } = await big(
    flowing(() => {
      throw new Error('half way')
    }),
    small
  )
  const post = await (await open()).post({ id: 1, ...readWithToken })
  await post.closed
  expect(post.received).not.toContain('half way')
  await until(() => app.mcp.host.load.calls, 0)
})

test('a client that leaves a large event stops the generator and can fetch an error', async () => {
  const { open, watched, app } = await big(async function* (context) {
    context.progress({ progress: 1 })
    yield* endless()
  }, small)
  const peer = await open()
  const post = await peer.post({ id: 1, ...readWithToken })
  const seen = await post.next()
  await post.saw(chunk)
  post.cut()
  await until(() => watched.cleaned, true)
  await until(() => app.mcp.host.load.calls, 0)
  const rest = await (await peer.get(seen?.id)).rest()
  expect(rest.at(-1)?.message.error?.message).toBe('The answer was cut off; ask again')
})

test('a cancel while a small resource is gathered leaves no answer, also not for a resume', async () => {
  const hold = gate()
  const { open } = await big(async function* (context) {
    context.progress({ progress: 1 })
    yield 'one '
    await hold.passed
    yield 'two'
  })
  const peer = await open()
  const post = await peer.post({ id: 'a', ...readWithToken })
  const seen = await post.next()
  await (await peer.post({ method: 'notifications/cancelled', params: { requestId: 'a' } })).closed
  expect(await post.rest()).toEqual([])
  hold.open()
  await turns(5)
  expect(await (await peer.get(seen?.id)).rest()).toEqual([])
})
