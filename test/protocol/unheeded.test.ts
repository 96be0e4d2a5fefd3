/** Questions that their handler does not wait for. */
import { expect, onTestFinished, test } from 'vitest'
import { Bench } from '../support/bench.ts'
import { turns } from '../support/gate.ts'

test('a question that fails after its handler has gone ends nothing', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  const bench = new Bench()
  bench.mcp.tool('careless', {}, (_, context) => {
    void context.roots()
    void context.ping()
    void context.sample({ messages: [], maxTokens: 1 })
    return 'gone'
  })
  const peer = await bench.open({ roots: {}, sampling: {} })
  expect((await peer.call('careless').ended).message?.result.content[0].text).toBe('gone')
  await turns(5)
  expect(unhandled).toEqual([])
})
