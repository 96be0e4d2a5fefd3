/** The line that each exchange leaves in the log of the API. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Listening, type ListeningOptions, listening } from '../support/listening.ts'
import { send } from '../support/loopback.ts'

type Line = Record<string, unknown> & { mcp?: Record<string, unknown> }

/** A server that logs at a level, and its lines about MCP. */
async function logging(level: string, more: ListeningOptions = {}): Promise<Listening & { about(): Line[] }> {
  const written: Line[] = []
  const stream = { write: (line: string) => void written.push(JSON.parse(line)) }
  const server = await listening({
    fastify: { logger: { level, stream } },
    offer: ({ mcp }) => {
      mcp.tool('fine', {}, () => 'fine')
      mcp.tool('broken', {}, () => {
        throw new Error('broken')
      })
      mcp.prompt('broken', {}, () => {
        throw new Error('broken')
      })
    },
    ...more
  })
  return { ...server, about: () => written.filter((line) => line.mcp !== undefined) }
}

test('a request leaves one line at info with its ids, name, outcome and time, bound to the request of Fastify', async () => {
  const { open, about } = await logging('info')
  const peer = await open()
  await (await peer.call('fine', {}, 'x')).closed
  const session = createHash('sha256').update(peer.session).digest('hex').slice(0, 12)
  const line = about().at(-1)
  expect(line?.mcp).toEqual({ id: 'x', method: 'tools/call', tool: 'fine', session, outcome: 'result', ms: 0 })
  expect(line).toMatchObject({ level: 30, msg: 'mcp request', reqId: expect.stringMatching(/^req-/) })
  expect(about().filter(({ mcp }) => mcp?.['id'] === 'x')).toHaveLength(1)
})

test('refusals and notifications leave a line as well', async () => {
  const { open, url, about } = await logging('info')
  const peer = await open()
  expect(about().at(-1)?.mcp).toEqual({ method: 'notifications/initialized', outcome: 'accepted' })
  await (await peer.call('none', {}, 1)).closed
  expect(about().at(-1)?.mcp).toMatchObject({ id: 1, outcome: 'error', error: 'unknownTool', code: -32602 })
  await (await send(url, { method: 'PUT' })).closed
  expect(about().at(-1)).toMatchObject({
    level: 30,
    mcp: { outcome: 'refused', error: 'wrongHttpMethod', code: -32600 },
    reqId: expect.stringMatching(/^req-/)
  })
})

test('a fault of ours is a line at error, and the fault itself has the ids that its caller can quote', async () => {
  const { open, about } = await logging('warn')
  const peer = await open()
  await (await peer.request('prompts/get', { name: 'broken' }, 'quote-me')).closed
  await (await peer.call('broken', {}, 'quote-me-too')).closed
  const [fault, end, tool, ...none] = about()
  expect(fault).toMatchObject({
    level: 50,
    msg: 'handler failed',
    mcp: { id: 'quote-me', method: 'prompts/get', prompt: 'broken' },
    err: { message: 'broken' }
  })
  expect(end).toMatchObject({ level: 50, mcp: { id: 'quote-me', outcome: 'error', error: 'internal', code: -32603 } })
  expect(tool).toMatchObject({ level: 50, msg: 'tool failed', mcp: { id: 'quote-me-too', tool: 'broken' } })
  expect(fault?.['reqId']).toBe(end?.['reqId'])
  expect(none).toEqual([])
})

test('a store that fails leaves the id of the message in the line of the fault', async () => {
  const { open, about } = await logging('warn', {
    offer: ({ mcp }) => mcp.resource('a://b', {}, () => 'b')
  })
  const peer = await open()
  expect(about()).toEqual([])
  const broken = await logging('warn', {
    plugin: {
      ports: {
        sessions: {
          create: () => true,
          read: () => Promise.reject(new Error('store is down')),
          change: () => undefined,
          remove: () => true,
          touch: () => undefined,
          onExpired: () => undefined,
          close: () => undefined
        }
      }
    }
  })
  const reply = await send(broken.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'mcp-session-id': peer.session },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'tools/list' })
  })
  expect(reply.status).toBe(500)
  expect(await reply.json()).toMatchObject({ id: 'q', error: { message: 'Internal error' } })
  expect(broken.about()[0]).toMatchObject({
    msg: 'message could not be served',
    mcp: { id: 'q' },
    reqId: expect.stringMatching(/^req-/)
  })
})

test('logLevel of the endpoint keeps its lines out, and a long name is cut', async () => {
  const quiet = await logging('info', { plugin: { logLevel: 'warn' } })
  await quiet.open()
  expect(quiet.about()).toEqual([])
  const { open, about } = await logging('info')
  await (await (await open()).call('n'.repeat(5000), {}, 'i'.repeat(5000))).closed
  expect(about().at(-1)?.mcp).toMatchObject({ id: 'i'.repeat(100), tool: 'n'.repeat(100) })
})
