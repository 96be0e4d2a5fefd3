/** What every official client does with the reference server, over HTTP and over stdio alike. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  askedToElicit,
  askedToSample,
  capabilities,
  completions,
  failure,
  firstPage,
  furtherTools,
  promptResults,
  refusals,
  resourceResults,
  resourceUris,
  say,
  toolResults
} from './contract.ts'
import { type Door, HttpDoor, StdioDoor } from './doors.ts'
import type { Sdk } from './peer.ts'

const who = { username: 'testuser', email: 'test@example.com' }
const watched = { uri: 'test://watched-resource' }

const scenarios: Record<string, (door: Door) => Promise<void>> = {
  async 'the handshake tells who the server is and what it offers'(door) {
    const { client } = await door.connect()
    expect(client.getServerCapabilities()).toEqual(capabilities)
    expect(client.getServerVersion()).toMatchObject({
      name: 'handwire-reference',
      title: 'Handwire reference server',
      version: expect.any(String)
    })
    expect(client.getInstructions()).toMatch(/./)
    const { result } = door.oracle.sent.find((message) => 'result' in message) as { result: object }
    expect(result).toMatchObject({ protocolVersion: '2025-06-18' })
  },

  async 'the list of tools comes in pages'(door) {
    const { request } = await door.connect()
    const first = (await request('tools/list')) as { tools: { name: string }[]; nextCursor: string }
    const second = (await request('tools/list', { cursor: first.nextCursor })) as typeof first
    expect(first.tools.map(({ name }) => name)).toEqual(firstPage)
    expect(second.tools.map(({ name }) => name)).toEqual(furtherTools)
    expect(second.nextCursor).toBeUndefined()
  },

  async 'every tool gives its exact result'(door) {
    const { call } = await door.connect()
    for (const [name, args, result] of toolResults) expect(await call(name, args), name).toEqual(result)
  },

  async 'progress reaches the callback in order'(door) {
    const { call } = await door.connect()
    const steps: object[] = []
    const result = await call('test_tool_with_progress', {}, { onprogress: (step) => steps.push(step) })
    expect(result).toEqual(say('Tool with progress executed successfully'))
    const all = [0, 50, 100].map((progress) => ({ progress, total: 100 }))
    expect(door.oracle.of('notifications/progress').map(({ params }) => params)).toMatchObject(all)
    // over stdio the SDKs lose a last progress that they read together with the result
    expect(all.slice(0, door instanceof StdioDoor ? steps.length : 3)).toEqual(steps)
    expect(steps.length).toBeGreaterThanOrEqual(2)
  },

  async 'log messages arrive while a tool runs'(door) {
    const { call, noted } = await door.connect()
    await call('test_tool_with_logging')
    expect(await noted.until('notifications/message', 3)).toEqual([
      { level: 'info', data: 'Tool execution started' },
      { level: 'info', data: 'Tool processing data' },
      { level: 'info', data: 'Tool execution completed' }
    ])
  },

  async 'log messages below the level that was set stay away, and come back with it'(door) {
    const { client, call, noted } = await door.connect()
    await client.setLoggingLevel('error')
    await call('test_tool_with_logging')
    expect(door.oracle.of('notifications/message')).toEqual([])
    await client.setLoggingLevel('debug')
    await call('test_tool_with_logging')
    expect(await noted.until('notifications/message', 3)).toHaveLength(3)
  },

  async 'a tool gets a sample from the model of the client'(door) {
    const { call } = await door.connect({
      'sampling/createMessage': (params) => {
        expect(params).toMatchObject(askedToSample)
        return { role: 'assistant', content: { type: 'text', text: 'Hi' }, model: 'none', stopReason: 'endTurn' }
      }
    })
    expect(await call('test_sampling', { prompt: 'Hello' })).toEqual(say('LLM response: Hi'))
  },

  async 'a tool hears that sampling failed'(door) {
    const { call } = await door.connect({
      'sampling/createMessage': () => {
        throw new Error('no model today')
      }
    })
    expect(await call('test_sampling', { prompt: 'Hello' })).toEqual(failure('Sampling failed: no model today'))
  },

  async 'the user accepts a form'(door) {
    const { call } = await door.connect({
      'elicitation/create': (params) => {
        expect(params).toMatchObject(askedToElicit)
        return { action: 'accept', content: who }
      }
    })
    expect(await call('test_elicitation', { message: 'Who?' })).toEqual(
      say(`User response: action=accept, content=${JSON.stringify(who)}`)
    )
  },

  async 'the user declines a form, and dismisses another'(door) {
    const actions = ['decline', 'cancel']
    const { call } = await door.connect({ 'elicitation/create': () => ({ action: actions.shift() }) })
    const answer = (action: string) => say(`User response: action=${action}, content={}`)
    expect(await call('test_elicitation', { message: 'Who?' })).toEqual(answer('decline'))
    expect(await call('test_elicitation', { message: 'Who?' })).toEqual(answer('cancel'))
  },

  async 'a tool sees the roots, and those that replaced them'(door) {
    let roots = [{ uri: 'file:///one', name: 'one' }, { uri: 'file:///two' }]
    const { client, call } = await door.connect({ 'roots/list': () => ({ roots }) })
    expect(await call('test_list_roots')).toEqual(say('["file:///one","file:///two"]'))
    roots = []
    await client.sendRootsListChanged()
    expect(await call('test_list_roots')).toEqual(say('[]'))
  },

  async 'only a client that subscribed hears that a resource changed'(door) {
    const { client, call, noted } = await door.connect()
    await door.hearing()
    await call('test_touch_watched')
    await client.subscribeResource(watched)
    await client.subscribeResource(watched)
    await call('test_touch_watched')
    expect(await noted.until('notifications/resources/updated')).toEqual([watched])
    await client.unsubscribeResource(watched)
    await client.unsubscribeResource(watched)
    await call('test_touch_watched')
    await client.ping()
    expect(door.oracle.of('notifications/resources/updated')).toHaveLength(1)
  },

  async 'a tool comes and goes, and the client hears of it'(door) {
    const { call, request, noted } = await door.connect()
    const names = async () => {
      const { tools } = (await request('tools/list', { cursor: await pageTwo() })) as { tools: { name: string }[] }
      return tools.map(({ name }) => name)
    }
    const pageTwo = async () => (await request('tools/list'))['nextCursor']
    await door.hearing()
    expect(await call('test_toggle_dynamic')).toEqual(say('added'))
    await noted.until('notifications/tools/list_changed', 1)
    expect(await names()).toEqual([...furtherTools, 'test_dynamic'])
    expect(await call('test_dynamic')).toEqual(say('dynamic'))
    expect(await call('test_toggle_dynamic')).toEqual(say('removed'))
    await noted.until('notifications/tools/list_changed', 2)
    expect(await names()).toEqual(furtherTools)
    await expect(call('test_dynamic')).rejects.toMatchObject({ code: -32602 })
  },

  async 'arguments are completed, with their context and up to a hundred values'(door) {
    const { client } = await door.connect()
    for (const [what, params, completion] of completions)
      expect((await client.complete(params)).completion, what).toEqual(completion)
  },

  async 'prompts are listed and filled in'(door) {
    const { client } = await door.connect()
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(promptResults.map(([name]) => name))
    for (const { title, description } of prompts)
      expect([title, description]).toEqual([expect.any(String), expect.any(String)])
    for (const [name, args, messages] of promptResults) {
      const result = await client.getPrompt(args === undefined ? { name } : { name, arguments: args })
      expect(result, name).toMatchObject({ messages })
    }
  },

  async 'resources are listed and read, also through their template'(door) {
    const { client } = await door.connect()
    const { resources } = await client.listResources()
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resources).toMatchObject(resourceUris.map((uri) => ({ uri })))
    expect(resourceTemplates).toMatchObject([
      { uriTemplate: 'test://template/{id}/data', name: 'template', mimeType: 'application/json' }
    ])
    for (const [uri, contents] of resourceResults)
      expect(await client.readResource({ uri }), uri).toEqual({ contents: [{ uri, ...contents }] })
  },

  async 'what is wrong is refused with its code'(door) {
    const { request } = await door.connect()
    for (const [what, method, params, error] of refusals) {
      await expect(request(method, params), what).rejects.toThrow()
      // SDK v2 hands a code of its own to the application, so the frame is looked at
      expect(door.oracle.sent.at(-1), what).toMatchObject({ error })
    }
  },

  async 'a cancelled call is not answered, and later calls are'(door) {
    const { call } = await door.connect()
    const leaving = new AbortController()
    const slow = call('test_slow', { ms: 10_000 }, { signal: leaving.signal })
    await door.oracle.untilHeard('tools/call')
    leaving.abort('changed my mind')
    await expect(slow).rejects.toThrow()
    expect(await call('test_simple_text')).toEqual(say('This is a simple text response for testing.'))
    await door.oracle.untilHeard('notifications/cancelled')
    expect(JSON.stringify(door.oracle.sent)).not.toContain('slow done')
  },

  async 'a ping is answered, also while a call waits for the user'(door) {
    const { client, call } = await door.connect({
      'elicitation/create': async () => {
        await client.ping()
        return { action: 'decline' }
      }
    })
    expect(await client.ping()).toEqual({})
    expect(await call('test_elicitation', { message: 'Who?' })).toMatchObject({ content: [{ type: 'text' }] })
  },

  async 'several calls run at once, each with its own answer'(door) {
    const { client, call } = await door.connect({
      'sampling/createMessage': (params) => {
        const [message] = (params as typeof askedToSample).messages as { content: object }[]
        return { role: 'assistant', content: message?.content, model: 'none' }
      },
      'elicitation/create': () => ({ action: 'accept', content: who })
    })
    const prompts = ['one', 'two', 'three']
    const [samples, ...others] = await Promise.all([
      Promise.all(prompts.map((prompt) => call('test_sampling', { prompt }))),
      call('test_elicitation', { message: 'Who?' }),
      call('test_tool_with_progress', {}, { onprogress: () => undefined }),
      call('test_slow', { ms: 30 }),
      client.listPrompts(),
      client.ping()
    ])
    expect(samples).toEqual(prompts.map((prompt) => say(`LLM response: ${prompt}`)))
    expect(others).toMatchObject([
      say(`User response: action=accept, content=${JSON.stringify(who)}`),
      say('Tool with progress executed successfully'),
      say('slow done'),
      { prompts: [{}, {}, {}, {}] },
      {}
    ])
    const asked = door.oracle.sent.filter((message) => 'method' in message && 'id' in message).map(({ id }) => id)
    expect(new Set(asked).size).toBe(4)
  }
}

/** Plays every scenario with one SDK, over both transports; the oracle has the last word. */
export function play(sdk: Sdk): void {
  const ways: Record<string, () => Door | Promise<Door>> = {
    HTTP: () => HttpDoor.opened(sdk),
    stdio: () => new StdioDoor(sdk)
  }
  describe.each(Object.entries(ways))(`${sdk.name} over %s`, (_, open) => {
    let door: Door
    beforeEach(async () => {
      door = await open()
    })
    afterEach(async () => {
      await door.close()
      door.oracle.verify()
    })
    test.each(Object.entries(scenarios))('%s', (_, scenario) => scenario(door))
  })
}
