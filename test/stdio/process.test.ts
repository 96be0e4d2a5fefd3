/** The reference server on stdio as a subprocess: what reaches stdout, and how it ends. */
import { expect, test } from 'vitest'
import { handwire, runFile } from '../support/command.ts'
import { turns } from '../support/gate.ts'
import { handshake } from '../support/pipes.ts'

const ping = (id: number): object => ({ id, method: 'ping' })
const slow = (id: number, ms: number): object => ({
  id,
  method: 'tools/call',
  params: { name: 'test_slow', arguments: { ms } }
})
const fine = { code: 0, signal: null }

test('what handlers write to stdout goes to stderr', async () => {
  const server = runFile('test/support/noisy-server.ts')
  server.write(...handshake(), { id: 1, method: 'tools/call', params: { name: 'noisy' } })
  expect((await server.out.answer(1)).result.content[0].text).toBe('quiet')
  server.child.stdin.end()
  expect(await server.exited).toEqual(fine)
  expect(server.out.messages.map(({ id }) => id)).toEqual(['hello', 1])
  for (const way of ['console.log', 'console.info', 'console.table', 'process.stdout', 'after the end'])
    expect(server.errors).toContain(way)
})

test('stdout holds frames and nothing else, stderr nothing while all goes well', async () => {
  const server = handwire(['serve', '--stdio'])
  server.write(...handshake(), ping(1))
  await server.out.answer(1)
  server.child.stdin.end()
  expect(await server.exited).toEqual(fine)
  expect(server.out.messages).toHaveLength(2)
  expect(server.out.unfinished).toBe('')
  expect(server.errors).toBe('')
})

test('the end of the input ends it with 0, also with no message at all', async () => {
  const server = handwire(['serve', '--stdio'])
  server.child.stdin.end()
  expect(await server.exited).toEqual(fine)
})

test('answers that were computed when the input ended are written', async () => {
  const server = handwire(['serve', '--stdio'])
  const list = { id: 1, method: 'tools/list' }
  const progress = { name: 'test_simple_text', arguments: {} }
  server.write(...handshake(), list, { id: 2, method: 'tools/call', params: progress }, slow(3, 50))
  server.child.stdin.end()
  expect(await server.exited).toEqual(fine)
  expect(server.out.messages.map(({ id }) => id)).toEqual(['hello', 1, 2, 3])
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends it with 0', async (signal) => {
  const server = handwire(['serve', '--stdio'])
  server.write(...handshake(), ping(1))
  await server.out.answer(1)
  server.child.kill(signal)
  expect(await server.exited).toEqual(fine)
})

test('SIGTERM during a call that takes long ends it with 0 after the grace period, and says so', async () => {
  const server = handwire(['serve', '--stdio'])
  server.write(...handshake(), slow(1, 10_000), ping(2))
  await server.out.answer(2)
  server.child.kill('SIGTERM')
  expect(await server.exited).toEqual(fine)
  expect(server.out.messages.map(({ id }) => id)).toEqual(['hello', 2, 1])
  expect(server.out.messages.at(-1)?.error).toMatchObject({ code: -32000, message: 'The server is closing' })
})

test('a question that nobody can answer any more ends its call, also when nothing else keeps the process alive', async () => {
  const server = runFile('test/support/asking-server.ts')
  server.write(...handshake({ elicitation: {} }), { id: 1, method: 'tools/call', params: { name: 'asking' } })
  server.child.stdin.end()
  expect(await server.exited).toEqual(fine)
  expect(server.out.messages.at(-1)).toMatchObject({ id: 1, error: { message: 'The server is closing' } })
})

test('a second signal ends it at once', async () => {
  const server = handwire(['serve', '--stdio'])
  server.write(...handshake(), slow(1, 10_000), ping(2))
  await server.out.answer(2)
  server.child.kill('SIGTERM')
  await turns()
  server.child.kill('SIGTERM')
  expect(await server.exited).toEqual(fine)
})

test('a client that closes its end of stdout ends it without a crash', async () => {
  const server = handwire(['serve', '--stdio'])
  server.write(...handshake(), ping(1))
  await server.out.answer(1)
  server.child.stdout.destroy()
  for (let id = 2; id < 50; id += 1) server.write(ping(id))
  expect(await server.exited).toEqual(fine)
  expect(server.errors).not.toContain('EPIPE')
})

test('it goes on after bad lines, and says what was wrong with them', async () => {
  const server = handwire(['serve', '--stdio'])
  server.child.stdin.write('nonsense\n')
  server.child.stdin.write(Buffer.from([0xff, 0xfe, 0x0a]))
  server.child.stdin.write(`${'x'.repeat(1024 * 1024 + 1)}\n`)
  server.write(ping(1))
  await server.out.answer(1)
  expect(server.out.messages.map(({ error }) => error?.code)).toEqual([-32700, -32700, -32600, undefined])
})

test('a client that reads late gets every answer, also after the end of the input', async () => {
  const server = handwire(['serve', '--stdio'])
  server.child.stdout.pause()
  const count = 600
  server.write(...handshake())
  for (let id = 1; id <= count; id += 1) server.write({ id, method: 'tools/list' })
  await new Promise<void>((resolve) => server.child.stdin.end(resolve))
  await turns(50)
  server.child.stdout.resume()
  expect(await server.exited).toEqual(fine)
  expect(server.out.messages).toHaveLength(count + 1)
})
