/** The ten-line server, as somebody would try it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sdks } from './clients.ts'
import { Program } from './program.ts'

describe.each(sdks)('$name and the ten lines', ({ connect }) => {
  let program: Program & { url: string }
  beforeAll(async () => {
    program = await Program.listening('examples/ten-lines/server.ts')
  })
  afterAll(() => program.stop())

  test('add is listed with the schemas that were declared', async () => {
    const { client, request } = await connect(program.url)
    expect(await request('tools/list')).toMatchObject({
      tools: [
        {
          name: 'add',
          inputSchema: { properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
          outputSchema: { properties: { sum: { type: 'number' } } }
        }
      ]
    })
    await client.close()
  })

  test('two numbers are added', async () => {
    const { client, call } = await connect(program.url)
    expect(await call('add', { a: 2, b: 3 })).toMatchObject({
      content: [{ type: 'text', text: '{"sum":5}' }],
      structuredContent: { sum: 5 }
    })
    await client.close()
  })

  test('a text is no number', async () => {
    const { client, call } = await connect(program.url)
    await expect(call('add', { a: 'two', b: 3 })).rejects.toMatchObject({ code: -32602 })
    await client.close()
  })
})
