/** Readers that take their time and generators that never go on. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { big, chunk } from '../support/big.ts'
import { until } from '../support/gate.ts'
import { listening } from '../support/listening.ts'
import { httpPost, raw } from '../support/loopback.ts'

const read = { method: 'resources/read', params: { uri: 'big://r' } }
const hanging = async function* (): AsyncGenerator<string> {
  yield chunk
  await new Promise(() => {})
}

test('a generator that hangs after its first piece is given up after callMs', async () => {
  const { open, watched, app, clock } = await big(hanging)
  const reply = await (await open()).post({ id: 1, ...read })
  await reply.saw(chunk)
  clock.pass(60_000)
  expect(await reply.closed).toEqual({ whole: false })
  await until(() => app.mcp.host.load.calls, 0)
  expect(watched.signal?.aborted).toBe(true)
})

test('a client that leaves a generator that hangs leaves no call behind', async () => {
  const { open, watched, app } = await big(hanging)
  const reply = await (await open()).post({ id: 1, ...read })
  await reply.saw(chunk)
  reply.cut()
  await until(() => app.mcp.host.load.calls, 0)
  expect(watched.signal?.aborted).toBe(true)
})

test('a result that is read slowly arrives whole, however many keep-alives are due meanwhile', async () => {
  const size = 12_000_000
  const { app, url, open, clock } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('large', {}, (_, { message }) => {
        message('info', 'first')
        return 'x'.repeat(size)
      })
  })
  const peer = await open()
  const socket = (await raw(url)).pause()
  socket.write(httpPost(url, { id: 1, method: 'tools/call', params: { name: 'large' } }, peer.session))
  // nobody waits for what is said on this socket but us
  await (await peer.request('ping')).closed
  await until(() => app.mcp.host.load.calls, 0)
  clock.pass(50_000)
  let length = 0
  socket.on('data', (data) => {
    length += data.length
    if (length > size) socket.destroy()
  })
  await once(socket.resume(), 'close')
  expect(length).toBeGreaterThan(size)
})
