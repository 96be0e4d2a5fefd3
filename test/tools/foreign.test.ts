/** What JSON or JavaScript can say and no tool can use: numbers past all numbers, and forms that are no JSON Schema. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'

test.each(['1e999', '-1e999', '[1e999]'])('an argument of %s is refused: it would be Infinity', async (number) => {
  const bench = new Bench()
  const n = Type.Union([Type.Number(), Type.Array(Type.Number())])
  bench.mcp.tool('take', { input: Type.Object({ n }) }, (given) => String(given.n))
  const { session } = await bench.open()
  const call = (text: string) =>
    bench.raw(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"take","arguments":{"n":${text}}}}`, {
      session
    }).ended
  expect((await call(number)).message?.error?.code).toBe(-32602)
  expect((await call('1e99')).message?.result?.content).toEqual([{ type: 'text', text: '1e+99' }])
})

test('a form that is the schema of another library is asked of nobody', async () => {
  const bench = new Bench()
  const form = Object.assign(Object.create({ parse: () => undefined }), { type: 'object', '~standard': {} })
  bench.mcp.tool('ask', {}, async (_, { elicit }) => (await elicit('Who?', form)).action)
  const call = (await bench.open({ elicitation: {} })).call('ask')
  expect((await call.ended).message?.result?.isError).toBe(true)
  expect(String(bench.log.at('error')[0]?.fields['err'])).toContain('of zod z.toJSONSchema(schema)')
})
