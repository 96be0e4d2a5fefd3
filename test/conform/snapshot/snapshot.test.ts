/** Reading the offer of a server, and keeping it in a file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import {
  compareSnapshots,
  printSnapshot,
  readSnapshot,
  SnapshotError,
  snapshot,
  type Target,
  UnreachableError
} from '../../../src/conform/index.ts'
import { type Json, readJson } from '../../../src/conform/json.ts'
import { messageTarget } from '../../../src/conform/message-peer.ts'
import handwire, { type HandwireOptions } from '../../../src/http/index.ts'
import { listeningReference, referenceApp } from '../../support/reference.ts'

/** A server that answers each method from a table; a function gets the params. */
function tableTarget(
  capabilities: Json,
  table: Record<string, Json | ((params: Record<string, Json>) => Json)>
): Target {
  const initialize = { protocolVersion: '2025-06-18', capabilities, serverInfo: { name: 'table', version: '1' } }
  return messageTarget({
    name: 'table',
    connect() {
      let hear: (text: string) => void = () => undefined
      return {
        send(text) {
          const {
            id,
            method,
            params = {}
          } = readJson(text) as { id?: Json; method: string; params?: Record<string, Json> }
          if (id === undefined) return
          const found = method === 'initialize' ? initialize : table[method]
          const result = typeof found === 'function' ? found(params) : found
          const answer = result === undefined ? { error: { code: -32601, message: `no ${method}` } } : { result }
          queueMicrotask(() => hear(JSON.stringify({ jsonrpc: '2.0', id, ...answer })))
        },
        onMessage(listener) {
          hear = listener
        },
        close: () => undefined
      }
    }
  })
}

async function serving(options: Partial<HandwireOptions> = {}): Promise<FastifyInstance> {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'acme', version: '1.0.0', ...options })
  return app
}

async function file(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshot-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'offer.json'), text)
  return join(folder, 'offer.json')
}

test('every page of every list is read, and each list is sorted', async () => {
  const app = await referenceApp({ limits: { pageSize: 2 } })
  onTestFinished(() => app.close())
  const offer = await snapshot(app)
  const tools = offer.tools?.map((tool) => (tool as { name: string }).name) ?? []
  expect(tools.length).toBeGreaterThan(4)
  expect(tools).toEqual([...tools].sort())
  for (const list of [offer.resources, offer.resourceTemplates, offer.prompts]) expect(list?.length).toBeGreaterThan(0)
  expect(offer.server.name).toBe('handwire-reference')
})

test('an app in this process, its address and its stdio offer the same', async () => {
  const { app, url } = await listeningReference()
  onTestFinished(() => app.close())
  const serve = [process.execPath, '--import', 'tsx', 'src/cli/index.ts', 'serve', '--stdio']
  const [inProcess, overHttp, onStdio] = [await snapshot(app), await snapshot(url), await snapshot({ command: serve })]
  expect(printSnapshot(overHttp)).toBe(printSnapshot(inProcess))
  expect(compareSnapshots(onStdio, inProcess)).toEqual([])
})

test('an app of the same offer has the same text, whatever the order of its declarations', async () => {
  const declare = (app: FastifyInstance, names: string[]): void => {
    for (const name of names) app.mcp.tool(name, {}, () => name)
  }
  const [one, other] = [await serving(), await serving()]
  declare(one, ['b', 'a', 'C'])
  declare(other, ['C', 'a', 'b'])
  expect(printSnapshot(await snapshot(one))).toBe(printSnapshot(await snapshot(other)))
})

test('the endpoint of an app may have another path', async () => {
  const app = await serving({ path: '/v2/mcp' })
  app.mcp.tool('now', {}, () => 'now')
  expect((await snapshot(app, { path: '/v2/mcp' })).tools).toHaveLength(1)
})

test('headers go with every request', async () => {
  const app = await serving()
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization !== 'Bearer t') await reply.code(401).send('no')
  })
  app.mcp.tool('now', {}, () => 'now')
  expect((await snapshot(app, { headers: { authorization: 'Bearer t' } })).tools).toHaveLength(1)
  await expect(snapshot(app)).rejects.toThrow(/HTTP 401/)
})

test('what changes by itself is left out', async () => {
  const resource = {
    uri: 'a://b',
    name: 'b',
    size: 3,
    _meta: { at: 1 },
    annotations: { priority: 1, lastModified: 'now' }
  }
  const offer = await snapshot(
    tableTarget(
      { resources: {} },
      { 'resources/list': { resources: [resource] }, 'resources/templates/list': { resourceTemplates: [] } }
    )
  )
  expect(offer.resources).toEqual([{ uri: 'a://b', name: 'b', annotations: { priority: 1 } }])
})

test('a list that is left out is not asked for, and one that is not declared is empty', async () => {
  const offer = await snapshot(
    tableTarget({ resources: {} }, { 'resources/templates/list': { resourceTemplates: [] } }),
    { without: ['resources'] }
  )
  expect(offer).not.toHaveProperty('resources')
  expect(offer).toMatchObject({ tools: [], resourceTemplates: [], prompts: [] })
})

test.each<[string, Json | (() => Json), RegExp]>([
  ['is refused', null as unknown as Json, /tools\/list was not answered with a result: no tools\/list/],
  ['holds no list', { tool: [] }, /tools\/list was answered without tools/],
  ['goes on at the same cursor', { tools: [], nextCursor: 'a' }, /a cursor that leads nowhere/],
  ['has a cursor that is no text', { tools: [], nextCursor: 1 }, /a cursor that leads nowhere/]
])('a list that %s is an error, not an empty list', async (_, answer, message) => {
  const target = tableTarget({ tools: {} }, answer === null ? {} : { 'tools/list': answer })
  await expect(snapshot(target)).rejects.toThrow(message)
  await expect(snapshot(target)).rejects.toThrow(UnreachableError)
})

test('a list that never ends is given up', async () => {
  let page = 0
  const endless = (): Json => ({ tools: [], nextCursor: String(page++) })
  await expect(snapshot(tableTarget({ tools: {} }, { 'tools/list': endless }))).rejects.toThrow(
    /goes on after 1000 pages/
  )
})

test('a saved snapshot is read again as it was', async () => {
  const app = await referenceApp()
  onTestFinished(() => app.close())
  const offer = await snapshot(app)
  expect(await readSnapshot(await file(printSnapshot(offer)))).toEqual(offer)
})

test.each<[string, string]>([
  ['is no JSON', '{'],
  ['is of another format', '{"format":"handwire-conform/1"}'],
  ['lacks the server', '{"format":"handwire-snapshot/1","capabilities":{}}'],
  ['has a list that is none', '{"format":"handwire-snapshot/1","capabilities":{},"server":{},"tools":{}}']
])('a file that %s is a SnapshotError', async (_, text) => {
  await expect(readSnapshot(await file(text))).rejects.toThrow(SnapshotError)
})

test('a file that is not there is a SnapshotError', async () => {
  await expect(readSnapshot('/nowhere/offer.json')).rejects.toThrow(SnapshotError)
})
