/** What a completion may answer. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'
import type { Ending } from '../support/recording.ts'

/** Completes an argument of a prompt and the variable of a template, both with this. */
async function suggested(complete: () => unknown): Promise<[Ending[], Bench]> {
  const bench = new Bench()
  const who = complete as () => string[]
  bench.mcp.prompt('p', { arguments: Type.Object({ who: Type.String() }), complete: { who } }, ({ who }) => who)
  bench.mcp.resource('a://{who}', { complete: { who } }, ({ who }) => who)
  const peer = await bench.open()
  const argument = { name: 'who', value: '' }
  const refs = [
    { type: 'ref/prompt', name: 'p' },
    { type: 'ref/resource', uri: 'a://{who}' }
  ]
  const endings = refs.map((ref) => peer.request('completion/complete', { ref, argument }).ended)
  return [await Promise.all(endings), bench]
}

test.each<[string, unknown]>([
  ['numbers', [1]],
  ['null among texts', ['a', null]],
  ['a hole', new Array(1)],
  ['a text', 'abc'],
  ['a set', new Set(['a'])],
  ['an object', { length: 1, 0: 'a' }]
])('%s is -32603, and the log says why', async (_, answer) => {
  for (const complete of [() => answer, async () => answer]) {
    const [endings, { log }] = await suggested(complete)
    for (const { message } of endings) expect(message?.error).toEqual({ code: -32603, message: 'Internal error' })
    expect(log.at('error').map(({ fields }) => String(fields['err']))).toEqual(
      endings.map(() => 'TypeError: the completion of "who" answered with something that is no list of texts')
    )
  }
})

test('nothing, at once or later, is no suggestion', async () => {
  for (const complete of [() => undefined, async () => undefined]) {
    const [endings] = await suggested(complete)
    for (const { message } of endings)
      expect(message?.result).toEqual({ completion: { values: [], total: 0, hasMore: false } })
  }
})

test('texts are suggested', async () => {
  const [endings] = await suggested(async () => ['a', 'b'])
  for (const { message } of endings)
    expect(message?.result).toEqual({ completion: { values: ['a', 'b'], total: 2, hasMore: false } })
})
