/** The todo API, used by its own clients over REST and by models over MCP at the same time. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sdks } from './clients.ts'
import { Folder, Program } from './program.ts'

const folder = new Folder()
afterAll(() => folder.remove())

/** A request of the API as anybody sends one. */
async function rest(url: string, method = 'GET', body?: object): Promise<{ status: number; json: unknown }> {
  const headers = { 'content-type': 'application/json' }
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) }
  const response = await fetch(url, init)
  return { status: response.status, json: await response.json() }
}

test('the tests of the API pass with handwire and without', async () => {
  const tests = new Program('examples/todo/api.test.ts')
  expect(await tests.ended).toBe(0)
})

describe.each(sdks)('$name and the todo API', ({ name, connect }) => {
  const database = join(folder.path, `${name}.db`)
  let program: Program & { url: string }
  beforeAll(async () => {
    program = await Program.listening('examples/todo/server.ts', { DATABASE: database })
    await rest(`${program.url}/api/lists/home/todos`, 'POST', { text: 'sweep' })
    await rest(`${program.url}/api/lists/home/todos`, 'POST', { text: 'cook' })
    await rest(`${program.url}/api/lists/house/todos`, 'POST', { text: 'paint' })
  })
  afterAll(() => program.stop())

  test('the routes that ask for it are tools, and deleting is none', async () => {
    const { client, request } = await connect(program.url)
    const { tools } = (await request('tools/list')) as { tools: { name: string }[] }
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'add_todo',
      'change_todo',
      'clear_done',
      'search_todos',
      'show_list',
      'show_lists'
    ])
    expect(tools.find(({ name }) => name === 'add_todo')).toMatchObject({
      inputSchema: { properties: { list: { type: 'string' }, text: { maxLength: 500 } }, required: ['list', 'text'] },
      outputSchema: { properties: { done: { type: 'boolean' } } }
    })
    await client.close()
  })

  test('resources, templates and prompts are listed', async () => {
    const { client } = await connect(program.url)
    const { resources } = await client.listResources()
    const { resourceTemplates } = await client.listResourceTemplates()
    const { prompts } = await client.listPrompts()
    expect({ resources, resourceTemplates, prompts }).toMatchObject({
      resources: [{ uri: 'todo://lists' }],
      resourceTemplates: [{ uriTemplate: 'todo://lists/{list}' }, { uriTemplate: 'todo://lists/{list}/{id}' }],
      prompts: [{ name: 'standup', arguments: [{ name: 'list', required: true }] }]
    })
    await client.close()
  })

  test('what a tool adds is in the API', async () => {
    const { client, call } = await connect(program.url)
    const { structuredContent: added } = await call('add_todo', { list: 'garden', text: 'dig' })
    expect(added).toMatchObject({ list: 'garden', text: 'dig', done: false })
    const { json } = await rest(`${program.url}/api/lists/garden/todos`)
    expect(json).toEqual({ todos: [added] })
    await client.close()
  })

  test('a tool of its own searches through all lists', async () => {
    const { client, call } = await connect(program.url)
    expect(await call('search_todos', { text: 'PAIN' })).toMatchObject({
      structuredContent: { todos: [{ list: 'house', text: 'paint' }] }
    })
    await client.close()
  })

  test('arguments that the route would refuse are refused before it runs', async () => {
    const { client, call } = await connect(program.url)
    await expect(call('add_todo', { list: 'Not A Name', text: 'x' })).rejects.toMatchObject({ code: -32602 })
    await expect(call('add_todo', { list: 'home' })).rejects.toMatchObject({ code: -32602 })
    await client.close()
  })

  test('what the route answers to an error is told to the model', async () => {
    const { client, call } = await connect(program.url)
    expect(await call('change_todo', { list: 'home', id: 4711, done: true })).toEqual({
      content: [{ type: 'text', text: 'HTTP 404 Not Found: there is no todo 4711 in the list "home"' }],
      isError: true
    })
    await client.close()
  })

  test('a resource, and one of each template, are read', async () => {
    const { client } = await connect(program.url)
    const read = async (uri: string): Promise<unknown> => {
      const { contents } = (await client.readResource({ uri })) as { contents: { text: string }[] }
      return JSON.parse(contents[0]?.text ?? '')
    }
    expect(await read('todo://lists')).toMatchObject({
      lists: expect.arrayContaining([{ name: 'house', open: 1, done: 0 }])
    })
    expect(await read('todo://lists/home')).toMatchObject([{ text: 'sweep' }, { text: 'cook' }])
    expect(await read('todo://lists/home/2')).toEqual({ id: 2, list: 'home', text: 'cook', done: false })
    await client.close()
  })

  test.each(['todo://lists/none', 'todo://lists/home/3', 'todo://lists/home/two'])('there is no %s', async (uri) => {
    const { client } = await connect(program.url)
    // by its words: SDK v2 makes another code of -32002
    await expect(client.readResource({ uri })).rejects.toThrow('Resource not found')
    await client.close()
  })

  test('lists are completed, and ids of the list that was chosen', async () => {
    const { client } = await connect(program.url)
    const complete = async (name: string, value: string, context?: object): Promise<unknown> => {
      const ref = { type: 'ref/resource', uri: 'todo://lists/{list}/{id}' }
      const { completion } = await client.complete({ ref, argument: { name, value }, ...context })
      return (completion as { values: string[] }).values
    }
    expect(await complete('list', 'ho')).toEqual(['home', 'house'])
    expect(await complete('list', '%')).toEqual([])
    expect(await complete('id', '', { context: { arguments: { list: 'house' } } })).toEqual(['3'])
    await client.close()
  })

  test('a prompt brings the list with it, and completes its argument', async () => {
    const { client } = await connect(program.url)
    expect(await client.getPrompt({ name: 'standup', arguments: { list: 'house' } })).toMatchObject({
      messages: [
        { role: 'user', content: { type: 'text', text: expect.stringContaining('"house"') } },
        { role: 'user', content: { resource: { uri: 'todo://lists/house', text: expect.stringContaining('paint') } } }
      ]
    })
    const argument = { name: 'list', value: 'hou' }
    const { completion } = await client.complete({ ref: { type: 'ref/prompt', name: 'standup' }, argument })
    expect(completion).toMatchObject({ values: ['house'] })
    await client.close()
  })

  test('a change over REST is told to the sessions that subscribed, and only of what they subscribed to', async () => {
    const { client, hearing, noted } = await connect(program.url)
    await hearing
    await client.subscribeResource({ uri: 'todo://lists/home/1' })
    await rest(`${program.url}/api/lists/home/todos/2`, 'PATCH', { text: 'cook dinner' })
    await rest(`${program.url}/api/lists/home/todos/1`, 'PATCH', { text: 'sweep the floor' })
    expect(await noted.until('notifications/resources/updated')).toEqual([{ uri: 'todo://lists/home/1' }])
    await rest(`${program.url}/api/lists/home/todos/2`, 'PATCH', { text: 'cook' })
    await client.close()
  })

  test('what is done goes when the user agrees', async () => {
    const { client, call } = await connect(program.url, { action: 'accept', content: { sure: true } })
    await call('add_todo', { list: 'office', text: 'file' })
    const { structuredContent } = await call('add_todo', { list: 'office', text: 'write' })
    await call('change_todo', { list: 'office', id: (structuredContent as { id: number }).id, done: true })
    expect(await call('clear_done', { list: 'office' })).toMatchObject({ content: [{ text: 'Removed 1.' }] })
    expect((await rest(`${program.url}/api/lists/office/todos`)).json).toMatchObject({ todos: [{ text: 'file' }] })
    await client.close()
  })

  test('nothing goes when the user does not', async () => {
    const { client, call } = await connect(program.url, { action: 'decline' })
    expect(await call('clear_done', { list: 'home' })).toMatchObject({
      isError: true,
      content: [{ text: 'The user said no; nothing was removed.' }]
    })
    await client.close()
  })

  test('the API ends at once while a client listens, and finds its todos when it is back', async () => {
    const { client, hearing } = await connect(program.url)
    await hearing
    expect(await program.stop()).toBe(0)
    expect(existsSync(database)).toBe(true)
    program = await Program.listening('examples/todo/server.ts', { DATABASE: database })
    expect((await rest(`${program.url}/api/lists/house/todos`)).json).toMatchObject({ todos: [{ text: 'paint' }] })
    await client.close()
  })
})
