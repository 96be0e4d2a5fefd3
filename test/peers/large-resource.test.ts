import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'

const mebibyte = 1024 * 1024
let server: ChildProcess
let url: string
let session: string

beforeAll(async () => {
  server = fork(new URL('../support/large-server.ts', import.meta.url), { execArgv: ['--import', 'tsx'] })
  url = ((await once(server, 'message')) as [{ url: string }])[0].url
  const opened = await post({
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'large', version: '1' } }
  })
  session = opened.headers['mcp-session-id'] as string
  opened.resume()
})

afterAll(() => {
  server.kill()
})

function post(message: object): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session })
    }
    const request = http.request(url, { method: 'POST', headers }, resolve)
    request.on('error', reject)
    request.end(JSON.stringify({ jsonrpc: '2.0', ...message }))
  })
}

async function memory(question: 'start' | 'report'): Promise<{ rss: number; peak: number }> {
  const answer = once(server, 'message')
  server.send(question)
  return ((await answer) as [{ rss: number; peak: number }])[0]
}

/** Reads a whole resource without keeping it; gives its length and both ends. */
async function read(uri: string): Promise<{ length: number; head: string; tail: string }> {
  const response = await post({ id: 1, method: 'resources/read', params: { uri } })
  let length = 0
  let head = ''
  let tail = ''
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (head.length < 100) head += chunk.toString('latin1')
    tail = (tail + chunk.toString('latin1').slice(-100)).slice(-100)
  }
  return { length, head, tail }
}

test.each(['text', 'bytes'])(
  'a resource of 1 GiB of %s raises the memory of the server by less than 64 MiB',
  async (kind) => {
    await read(`large://${kind}/16`)
    const before = (await memory('start')).rss
    const { length, head, tail } = await read(`large://${kind}/1024`)
    const { peak } = await memory('report')
    expect(length).toBeGreaterThan(1024 * mebibyte)
    expect(head).toContain(`{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"large://${kind}/1024"`)
    expect(tail).toMatch(/"\}\]\}\}$/)
    expect((peak - before) / mebibyte).toBeLessThan(64)
  }
)

test('a resource that nobody reads on is not produced ahead', async () => {
  const before = (await memory('start')).rss
  const response = await post({ id: 2, method: 'resources/read', params: { uri: 'large://text/1024' } })
  await once(response, 'readable')
  expect(await memory('report').then(({ peak }) => (peak - before) / mebibyte)).toBeLessThan(64)
  response.destroy()
  const again = await read('large://text/1')
  expect(again.length).toBeGreaterThan(mebibyte)
})
