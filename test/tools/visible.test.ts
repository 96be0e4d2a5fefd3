/** A visibility that answers with neither true nor false shows nothing. */
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'
import { turns } from '../support/gate.ts'
import { refused } from '../support/refused.ts'

const handler = (): string => 'shown'

/** A bench with one of each, whose visibility answers so. */
function answering(answer: unknown): Bench {
  const bench = new Bench()
  const visible = (): boolean => answer as boolean
  bench.mcp.tool('t', { visible }, handler)
  bench.mcp.resource('a://b', { visible }, handler)
  bench.mcp.resource('c://{d}', { visible }, handler)
  bench.mcp.prompt('p', { visible }, handler)
  return bench
}

const asked: readonly [string, object][] = [
  ['tools/list', {}],
  ['tools/call', { name: 't' }],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'a://b' }],
  ['resources/read', { uri: 'c://d' }],
  ['resources/subscribe', { uri: 'a://b' }],
  ['prompts/list', {}],
  ['prompts/get', { name: 'p' }]
]

test.each<[string, unknown]>([
  ['a promise of false', Promise.resolve(false)],
  ['undefined', undefined],
  ['null', null],
  ['a number', 1],
  ['a text', 'false']
])('%s shows nothing, and is a fault that names the entry', async (_, answer) => {
  const bench = answering(answer)
  const peer = await bench.open()
  for (const [method, params] of asked) {
    const { message } = await peer.request(method, params).ended
    expect(message?.error, method).toEqual({ code: -32603, message: 'Internal error' })
  }
  const errors = bench.log.at('error').map(({ fields }) => String(fields['err']))
  expect(errors).toHaveLength(asked.length)
  expect(errors[0]).toBe('TypeError: tools: "t": visible answers with true or false, and at once')
})

test('a promise that fails in the end ends nothing', async () => {
  const failures: unknown[] = []
  const heard = (reason: unknown): void => void failures.push(reason)
  process.on('unhandledRejection', heard)
  const bench = new Bench()
  bench.mcp.tool('t', { visible: () => Promise.reject(new Error('late')) as unknown as boolean }, handler)
  await (await bench.open()).request('tools/list').ended
  await turns()
  process.off('unhandledRejection', heard)
  expect(failures).toEqual([])
})

test('an async check is refused when it is declared', () => {
  const { mcp } = new Bench()
  const visible = (async () => false) as unknown as () => boolean
  for (const declare of [
    () => mcp.tool('t', { visible }, handler),
    () => mcp.resource('a://b', { visible }, handler),
    () => mcp.prompt('p', { visible }, handler)
  ]) {
    const { code, message } = refused(declare)
    expect(code).toBe('visible')
    expect(message).toMatch(/: visible answers with true or false, and at once/)
  }
})

test('an update is told to nobody of whom it cannot be said whether they may read', async () => {
  const bench = new Bench()
  let broken = false
  const visible = (): boolean => {
    if (broken) throw new Error('the roles are away')
    return true
  }
  bench.mcp.resource('a://b', { visible }, handler)
  const peer = await bench.open()
  const stream = await peer.listen()
  await peer.request('resources/subscribe', { uri: 'a://b' }).ended
  broken = true
  bench.mcp.updated('a://b')
  broken = false
  bench.mcp.updated('a://b')
  await turns()
  expect(stream.events).toHaveLength(1)
  expect(bench.log.at('error')).toHaveLength(1)
})

test('an update asks nobody who did not subscribe', async () => {
  const bench = new Bench()
  let asked = 0
  const visible = (): boolean => {
    asked += 1
    return true
  }
  bench.mcp.resource('a://b', { visible }, handler)
  await bench.open()
  bench.mcp.updated('a://b')
  expect(asked).toBe(0)
})
