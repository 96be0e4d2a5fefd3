// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the fixture format
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  corpusDirectory,
  type Fixture,
  fixtureCheck,
  readMetaSchema,
  verbOf,
  verbs
} from '../../src/conform/fixture.ts'
import { httpTarget } from '../../src/conform/http-peer.ts'
import type { Target } from '../../src/conform/peer.ts'
import { type Outcome, replay } from '../../src/conform/replay.ts'
import { socketExchange } from '../../src/conform/socket.ts'
import { definitionsOf } from '../../src/conform/structure.ts'
import { type Fault, TinyServer } from '../support/tiny-server.ts'

const server = new TinyServer()
const sockets = socketExchange()
const definitions = definitionsOf(
  JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8')) as {
    definitions: Record<string, unknown>
  }
)
let target: Target
let check: ReturnType<typeof fixtureCheck>

beforeAll(async () => {
  check = fixtureCheck(await readMetaSchema())
  target = httpTarget({ url: await server.start(), exchange: sockets.exchange })
})

beforeEach(() => {
  server.broken.clear()
  server.requests.length = 0
})

afterAll(async () => {
  sockets.close()
  await server.stop()
})

/** A case with everything but the steps filled in, checked by the meta-schema; deadlines are short unless they are given. */
const fixture = (steps: object[], more: Partial<Fixture> = {}): Fixture =>
  check(
    {
      id: 'runner/test/case',
      title: 'A case of the runner itself',
      revision: ['2025-06-18'],
      level: 'MUST',
      kind: 'positive',
      requirements: ['RPC-01'],
      transports: ['http'],
      steps,
      provenance: { from: 'hand' },
      ...more
    },
    'runner/test/case.json'
  )

const play = (steps: object[], more?: Partial<Fixture>): Promise<Outcome> =>
  replay(fixture(steps, more), target, { definitions })

const call = (id: number, name: string, progressToken?: string | number): object => ({
  id,
  method: 'tools/call',
  params: { name, arguments: {}, ...(progressToken === undefined ? {} : { _meta: { progressToken } }) }
})
const done = (id: number): object => ({
  expect: { message: { id, result: { content: { $is: 'array' } } } },
  withinMs: 300
})
const progress = { method: 'notifications/progress' }
const within = { withinMs: 300 }

/** For each verb: steps that an obedient server passes, the fault that must fail them, and at which step. */
const proofs: [title: string, steps: object[], fault: Fault, step: number][] = [
  ['request', [{ request: { id: 1, method: 'ping' }, expect: { id: 1, result: { $only: {} } } }], 'pings-with-more', 1],
  ['request', [{ request: { id: 1, method: 'ping' }, expect: {}, ...within }], 'answers-other-id', 1],
  ['request', [{ request: { id: 1, method: 'ping' }, expect: {} }], 'breaks-off', 1],
  [
    'request',
    [
      {
        request: call(1, 'count', 7),
        as: 'c',
        http: { status: 200, headers: { 'content-type': 'text/event-stream' } }
      },
      done(1)
    ],
    'refuses-initialize',
    0
  ],
  [
    'notify',
    [{ notify: { method: 'notifications/unknown' }, http: { status: 202, body: '' } }],
    'answers-notifications',
    1
  ],
  [
    'respond',
    [
      { request: call(1, 'ask') },
      { expect: { message: { method: 'roots/list', id: { $set: 'ask' } } } },
      { respond: { id: { $get: 'ask' }, result: { roots: [{ uri: 'file:///a' }] } }, http: { status: 202 } },
      {
        expect: {
          message: { id: 1, result: { content: [{ type: 'text', text: '{"roots":[{"uri":"file:///a"}]}' }] } }
        },
        ...within
      }
    ],
    'ignores-answers',
    4
  ],
  [
    'expect',
    [
      { request: call(1, 'count', 7), as: 'c' },
      {
        expect: { on: 'c', message: { ...progress, params: { progressToken: 7 } }, sse: { id: { $re: '^[0-9]+$' } } },
        ...within
      }
    ],
    'token-as-string',
    2
  ],
  [
    'never',
    [
      { request: call(1, 'tell', 7), expect: {} },
      { never: { message: progress }, forMs: 60 }
    ],
    'progress-after-result',
    2
  ],
  [
    'never on a stream',
    [{ request: call(1, 'tell', 7) }, done(1), { never: { on: 'listen', message: progress }, forMs: 60 }],
    'progress-after-result',
    3
  ],
  [
    'collect',
    [
      { request: call(1, 'count', 7) },
      done(1),
      {
        collect: { where: progress },
        match: { $len: [3, 3], $each: { params: { progressToken: 7 } }, $rising: '/params/progress' }
      },
      { never: { message: progress }, forMs: 0 }
    ],
    'equal-progress',
    3
  ],
  [
    'collect of frames',
    [
      { request: call(1, 'count', 7), as: 'c' },
      done(1),
      { collect: { on: 'c', field: 'sse', where: {} }, match: { $len: [4, 4], $distinct: '/id' } },
      { collect: { on: 'c' }, match: { $len: [4, 4], $not: { $has: [{ params: { progressToken: '7' } }] } } }
    ],
    'token-as-string',
    4
  ],
  [
    'collect that waits',
    [
      { request: call(1, 'tell'), expect: {} },
      { collect: { where: { method: { $is: 'string' } } }, match: { $len: [1, 1] }, ...within }
    ],
    'no-get',
    2
  ],
  [
    'pages',
    [{ pages: { method: 'tools/list' }, match: { $len: [3, 3], $distinct: '/name', $has: [{ name: 'tell' }] } }],
    'endless-pages',
    1
  ],
  [
    'http',
    [
      {
        http: { method: 'POST', body: [{ jsonrpc: '2.0', id: 1, method: 'ping' }] },
        expect: { status: { $num: [400, 499] }, message: { error: { code: -32600 } }, body: { $re: '^\\{' } }
      },
      { request: { id: 3, method: 'ping' }, expect: { id: 3, result: { $only: {} } } }
    ],
    'takes-batches',
    1
  ],
  [
    'http that ends the session',
    [
      { http: { method: 'DELETE' }, expect: { status: 204 } },
      { http: { method: 'POST', body: { jsonrpc: '2.0', id: 1, method: 'ping' } }, expect: { status: 404 } }
    ],
    'ignores-delete',
    2
  ],
  ['listen', [{ listen: 'g' }], 'no-get', 1],
  [
    'drop, and a listen that resumes in spite of 409',
    [
      { request: call(1, 'count', 'one'), as: 'A' },
      { expect: { on: 'A', message: progress, sse: { id: { $set: 'first' } } } },
      { drop: 'A' },
      {
        listen: 'R',
        lastEventId: '${first}',
        expect: { status: 200, headers: { 'content-type': { $re: '^text/event-stream' } } }
      },
      { expect: { on: 'R', message: { id: 1, result: {} } }, ...within }
    ],
    'always-conflict',
    4
  ],
  [
    'listen that resumes one stream only',
    [
      { request: call(1, 'count', 'one'), as: 'A' },
      { expect: { on: 'A', message: progress, sse: { id: { $is: 'string', $set: 'first' } } } },
      { drop: 'A' },
      { listen: 'R', lastEventId: { $get: 'first' } },
      {
        collect: { on: 'R', field: 'sse' },
        match: { $len: [3, 3], $each: { id: { $not: { $get: 'first' } } } },
        ...within
      }
    ],
    'replays-all',
    5
  ],
  [
    'end',
    [
      { request: call(1, 'count'), as: 'c' },
      { end: 'c', withinMs: 200 }
    ],
    'never-ends',
    2
  ],
  [
    'open',
    [
      { request: call(1, 'tell') },
      { open: 'B', client: { capabilities: { roots: {} } } },
      { request: call(1, 'tell'), in: 'B', expect: { id: 1 } },
      { expect: { message: { method: 'notifications/tools/list_changed' } }, in: 'B' },
      { http: { method: 'DELETE' } },
      { request: { id: 2, method: 'ping' }, in: 'B', expect: { result: {} }, ...within }
    ],
    'one-session-for-all',
    6
  ]
]

describe('each verb', () => {
  test.each(proofs)('%s passes with an obedient server', async (_title, steps) => {
    const outcome = await play(steps)
    expect(outcome).toMatchObject({
      outcome: 'pass',
      structure: { outcome: 'pass', faults: [] },
      server: { server: { name: 'tiny' } }
    })
  })

  test.each(proofs)('%s fails with a broken one', async (_title, steps, fault, step) => {
    server.broken.add(fault)
    const outcome = await play(steps)
    expect(outcome).toMatchObject({ outcome: 'fail', step, reason: expect.stringMatching(/./) })
  })

  test('that HTTP knows is among these', () => {
    const proved = new Set(proofs.flatMap(([, steps]) => fixture(steps).steps.map(verbOf)))
    expect(verbs.filter((verb) => !proved.has(verb))).toEqual(['line', 'eof', 'exit', 'wait'])
  })
})

describe('a failure', () => {
  test('names step, place, expectation and what came', async () => {
    server.broken.add('pings-with-more')
    const outcome = await play([
      { wait: 0 },
      { request: { id: 1, method: 'ping' }, expect: { id: 1, result: { $only: {} } } }
    ])
    expect(outcome).toMatchObject({
      step: 2,
      path: '/result/pong',
      expected: { $absent: true },
      actual: true,
      requirements: ['RPC-01']
    })
  })

  test('of an expectation tells what came nearest', async () => {
    const outcome = await play([
      { request: call(1, 'count', 7), as: 'c' },
      { expect: { on: 'c', message: { ...progress, params: { progress: 9 } } }, withinMs: 50 }
    ])
    expect(outcome).toMatchObject({ outcome: 'fail', reason: expect.stringContaining('/message/params/progress') })
    expect(outcome.reason).toContain('before c ended')
  })

  test.each([
    ['MUST', 'fail'],
    ['SHOULD', 'warn'],
    ['MAY', 'info']
  ] as const)('at level %s is called %s', async (level, outcome) => {
    const steps = [{ request: { id: 1, method: 'ping' }, expect: { result: { pong: true } } }]
    expect(await play(steps, { level })).toMatchObject({ outcome, step: 1 })
  })

  test('with orSkip is a skip with that reason', async () => {
    const outcome = await play([{ listen: 'g', expect: { status: 201 }, orSkip: 'no such stream' }])
    expect(outcome).toMatchObject({ outcome: 'skip', reason: 'no such stream', step: 1 })
  })

  test('HTTP status without a message ends the waiting at once', async () => {
    const outcome = await play([
      { http: { method: 'DELETE' } },
      { request: { id: 1, method: 'ping' }, expect: { result: {} } }
    ])
    expect(outcome).toMatchObject({ outcome: 'fail', step: 2, path: '/result' })
    expect(outcome.ms).toBeLessThan(2000)
  })

  test('keeps the frames exchanged', async () => {
    const { frames } = await play([{ request: { id: 1, method: 'ping' }, expect: { result: { pong: 1 } } }])
    const ping = frames.filter(({ stream }) => stream === '#4')
    expect(ping).toMatchObject([
      {
        session: 'main',
        from: 'client',
        request: { method: 'POST' },
        text: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
      },
      { session: 'main', from: 'server', answer: { status: 200 } },
      { session: 'main', from: 'server', text: '{"jsonrpc":"2.0","id":1,"result":{}}' }
    ])
  })
})

describe('graded alternatives', () => {
  const grade = (accept: object[]): Promise<Outcome> => play([{ request: { id: 1, method: 'ping' }, accept }])

  test('the first that fits counts', async () => {
    const ok = { match: { result: {} }, grade: 'ok' }
    const warn = { match: { id: 1 }, grade: 'warn', why: 'not so nice' }
    const info = { match: { id: 1 }, grade: 'info', why: 'by the way' }
    expect(await grade([ok, warn])).toMatchObject({ outcome: 'pass' })
    expect(await grade([warn, ok])).toMatchObject({ outcome: 'warn', reason: 'not so nice' })
    expect(await grade([info, ok])).toMatchObject({ outcome: 'info', reason: 'by the way' })
  })

  test('none that fits is a failure', async () => {
    expect(await grade([{ match: { id: 2 }, grade: 'ok' }])).toMatchObject({ outcome: 'fail', step: 1 })
  })

  test('the worst of several steps counts', async () => {
    const step = (id: number, level: string): object => ({
      request: { id, method: 'ping' },
      accept: [{ match: {}, grade: level, why: level }]
    })
    expect(await play([step(1, 'info'), step(2, 'warn'), step(3, 'ok')])).toMatchObject({
      outcome: 'warn',
      reason: 'warn'
    })
  })

  test('of an expect are not softened by orSkip, which speaks of a message that did not come', async () => {
    const step = (method: string): object => ({
      expect: { message: { method } },
      accept: [{ match: { params: { progress: 'high' } }, grade: 'ok' }],
      orSkip: 'it tells nothing',
      ...within
    })
    const told = [{ request: call(1, 'count', 7) }]
    expect(await play([...told, step('notifications/progress')])).toMatchObject({ outcome: 'fail', step: 2 })
    expect(await play([...told, step('notifications/none')])).toMatchObject({
      outcome: 'skip',
      reason: 'it tells nothing'
    })
  })

  test('of an expect judge the message it took', async () => {
    const accept = [{ match: { params: { progress: 1 } }, grade: 'info', why: 'one' }]
    const outcome = await play([{ request: call(1, 'count', 7) }, { expect: { message: progress }, accept }])
    expect(outcome).toMatchObject({ outcome: 'info', reason: 'one' })
  })
})

describe('the handshake', () => {
  const sent = (): (string | undefined)[] =>
    server.requests.map(({ method, body }) => (body === '' ? method : (JSON.parse(body) as { method?: string }).method))

  test('is initialize, initialized and a GET; the teardown a DELETE', async () => {
    await play([{ request: { id: 1, method: 'ping' }, expect: {} }], { client: { capabilities: { roots: {} } } })
    expect(sent()).toEqual(['initialize', 'notifications/initialized', 'GET', 'ping', 'DELETE'])
    const [initialize, initialized] = server.requests
    expect(JSON.parse(initialize?.body ?? '')).toMatchObject({
      params: { protocolVersion: '2025-06-18', capabilities: { roots: {} }, clientInfo: { name: 'handwire-conform' } }
    })
    expect(initialize?.headers).not.toHaveProperty('mcp-protocol-version')
    expect(initialized?.headers).toMatchObject({
      'mcp-protocol-version': '2025-06-18',
      'mcp-session-id': expect.any(String)
    })
  })

  test('listen: false keeps the GET stream closed, teardown: false leaves the session alone', async () => {
    await play([{ request: { id: 1, method: 'ping' } }, { wait: 1 }], { client: { listen: false }, teardown: false })
    expect(sent()).toEqual(['initialize', 'notifications/initialized', 'ping'])
  })

  test('handshake: false begins naked; the session id and revision of a later initialize are carried', async () => {
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
    const outcome = await play(
      [
        { request: { id: 1, method: 'ping' }, http: { status: 404 }, expect: { error: { code: -32600 } } },
        {
          request: { id: 2, method: 'initialize', params },
          http: { headers: { 'mcp-session-id': { $set: 'sid' } } },
          expect: { id: 2 }
        },
        { request: { id: 3, method: 'ping' }, expect: { id: 3, result: {} } },
        { http: { method: 'GET', headers: { 'Mcp-Session-Id': '${sid}' } }, as: 'g', expect: { status: 200 } }
      ],
      { client: { handshake: false } }
    )
    expect(outcome).toMatchObject({ outcome: 'pass' })
    expect(sent()).toEqual(['ping', 'initialize', 'ping', 'GET', 'DELETE'])
    expect(server.requests[2]?.headers).toMatchObject({ 'mcp-protocol-version': '2025-06-18' })
  })

  test('a 405 to the GET is fine', async () => {
    server.broken.add('no-get')
    expect(await play([{ request: { id: 1, method: 'ping' }, expect: { result: {} } }])).toMatchObject({
      outcome: 'pass'
    })
  })

  test('that is refused fails the case at step 0', async () => {
    server.broken.add('refuses-initialize')
    expect(await play([{ wait: 0 }])).toMatchObject({
      outcome: 'fail',
      step: 0,
      reason: expect.stringContaining('handshake')
    })
  })

  test('another revision than those of the case is a skip', async () => {
    expect(await play([{ wait: 0 }], { revision: ['2024-11-05'] })).toMatchObject({ outcome: 'skip' })
  })
})

describe('headers of a raw exchange', () => {
  test('are the defaults, what the case gives in any spelling, and not what it nulls', async () => {
    const post = { method: 'POST', raw: '{"jsonrpc":"2.0","id":1,"method":"ping"}' }
    await play([
      {
        http: {
          ...post,
          headers: { ACCEPT: 'text/plain', 'content-type': null, Origin: 'http://evil.test', host: 'evil.test' }
        }
      },
      {
        http: { ...post, headers: { 'mcp-session-id': null, 'Mcp-Protocol-Version': null, accept: null } },
        expect: { status: 404 }
      },
      { http: { method: 'GET' } }
    ])
    const [, , , first, second, get] = server.requests.map(({ headers }) => headers)
    expect(first).toMatchObject({
      accept: 'text/plain',
      origin: 'http://evil.test',
      host: 'evil.test',
      'mcp-session-id': expect.any(String)
    })
    expect(first).not.toHaveProperty('content-type')
    expect(second).toMatchObject({ 'content-type': 'application/json', host: expect.stringContaining('127.0.0.1') })
    for (const name of ['accept', 'mcp-session-id', 'mcp-protocol-version']) expect(second).not.toHaveProperty(name)
    expect(get).toMatchObject({ accept: 'text/event-stream' })
    expect(get).not.toHaveProperty('content-type')
  })

  test('of the target go with every request', async () => {
    const headers = { authorization: 'Bearer t' }
    const guarded = httpTarget({ url: target.name, exchange: sockets.exchange, headers })
    await replay(fixture([{ request: { id: 1, method: 'ping' }, expect: {} }]), guarded)
    expect(server.requests.map((request) => request.headers.authorization)).toEqual(Array(5).fill('Bearer t'))
  })
})

describe('needs', () => {
  test.each<[string, NonNullable<Fixture['needs']>]>([
    ['a capability', { capabilities: ['/prompts'] }],
    ['a member of a capability', { capabilities: ['/tools/listChanged'] }],
    ['a tool', { tools: ['count', 'unheard-of'] }],
    ['a prompt', { prompts: ['any'] }],
    ['a resource', { resources: ['any'] }],
    ['a template', { templates: ['any'] }]
  ])('%s that is not there is a skip with a reason', async (_, needs) => {
    expect(await play([{ wait: 0 }], { needs })).toMatchObject({
      outcome: 'skip',
      reason: expect.stringContaining('the server does not')
    })
  })

  test('all met, on a later page too, let the case run', async () => {
    const needs: Fixture['needs'] = {
      capabilities: ['/tools'],
      tools: ['count', 'tell'],
      features: ['session', 'get-stream', 'delete']
    }
    const steps = [{ request: { id: 1, method: 'ping' }, expect: { result: {} } }]
    expect(await play(steps, { needs })).toMatchObject({ outcome: 'pass' })
  })

  test('a feature is probed once per target', async () => {
    server.broken.add('no-get')
    const other = httpTarget({ url: target.name, exchange: sockets.exchange })
    const lacking = fixture([{ wait: 0 }], { needs: { features: ['get-stream'] } })
    const both = await Promise.all([replay(lacking, other), replay(lacking, other)])
    expect(both).toMatchObject([{ outcome: 'skip' }, { outcome: 'skip' }])
    expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(1)
  })

  test('a case for another transport is a skip', async () => {
    expect(await play([{ wait: 0 }], { transports: ['stdio'] })).toMatchObject({ outcome: 'skip' })
  })
})

describe('the structure verdict', () => {
  test('fails by itself when a message does not fit its definition', async () => {
    server.broken.add('nameless')
    const outcome = await play([{ request: { id: 1, method: 'ping' }, expect: { result: {} } }])
    expect(outcome.outcome).toBe('pass')
    expect(outcome.structure).toMatchObject({
      outcome: 'fail',
      faults: [{ definition: 'InitializeResult', message: expect.stringContaining('name') }]
    })
  })

  test('sees a batch', async () => {
    server.broken.add('takes-batches')
    const { structure } = await play([{ http: { method: 'POST', body: [{ jsonrpc: '2.0', id: 1, method: 'ping' }] } }])
    expect(structure).toMatchObject({ faults: [{ definition: 'JSONRPCMessage' }] })
  })

  test('without definitions is a skip', async () => {
    const { structure } = await replay(fixture([{ request: { id: 1, method: 'ping' } }]), target)
    expect(structure).toEqual({ outcome: 'skip', faults: [], judged: {} })
  })
})

describe('an error, never a pass,', () => {
  const closed = async (): Promise<Target> => {
    const gone = new TinyServer()
    const url = await gone.start()
    await gone.stop()
    return httpTarget({ url, exchange: sockets.exchange })
  }

  test.each<[string, object[], Partial<Fixture>]>([
    ['with the implicit handshake', [{ wait: 0 }], {}],
    ['with needs', [{ wait: 0 }], { needs: { features: ['session'] } }],
    ['with nothing but a never', [{ never: {}, forMs: 5 }], { client: { handshake: false } }],
    ['with a request nobody awaits', [{ request: { id: 1, method: 'ping' } }], { client: { handshake: false } }],
    ['with a notification', [{ notify: { method: 'x' } }], { client: { handshake: false } }],
    ['with a step that may be skipped', [{ http: { method: 'GET' }, orSkip: 'no' }], { client: { handshake: false } }],
    [
      'with a MAY',
      [{ http: { method: 'GET' }, expect: { status: 200 } }],
      { client: { handshake: false }, level: 'MAY' }
    ]
  ])('is a closed port %s', async (_, steps, more) => {
    const outcome = await replay(fixture(steps, more), await closed(), { definitions })
    expect(outcome).toMatchObject({
      outcome: 'error',
      reason: expect.stringMatching('cannot be reached|nothing was heard')
    })
  })

  test.each<[string, object[]]>([
    ['a capture that was never set', [{ request: { id: { $get: 'nothing' }, method: 'ping' } }]],
    ['a stream nobody opened', [{ expect: { on: 'nobody', message: {} } }]],
    ['a stream name used twice', [{ listen: 'g' }, { listen: 'g' }]],
    ['a session nobody opened', [{ request: { id: 1, method: 'ping' }, in: 'nobody' }]],
    ['a session opened twice', [{ open: 'B' }, { open: 'B' }]],
    ['a definition that does not exist', [{ request: { id: 1, method: 'ping' }, expect: { $def: 'Nothing' } }]]
  ])('is %s', async (_, steps) => {
    expect(await play(steps)).toMatchObject({
      outcome: 'error',
      reason: expect.stringContaining('the fixture is wrong')
    })
  })
})
