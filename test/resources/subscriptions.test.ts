/** How many resources a session may subscribe to, and which URIs a template takes. */
import { expect, test } from 'vitest'
import { compileTemplate } from '../../src/resources/template.ts'
import { Bench } from '../support/bench.ts'

test('subscriptions past the limit are answered with an error, and known ones still succeed', async () => {
  const bench = new Bench({ limits: { subscriptions: 2 } })
  bench.mcp.resource('a://{n}', {}, ({ n }) => n)
  const peer = await bench.open()
  const subscribe = async (n: number) =>
    (await peer.request('resources/subscribe', { uri: `a://${n}` }).ended).message?.error?.code
  expect([await subscribe(1), await subscribe(2), await subscribe(3), await subscribe(1)]).toEqual([
    undefined,
    undefined,
    -32000,
    undefined
  ])
})

test.each(['a://1?x/data', 'a://1#x/data', 'a:///data', 'a://1/2/data'])('%s is not one path segment', (uri) => {
  expect(compileTemplate('a://{id}/data').match(uri)).toBeUndefined()
})

test('an encoded question mark is part of its segment', () => {
  expect(compileTemplate('a://{id}/data').match('a://1%3Fx/data')).toEqual({ id: '1?x' })
})
