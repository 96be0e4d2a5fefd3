// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the fixture format
/** What a case is given before its first step: things of any name, addresses; and the texts it may collect. */
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fixture } from '../../src/conform/fixture.ts'
import { appTarget } from '../../src/conform/in-process.ts'
import type { Target } from '../../src/conform/peer.ts'
import { type Outcome, type ReplayOptions, replay } from '../../src/conform/replay.ts'
import handwire from '../../src/http/index.ts'

let app: FastifyInstance
let target: Target
let close: () => void

beforeAll(async () => {
  app = Fastify()
  await app.register(handwire, { name: 'small', version: '1' })
  app.mcp.tool('drop', { annotations: { destructiveHint: true } }, () => 'dropped')
  app.mcp.tool('now', {}, async function* () {
    yield { progress: 1 }
    return 'noon'
  })
  const opened = await appTarget(app)
  target = opened.target
  close = opened.close
})

afterAll(async () => {
  close()
  await app.close()
})

const play = (steps: object[], needs: object = {}, options: ReplayOptions = {}): Promise<Outcome> =>
  replay(
    {
      id: 'a/b/c',
      title: 'A case',
      revision: ['2025-06-18'],
      level: 'MUST',
      kind: 'positive',
      requirements: [],
      transports: ['http'],
      needs,
      steps,
      provenance: { from: 'hand' }
    } as unknown as Fixture,
    target,
    options
  )

const call = (name: object | string, progressToken?: string): object => ({
  id: 1,
  method: 'tools/call',
  params: { name, arguments: { $get: 'toolArguments' }, ...(progressToken ? { _meta: { progressToken } } : {}) }
})
const noon = { id: 1, result: { content: [{ text: 'noon' }] } }

test('any tool is one that is listed, and the case can call it', async () => {
  const outcome = await play([{ request: call({ $get: 'tool' }), expect: noon }], { any: ['tool'] })
  expect(outcome).toMatchObject({ outcome: 'pass' })
})

test('a hint names another', async () => {
  const hints = { any: { tool: { name: 'drop', arguments: {} } } }
  const outcome = await play([{ request: call('${tool}'), expect: noon }], { any: ['tool'] }, { hints })
  expect(outcome).toMatchObject({ outcome: 'fail', actual: 'dropped' })
})

test('a kind of which the server has none is a skip', async () => {
  expect(await play([{ wait: 0 }], { any: ['tool', 'resource'] })).toMatchObject({
    outcome: 'skip',
    reason: expect.stringContaining('no resource')
  })
})

test('a capability that must not be there is a skip where it is', async () => {
  const ping = { request: { id: 1, method: 'ping' }, expect: { result: {} } }
  expect(await play([ping], { without: ['/prompts'] })).toMatchObject({ outcome: 'pass' })
  expect(await play([ping], { without: ['/tools'] })).toMatchObject({
    outcome: 'skip',
    reason: 'the server declares the capability /tools'
  })
})

test('the address is known in all its parts', async () => {
  const outcome = await play([
    {
      http: {
        method: 'POST',
        path: '${path}',
        headers: { host: '${host}', origin: '${origin}' },
        body: { jsonrpc: '2.0', id: 1, method: 'ping' }
      },
      expect: { status: 200 }
    },
    { request: { id: 2, method: 'nothing/${endpoint}' }, expect: { error: { code: -32601 } } }
  ])
  expect(outcome).toMatchObject({ outcome: 'pass' })
  expect(outcome.frames.map(({ text }) => text)).toContainEqual(expect.stringContaining('nothing/http://localhost/mcp'))
})

test('the text of a stream is what came on it as it stood', async () => {
  const outcome = await play(
    [
      { request: call('now', 'p'), as: 'c', expect: noon },
      { end: 'c' },
      { collect: { on: 'c', field: 'text' }, match: [{ $re: '\\n\\n$' }] },
      {
        collect: { on: 'c', field: 'text', where: { $re: '\\ndata: \\{' } },
        match: [{ $re: 'notifications/progress' }]
      },
      { request: { id: 2, method: 'ping' }, as: 'p', expect: { result: {} } },
      { collect: { on: 'p', field: 'text' }, match: ['{"jsonrpc":"2.0","id":2,"result":{}}'] },
      { collect: { field: 'text', where: { $re: '"id":2' } }, match: { $len: [1, 1] } }
    ],
    { any: ['tool'] }
  )
  expect(outcome).toMatchObject({ outcome: 'pass' })
})

test('a text that does not fit in time is a failure', async () => {
  const outcome = await play([
    { request: { id: 2, method: 'ping' }, as: 'p', expect: { result: {} } },
    { collect: { on: 'p', field: 'text' }, match: [{ $re: 'pong' }], withinMs: 20 }
  ])
  expect(outcome).toMatchObject({ outcome: 'fail', step: 2 })
})
