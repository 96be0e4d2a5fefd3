/** The same examples over stdio, started by the clients themselves. */
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sdks } from './clients.ts'
import { commandOf, Folder, Program } from './program.ts'
import { largeTree, layOut } from './repositories.ts'

const folder = new Folder()
const REPOSITORIES = layOut(folder.path)
afterAll(() => folder.remove())

describe.each(sdks)('$name and stdio', ({ name, connect }) => {
  test('todos of the API are there, without the tools that are routes', async () => {
    const DATABASE = join(folder.path, `${name}.db`)
    const api = await Program.listening('examples/todo/server.ts', { DATABASE })
    const overHttp = await connect(api.url)
    await overHttp.call('add_todo', { list: 'home', text: 'sweep' })
    await overHttp.call('change_todo', { list: 'home', id: 1, done: true })

    const sure = { action: 'accept', content: { sure: true } } as const
    const { client, call, noted, request } = await connect(commandOf('examples/todo/stdio.ts', { DATABASE }), sure)
    const { tools } = (await request('tools/list')) as { tools: { name: string }[] }
    expect(tools.map(({ name }) => name)).toEqual(['search_todos', 'clear_done'])
    expect(await client.getPrompt({ name: 'standup', arguments: { list: 'home' } })).toMatchObject({
      messages: [{}, { content: { resource: { text: expect.stringContaining('sweep') } } }]
    })
    await client.subscribeResource({ uri: 'todo://lists/home' })
    expect(await call('clear_done', { list: 'home' })).toMatchObject({ content: [{ text: 'Removed 1.' }] })
    expect(await noted.until('notifications/resources/updated')).toEqual([{ uri: 'todo://lists/home' }])
    expect(await overHttp.call('show_lists')).toMatchObject({ structuredContent: { lists: [] } })

    await client.close()
    await overHttp.client.close()
    await api.stop()
  })

  test('issues are created and trees are read', async () => {
    const { client, call } = await connect(commandOf('examples/repository/stdio.ts', { REPOSITORIES }))
    expect(await call('create_issue', { repository: 'acme/odd', title: 'Oh', severity: 'low' })).toMatchObject({
      structuredContent: { number: 1, title: 'Oh' }
    })
    expect(await client.readResource({ uri: 'repo://acme/large/tree' })).toMatchObject({
      contents: [{ text: `${largeTree.join('\n')}\n` }]
    })
    await client.close()
  })
})

test.each(['todo', 'repository'])(
  '%s ends by itself when its client is gone, and has said nothing but frames',
  async (example) => {
    const program = new Program(`examples/${example}/stdio.ts`)
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
    program.child.stdin?.end(`${JSON.stringify(ping)}\n`)
    expect(await program.ended).toBe(0)
    expect(program.messages).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }])
  }
)
