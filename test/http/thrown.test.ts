/** Whatever a handler throws is answered, and in the log, also what the API's logger fails to print. */
import Fastify, { type FastifyBaseLogger } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire, { ProtocolError, type TestClient } from '../../src/http/index.ts'

interface Failing {
  client: TestClient
  log(): string
}

/** Handlers of every kind that throw the same, at once and later. */
async function failing(thrown: unknown, logged: object = {}): Promise<Failing> {
  const lines: string[] = []
  const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) }, ...logged }
  const app = Fastify({ logger })
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'acme', version: '1' })
  const atOnce = (): never => {
    throw thrown
  }
  const later = async (): Promise<never> => {
    await undefined
    throw thrown
  }
  app.mcp.tool('at-once', {}, atOnce)
  app.mcp.tool('later', {}, later)
  app.mcp.tool('limited', { limits: { concurrency: 1 } }, later)
  app.mcp.resource('a://at-once', {}, atOnce)
  app.mcp.resource('a://later', {}, later)
  app.mcp.resource('a://flow', {}, async function* () {
    yield await later()
  })
  app.mcp.prompt('at-once', {}, atOnce)
  app.mcp.prompt('later', {}, later)
  return { client: await app.mcp.test(), log: () => lines.join('') }
}

/** How each of them is answered. */
async function answers({ client }: Failing): Promise<unknown[]> {
  const asked = [
    ['tools/call', { name: 'at-once' }],
    ['tools/call', { name: 'later' }],
    ['tools/call', { name: 'limited' }],
    ['resources/read', { uri: 'a://at-once' }],
    ['resources/read', { uri: 'a://later' }],
    ['resources/read', { uri: 'a://flow' }],
    ['prompts/get', { name: 'at-once' }],
    ['prompts/get', { name: 'later' }]
  ] as const
  const heard: unknown[] = []
  for (const [method, params] of asked) {
    const { message } = await client.raw({ body: { jsonrpc: '2.0', id: 7, method, params } })
    heard.push((message?.result as { isError?: boolean } | undefined)?.isError ?? message?.error?.code)
  }
  return heard
}

const masked = [true, true, true, -32603, -32603, -32603, -32603, -32603]
const ring = new Error('around')
ring.cause = ring

const untold = new Proxy(
  {},
  {
    get() {
      throw new Error('nobody looks into this')
    },
    getPrototypeOf() {
      throw new Error('nobody asks what this is')
    }
  }
)

test.each<readonly [string, unknown]>([
  ['a frozen error', Object.freeze(new Error('upstream down'))],
  ['an object that tells nobody what it is', untold],
  ['an error whose message cannot be read', Object.defineProperty(new Error(''), 'message', { get: () => untold })],
  ['a ring', ring],
  ['a text', 'upstream down'],
  ['null', null],
  ['undefined', undefined],
  ['a BigInt', 1n]
])('%s', async (_, thrown) => {
  expect(await answers(await failing(thrown))).toEqual(masked)
})

test('what the logger fails to print is in the log as a text', async () => {
  const scene = await failing(Object.freeze(new Error('upstream down')))
  await answers(scene)
  const lines = scene.log().trim().split('\n')
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => /failed/.test(msg))
  expect(told).toHaveLength(8)
  for (const line of told) expect(line.thrown ?? line.err.stack).toContain('upstream down')
})

test("a serializer of the API's own that throws keeps nobody waiting", async () => {
  const serializers = { err: (error: Error) => ({ type: 'X', message: error.message.trim(), stack: '' }) }
  const scene = await failing({ message: 5 }, { serializers })
  expect(await answers(scene)).toEqual(masked)
  expect(scene.log()).toContain('[object Object]')
})

test('data of an error that cannot be printed is left out of its answer', async () => {
  const { client } = await failing(new ProtocolError('resourceNotFound', { data: { size: 1n } }))
  await expect(client.read('a://later')).rejects.toMatchObject({ code: -32002 })
})

test('a log that fails altogether keeps nobody waiting', async () => {
  const broken = { ...silent(), error: fail } as unknown as FastifyBaseLogger
  const app = Fastify({ loggerInstance: broken })
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'acme', version: '1' })
  app.mcp.prompt('p', {}, () => {
    throw new Error('broken')
  })
  const client = await app.mcp.test()
  await expect(client.request('prompts/get', { name: 'p' })).rejects.toMatchObject({ code: -32603 })
})

function fail(): never {
  throw new Error('the disk is full')
}

/** A logger that says nothing, as Fastify wants it. */
function silent(): object {
  const quiet = (): void => undefined
  const logger: Record<string, unknown> = { level: 'info', child: () => ({ ...logger, error: fail }) }
  for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace']) logger[level] = quiet
  return logger
}
