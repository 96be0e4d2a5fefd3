/** Scopes of tools, resources and prompts: what a caller may not use is on no list, and using it is 403 with the scopes that it takes. */
import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Auth, staticTokens, TokenError, type Verifier } from '../../src/auth/index.ts'
import handwire, { DeclarationError, ProtocolError, type TestClient } from '../../src/http/index.ts'
import { stdio } from '../../src/stdio/index.ts'

/** Tokens that say what they are for: `ann.read+write`. */
const spelled: Verifier = {
  verify(token) {
    const [subject = '', scopes = '', client] = token.split('.')
    if (subject === 'nobody') throw new TokenError()
    return { issuer: 'test', subject, scopes: scopes.split('+').filter((scope) => scope !== ''), client }
  }
}

interface Notes {
  app: FastifyInstance
  as(token: string): Promise<TestClient>
}

async function notes(auth: Auth | false = spelled, more?: (app: FastifyInstance) => void): Promise<Notes> {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'notes', version: '1', auth })
  const { mcp } = app
  mcp.tool('count', {}, () => '3')
  mcp.tool('add', { scopes: ['write'] }, async () => 'added')
  mcp.tool('purge', { scopes: ['write', 'admin'], limits: { concurrency: 1 } }, async () => 'gone')
  mcp.resource('notes://index', {}, () => 'index')
  mcp.resource('notes://diary', { scopes: ['read'] }, () => 'dear diary')
  mcp.resource('notes://by/{name}', { scopes: ['read'], complete: { name: () => ['ann'] } }, () => 'note')
  mcp.prompt('greet', {}, () => 'hello')
  mcp.prompt(
    'review',
    {
      scopes: ['read'],
      arguments: Type.Object({ of: Type.String() }),
      complete: { of: () => ['ann'] }
    },
    async () => 'reviewed'
  )
  more?.(app)
  return { app, as: (token) => app.mcp.test({ headers: { authorization: `Bearer ${token}` } }) }
}

const names = (entries: readonly { name?: string; uri?: string; uriTemplate?: string }[]): unknown[] =>
  entries.map(({ name, uri, uriTemplate }) => uri ?? uriTemplate ?? name)

const lists = async (client: TestClient): Promise<unknown[]> => [
  names(await client.list('tools')),
  names(await client.list('resources')),
  names(await client.list('resourceTemplates')),
  names(await client.list('prompts'))
]

describe('on the lists is', () => {
  test.each<readonly [string, string, unknown[]]>([
    ["nobody's scopes", 'eve', [['count'], ['notes://index'], [], ['greet']]],
    [
      'one scope',
      'eve.read',
      [['count'], ['notes://index', 'notes://diary'], ['notes://by/{name}'], ['greet', 'review']]
    ],
    ['another scope', 'eve.write', [['count', 'add'], ['notes://index'], [], ['greet']]],
    ['one of two scopes that are needed', 'eve.admin', [['count'], ['notes://index'], [], ['greet']]],
    [
      'all scopes',
      'eve.write+admin+read',
      [['count', 'add', 'purge'], ['notes://index', 'notes://diary'], ['notes://by/{name}'], ['greet', 'review']]
    ],
    ['scopes that begin alike', 'eve.writer+reads+admin', [['count'], ['notes://index'], [], ['greet']]]
  ])('what may be used with %s', async (_, token, expected) => {
    const { as } = await notes()
    expect(await lists(await as(token))).toEqual(expected)
  })

  test('what may be used with each of two tokens, whoever asks first', async () => {
    const { as } = await notes()
    const [few, many] = [await as('eve'), await as('ann.write+admin+read')]
    for (const _ of [1, 2]) {
      expect(names(await many.list('tools'))).toEqual(['count', 'add', 'purge'])
      expect(names(await few.list('tools'))).toEqual(['count'])
    }
  })

  test('what may be used, on pages that are full of it', async () => {
    const app = Fastify()
    onTestFinished(() => app.close())
    await app.register(handwire, { name: 'many', version: '1', auth: spelled, limits: { pageSize: 2 } })
    for (let number = 0; number < 9; number += 1)
      app.mcp.tool(`tool-${number}`, number % 3 === 0 ? {} : { scopes: ['all'] }, () => '')
    const few = await app.mcp.test({ headers: { authorization: 'Bearer eve' } })
    const { tools, nextCursor } = await few.request<{ tools: { name: string }[]; nextCursor?: string }>('tools/list')
    expect(names(tools)).toEqual(['tool-0', 'tool-3'])
    const rest = await few.request<{ tools: { name: string }[] }>('tools/list', { cursor: nextCursor })
    expect(rest).toMatchObject({ tools: [{ name: 'tool-6' }] })
    expect(rest).not.toHaveProperty('nextCursor')
  })
})

type Use = readonly [title: string, method: string, params: object, scopes: string]
const uses: readonly Use[] = [
  ['a tool', 'tools/call', { name: 'add' }, 'write'],
  ['a tool with limits that takes two scopes', 'tools/call', { name: 'purge' }, 'write admin'],
  ['a tool with wrong arguments', 'tools/call', { name: 'add', arguments: { nope: 1 } }, 'write'],
  ['a tool of which progress is asked', 'tools/call', { name: 'add', _meta: { progressToken: 1 } }, 'write'],
  ['a resource', 'resources/read', { uri: 'notes://diary' }, 'read'],
  ['a resource of a template', 'resources/read', { uri: 'notes://by/ann' }, 'read'],
  ['a subscription', 'resources/subscribe', { uri: 'notes://diary' }, 'read'],
  ['a subscription below a template', 'resources/subscribe', { uri: 'notes://by/ann' }, 'read'],
  ['a prompt', 'prompts/get', { name: 'review', arguments: { of: 'x' } }, 'read'],
  ['a prompt without its argument', 'prompts/get', { name: 'review' }, 'read'],
  [
    'a completion of a prompt',
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'review' }, argument: { name: 'of', value: '' } },
    'read'
  ],
  [
    'a completion of a template',
    'completion/complete',
    { ref: { type: 'ref/resource', uri: 'notes://by/{name}' }, argument: { name: 'name', value: '' } },
    'read'
  ]
]

describe('without its scope', () => {
  test.each(uses)('%s is 403, which names what it takes', async (_, method, params, scopes) => {
    const { as } = await notes()
    const client = await as('eve.other')
    const { status, headers, text } = await client.raw({ body: { jsonrpc: '2.0', id: 7, method, params } })
    expect([status, headers['content-type']]).toEqual([403, 'application/json; charset=utf-8'])
    expect(headers['www-authenticate']).toBe(
      `Bearer realm="notes", error="insufficient_scope", error_description="This needs the scope ${scopes}", scope="${scopes}"`
    )
    expect(text).toBe(`{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"This needs the scope ${scopes}"}}`)
  })

  test.each(uses)('%s is there with all of them', async (title, method, params) => {
    const { as } = await notes()
    const client = await as('ann.read+write+admin')
    const { status, message } = await client.raw({ body: { jsonrpc: '2.0', id: 7, method, params } })
    expect(status).toBe(200)
    if (!/wrong|without/.test(title)) expect(message).not.toHaveProperty('error')
  })

  test('one that is not there is unknown as ever', async () => {
    const { as } = await notes()
    const { status, message } = await (await as('eve')).raw({
      body: { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'nope' } }
    })
    expect([status, message?.error?.code]).toEqual([200, -32602])
  })

  test('the session and its stream go on', async () => {
    const { app, as } = await notes()
    const client = await as('eve')
    await expect(client.call('add')).rejects.toThrow()
    expect(await client.text('count')).toBe('3')
    app.mcp.tool('fresh', {}, () => '')
    await client.next('notifications/tools/list_changed')
  })

  test('the newest token of a session decides', async () => {
    const { as } = await notes()
    const client = await as('ann.write')
    expect(await client.text('add')).toBe('added')
    const call = (token: string): ReturnType<TestClient['raw']> =>
      client.raw({
        body: { jsonrpc: '2.0', id: 8, method: 'tools/call', params: { name: 'add' } },
        headers: { authorization: `Bearer ${token}` }
      })
    expect((await call('ann')).status).toBe(403)
    expect((await call('ann.write+more')).status).toBe(200)
  })
})

describe('a handler that finds a scope lacking', () => {
  const lacking = new ProtocolError('insufficientScope', { scopes: ['notes:of-bob'] })
  const throwing = (app: FastifyInstance): void => {
    app.mcp.tool('at-once', {}, () => {
      throw lacking
    })
    app.mcp.tool('later', {}, async () => {
      await new Promise((resolve) => setImmediate(resolve))
      throw lacking
    })
    app.mcp.tool('limited', { limits: { concurrency: 1 } }, async () => Promise.reject(lacking))
    app.mcp.tool('after-progress', {}, async (_, { progress }) => {
      progress({ progress: 1 })
      throw lacking
    })
    app.mcp.resource('notes://of-bob', {}, async () => Promise.reject(lacking))
    app.mcp.prompt('of-bob', {}, async () => Promise.reject(lacking))
  }
  const ask = async (method: string, params: object): ReturnType<TestClient['raw']> => {
    const { as } = await notes(spelled, throwing)
    return (await as('ann')).raw({ body: { jsonrpc: '2.0', id: 7, method, params } })
  }

  test.each<readonly [string, string, object]>([
    ['at once', 'tools/call', { name: 'at-once' }],
    ['later', 'tools/call', { name: 'later' }],
    ['within its limits', 'tools/call', { name: 'limited' }],
    ['before its progress, which nobody asked for', 'tools/call', { name: 'after-progress' }],
    ['of a resource', 'resources/read', { uri: 'notes://of-bob' }],
    ['of a prompt', 'prompts/get', { name: 'of-bob' }]
  ])('%s has it told by a status', async (_, method, params) => {
    const { status, headers, message } = await ask(method, params)
    expect([status, message?.error?.message]).toEqual([403, 'This needs the scope notes:of-bob'])
    expect(headers['www-authenticate']).toContain('scope="notes:of-bob"')
  })

  test('when something was said already has it told by the stream', async () => {
    const { status, headers, message } = await ask('tools/call', {
      name: 'after-progress',
      _meta: { progressToken: 1 }
    })
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream'])
    expect(message).toMatchObject({ id: 7, error: { message: 'This needs the scope notes:of-bob' } })
  })
})

describe('a change of a list', () => {
  test('is told to those alone who could see what changed', async () => {
    const { app, as } = await notes()
    const [reader, writer] = [await as('ann.read'), await as('bob.write')]
    app.mcp.tool('draft', { scopes: ['write'] }, () => '')
    await writer.next('notifications/tools/list_changed')
    app.mcp.prompt('digest', { scopes: ['read'] }, () => '')
    await reader.next('notifications/prompts/list_changed')
    app.mcp.resource('notes://shelf', { scopes: ['read'] }, () => '')
    await reader.next('notifications/resources/list_changed')
    app.mcp.tool('everybody', {}, () => '')
    await Promise.all([reader, writer].map((client) => client.next('notifications/tools/list_changed')))
    const told = (client: TestClient): string[] => client.notifications.map(({ method }) => method)
    expect(told(writer)).toEqual(['notifications/tools/list_changed', 'notifications/tools/list_changed'])
    expect(told(reader)).toEqual([
      'notifications/prompts/list_changed',
      'notifications/resources/list_changed',
      'notifications/tools/list_changed'
    ])
  })

  test('by a disabled or a removed entry is told to the same', async () => {
    const { app, as } = await notes()
    const [reader, writer] = [await as('ann.read'), await as('bob.write')]
    const draft = app.mcp.tool('draft', { scopes: ['write'] }, () => '')
    await writer.next('notifications/tools/list_changed')
    draft.disable()
    await writer.next('notifications/tools/list_changed')
    draft.enable()
    await writer.next('notifications/tools/list_changed')
    app.mcp.removeTool('draft')
    await writer.next('notifications/tools/list_changed')
    expect(reader.notifications).toEqual([])
  })

  test('goes by the newest token of a session', async () => {
    const { app, as } = await notes()
    const client = await as('ann')
    await client.raw({
      body: { jsonrpc: '2.0', id: 9, method: 'ping' },
      headers: { authorization: 'Bearer ann.write' }
    })
    app.mcp.tool('draft', { scopes: ['write'] }, () => '')
    await client.next('notifications/tools/list_changed')
  })
})

describe.each(['notes://diary', 'notes://by/ann', 'notes://%64iary'])('an update of %s', (uri) => {
  test('is told to a subscriber who could read it still, by the newest token of the session', async () => {
    const { app, as } = await notes()
    const [reader, former] = [await as('ann.read'), await as('bob.read')]
    for (const client of [reader, former]) await client.subscribe(uri)
    await former.raw({ body: { jsonrpc: '2.0', id: 9, method: 'ping' }, headers: { authorization: 'Bearer bob' } })
    app.mcp.updated(uri)
    app.mcp.tool('fresh', {}, () => '')
    for (const client of [reader, former]) await client.next('notifications/tools/list_changed')
    expect(reader.notifications[0]).toMatchObject({ method: 'notifications/resources/updated', params: { uri } })
    expect(former.notifications.map(({ method }) => method)).toEqual(['notifications/tools/list_changed'])
  })
})

test('an update of what is gone is told to all who subscribed', async () => {
  const { app, as } = await notes()
  const client = await as('ann.read')
  await client.subscribe('notes://diary')
  app.mcp.removeResource('notes://diary')
  app.mcp.updated('notes://diary')
  await client.next('notifications/resources/updated')
})

describe('where nobody is verified', () => {
  test('by `auth: false` everybody uses everything', async () => {
    const { app } = await notes(false)
    const client = await app.mcp.test()
    expect(await lists(client)).toEqual([
      ['count', 'add', 'purge'],
      ['notes://index', 'notes://diary'],
      ['notes://by/{name}'],
      ['greet', 'review']
    ])
    expect(await client.text('purge')).toBe('gone')
  })

  test.each<readonly [string, (app: FastifyInstance) => unknown]>([
    ['a tool', ({ mcp }) => mcp.tool('add', { scopes: ['write'] }, () => '')],
    ['a resource', ({ mcp }) => mcp.resource('notes://diary', { scopes: ['read'] }, () => '')],
    ['a template', ({ mcp }) => mcp.resource('notes://{name}', { scopes: ['read'] }, () => '')],
    ['a prompt', ({ mcp }) => mcp.prompt('review', { scopes: ['read'] }, () => '')]
  ])('and nothing is said of auth, %s with scopes is refused', async (_, declare) => {
    const app = Fastify()
    onTestFinished(() => app.close())
    await app.register(handwire, { name: 'open', version: '1' })
    expect(() => declare(app)).toThrow(DeclarationError)
    expect(() => declare(app)).toThrow('[scopes-without-auth]')
  })

  test('as on stdio, scopes keep nobody out', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    const server = stdio({ name: 'notes', version: '1', input, output })
    server.tool('add', { scopes: ['write'] }, (_, { principal }) => `added by ${principal?.subject}`)
    const served = server.serve()
    const send = (message: object): unknown => input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } }
    send({ id: 0, method: 'initialize', params })
    send({ method: 'notifications/initialized' })
    send({ id: 1, method: 'tools/list' })
    send({ id: 2, method: 'tools/call', params: { name: 'add' } })
    input.end()
    await served
    output.end()
    const answers = (await textOf(output))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers[1].result.tools).toHaveLength(1)
    expect(answers[2].result.content[0].text).toBe('added by undefined')
  })
})

test.each(['', 'two words', 'a"b', 'a\\b', 'é'])('"%s" is no scope', async (scope) => {
  const { app } = await notes()
  expect(() => app.mcp.tool('more', { scopes: [scope] }, () => '')).toThrow('[scope]')
})

describe('limits', () => {
  const limited = (app: FastifyInstance): void =>
    void app.mcp.tool('search', { limits: { rate: '1/d', queue: 0 } }, () => 'found')

  test('are counted for a caller on all of their sessions', async () => {
    const { as } = await notes(spelled, limited)
    const [one, two] = [await as('ann'), await as('ann.read')]
    expect(await one.text('search')).toBe('found')
    await expect(two.text('search')).rejects.toThrow(/limit/i)
  })

  test('are counted for each caller', async () => {
    const { as } = await notes(spelled, limited)
    expect(await (await as('ann')).text('search')).toBe('found')
    expect(await (await as('bob')).text('search')).toBe('found')
  })
})

test('a token of ours has the scopes that it was configured with', async () => {
  const sha256 = createHash('sha256').update('a-token-of-ours').digest('hex')
  const { as } = await notes(staticTokens([{ name: 'ci', sha256, scopes: ['write'] }]))
  const client = await as('a-token-of-ours')
  expect(await client.text('add')).toBe('added')
  await expect(client.text('purge')).rejects.toThrow('write admin')
})
