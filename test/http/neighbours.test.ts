/** What the routes of an API answer does not change when the plugin comes: not a status, a header or a byte. */
import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { until } from '../support/gate.ts'
import { LoopbackPeer } from '../support/loopback.ts'
import { type NeighbourOptions, type Neighbours, neighbours } from '../support/neighbours.ts'
import { type Answered, askAll, everyRequest } from '../support/neighbours-requests.ts'

const one = { name: 'todos', version: '1.0.0' }

async function twoEndpoints(app: FastifyInstance): Promise<void> {
  await app.register(handwire, { origins: ['https://app.example'] })
  const shared = async (scope: FastifyInstance): Promise<void> => {
    scope.mcp.tool('hello', {}, () => 'world')
  }
  for (const major of [1, 2]) {
    await app.register(
      async (scope) => {
        scope.mcp.serve({ name: 'todos', version: `${major}.0.0` })
        await scope.register(shared)
      },
      { prefix: `/mcp/v${major}` }
    )
  }
}

/** How the plugin may be registered, and where its endpoints then are. */
const ways: Record<string, { options: NeighbourOptions; paths: string[] }> = {
  'as one endpoint': { options: { mcp: (app) => app.register(handwire, one) }, paths: ['/mcp'] },
  'as one endpoint after everything else': { options: { last: (app) => app.register(handwire, one) }, paths: ['/mcp'] },
  'as two endpoints under prefixes': { options: { mcp: twoEndpoints }, paths: ['/mcp/v1', '/mcp/v2'] },
  'with routes as tools and health checks': {
    options: { mcp: (app) => app.register(handwire, { ...one, routes: true, health: true, teach: true }) },
    paths: ['/mcp']
  }
}

/** What the hooks of the API saw of its own routes; when an answer is over they are told in no exact order. */
function seen({ ran }: Neighbours): { during: string[]; after: string[] } {
  const own = ran.filter((line) => !/ \/mcp(\/v[12])?$/.test(line))
  const isAfter = (line: string): boolean => line.startsWith('onResponse')
  return { during: own.filter((line) => !isAfter(line)), after: own.filter(isAfter).sort() }
}

const withoutCounts = ({ headers, ...answer }: Answered): Answered => {
  const { 'x-request-id': _, 'x-ratelimit-remaining': __, ...others } = headers
  return { ...answer, headers: others }
}

/** One after the other, so that a difference is told in few lines. */
function expectSame(answers: Answered[], before: Answered[]): void {
  expect(answers.length).toBe(everyRequest.length)
  for (const [index, answer] of answers.entries()) expect(answer).toEqual(before[index])
}

test.each(Object.keys(ways))('registered %s, every answer of the API stays the same', async (way) => {
  const [before, after] = [await neighbours(), await neighbours(ways[way]?.options)]
  expectSame(await askAll(after.origin), await askAll(before.origin))
  await until(() => seen(after).after.length, seen(before).after.length)
  expect(seen(after)).toEqual(seen(before))
})

test.each(Object.keys(ways))('registered %s, the API answers in the midst of sessions as before', async (way) => {
  const { options, paths } = ways[way] as (typeof ways)[string]
  const [before, after] = [await neighbours(), await neighbours(options)]
  const peers = await Promise.all(paths.map((path) => LoopbackPeer.open(`${after.origin}${path}`)))
  const streams = await Promise.all(peers.map((peer) => peer.get()))
  const [answers, expected] = [await askAll(after.origin), await askAll(before.origin)]
  expectSame(answers.map(withoutCounts), expected.map(withoutCounts))
  for (const peer of peers) expect((await (await peer.request('ping')).json()).result).toEqual({})
  expect(streams.map(({ status }) => status)).toEqual(paths.map(() => 200))
})

test('the requests reach every kind of answer, so that a comparison of them says something', async () => {
  const { origin } = await neighbours()
  const answers = await askAll(origin)
  const statuses = [...new Set(answers.map(({ status }) => status))].sort()
  expect(statuses).toEqual([200, 201, 202, 204, 303, 400, 401, 404, 409, 413, 415, 418, 429, 500])
  const encodings = new Set(answers.map(({ headers }) => headers['content-encoding']))
  expect(encodings).toEqual(new Set([undefined, 'gzip', 'br']))
})

test('the OpenAPI document of the API does not have the endpoints and health checks', async () => {
  for (const { options } of Object.values(ways)) {
    const { app } = await neighbours(options)
    expect(Object.keys(app.swagger().paths ?? {}).filter((path) => /^\/(mcp|healthz|readyz)/.test(path))).toEqual([])
  }
})

test('the API sees the routes of an endpoint being registered, and no other', async () => {
  const plain = await neighbours()
  const { registered } = await neighbours({ mcp: (app) => app.register(handwire, one) })
  const routes = registered.filter((line) => !line.startsWith('scope') && !plain.registered.includes(line))
  expect(new Set(routes.map((line) => line.split(' ').at(-1)))).toEqual(new Set(['/mcp', '/mcp/']))
})
