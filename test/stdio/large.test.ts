/** Large resources on stdio: one line each, in pieces; other lines wait, and a line that breaks ends the transport. */
import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { LineWriter } from '../../src/stdio/lines.ts'
import { gate, turns } from '../support/gate.ts'
import { handshake, piped } from '../support/pipes.ts'

const chunk = 'x'.repeat(1000)
const limits = { logBytes: 2000 }
const read = (id: string, uri = 'big://r'): object => ({ id, method: 'resources/read', params: { uri } })
const ping = (id: number): object => ({ id, method: 'ping' })

async function* chunks(count: number): AsyncGenerator<string> {
  for (let at = 0; at < count; at += 1) yield chunk
}

test('a large resource is one line', async () => {
  const { out, write } = piped((server) => server.resource('big://r', {}, () => chunks(100)), { limits })
  write(...handshake(), read('r'))
  expect((await out.answer('r')).result.contents[0].text).toBe(chunk.repeat(100))
})

test('lines that are said meanwhile come whole, before or after it', async () => {
  const half = gate()
  const { out, write } = piped(
    (server) =>
      server.resource('big://r', {}, async function* () {
        yield* chunks(10)
        await half.passed
        yield 'end'
      }),
    { limits }
  )
  write(...handshake(), read('r'), ping(1), ping(2))
  await turns(10)
  half.open()
  await Promise.all([out.answer('r'), out.answer(1), out.answer(2)])
  expect(out.lines).toHaveLength(4)
})

test('two large resources at one time are both answered', { timeout: 3000 }, async () => {
  const half = gate()
  const { out, write } = piped(
    (server) =>
      server.resource('big://{n}', {}, async function* ({ n }) {
        yield* chunks(10)
        await half.passed
        yield n
      }),
    { limits }
  )
  write(...handshake(), read('a', 'big://a'), read('b', 'big://b'))
  await turns(10)
  half.open()
  for (const id of ['a', 'b']) expect((await out.answer(id)).result.contents[0].text).toBe(`${chunk.repeat(10)}${id}`)
})

test('an error before the first piece is a JSON-RPC error', async () => {
  const { out, write } = piped((server) =>
    server.resource('big://r', {}, async function* () {
      if (chunk !== '') throw new Error('secret')
      yield 'never'
    })
  )
  write(...handshake(), read('r'))
  expect((await out.answer('r')).error).toEqual({ code: -32603, message: 'Internal error' })
})

test('an error before logBytes are reached is a JSON-RPC error', async () => {
  const { out, write } = piped(
    (server) =>
      server.resource('big://r', {}, async function* () {
        yield chunk
        throw new Error('secret')
      }),
    { limits }
  )
  write(...handshake(), read('r'))
  expect((await out.answer('r')).error).toEqual({ code: -32603, message: 'Internal error' })
})

test('an error after logBytes ends the transport with the line unfinished', async () => {
  const { out, write, served, log } = piped(
    (server) =>
      server.resource('big://r', {}, async function* () {
        yield* chunks(10)
        throw new Error('half way')
      }),
    { limits }
  )
  write(...handshake(), read('r'))
  await served
  expect(out.messages.map(({ id }) => id)).toEqual(['hello'])
  expect(out.unfinished).toContain(chunk)
  expect(log.at('error')).toHaveLength(1)
})

test('a cancel while the resource is still small leaves no answer', async () => {
  const hold = gate()
  const { out, write } = piped((server) =>
    server.resource('big://r', {}, async function* () {
      yield 'one '
      await hold.passed
      yield 'two'
    })
  )
  write(...handshake(), read('r'))
  await turns(5)
  write({ method: 'notifications/cancelled', params: { requestId: 'r' } }, ping(1))
  await out.answer(1)
  hold.open()
  await turns(5)
  expect(out.messages.map(({ id }) => id)).toEqual(['hello', 1])
})

test('a cancel stops a generator that looks at its signal', async () => {
  const stopped = gate()
  const { out, write } = piped(
    (server) =>
      server.resource('big://r', {}, async function* (_, { signal }) {
        try {
          while (!signal.aborted) {
            yield 'x'
            await turns(1)
          }
        } finally {
          stopped.open()
        }
      }),
    { limits: { logBytes: 1_000_000 } }
  )
  write(...handshake(), read('r'))
  await turns(5)
  write({ method: 'notifications/cancelled', params: { requestId: 'r' } })
  await stopped.passed
  write(ping(1))
  await out.answer(1)
})

test('a cancel stops a generator that does not look at its signal', async () => {
  let yielded = 0
  let cleaned = false
  const { out, write } = piped((server) =>
    server.resource('big://r', {}, async function* () {
      try {
        for (; yielded < 1000; yielded += 1) {
          yield 'x'
          await turns(1)
        }
      } finally {
        cleaned = true
      }
    })
  )
  write(...handshake(), read('r'))
  await turns(5)
  write({ method: 'notifications/cancelled', params: { requestId: 'r' } }, ping(1))
  await out.answer(1)
  await turns(10)
  expect(cleaned).toBe(true)
  expect(yielded).toBeLessThan(1000)
})

test('a question of a generator whose line is half written fails instead of waiting for ever', {
  timeout: 3000
}, async () => {
  const asked = gate<string>()
  const { write } = piped(
    (server) =>
      server.resource('big://r', {}, async function* (_, context) {
        yield* chunks(10)
        await context.roots().then(
          () => asked.open('answered'),
          (error) => asked.open(error.reason)
        )
        yield 'end'
      }),
    { limits }
  )
  write(...handshake({ roots: {} }), read('r'))
  expect(await asked.passed).toBe('unreachable')
})

test('held lines past backlogBytes do not make the reader of the input spin', async () => {
  let emptyWrites = 0
  const through = new PassThrough()
  const output = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      if (text === '') emptyWrites += 1
      else through.write(text)
      setImmediate(done)
    }
  })
  const half = gate()
  const { server, input, write } = piped(
    (mcp) => {
      mcp.tool('wide', {}, () => chunk)
      mcp.resource('big://r', {}, async function* () {
        yield* chunks(10)
        await half.passed
        yield 'end'
      })
    },
    { limits: { ...limits, backlogBytes: 100 }, output },
    through
  )
  write(...handshake(), read('r'))
  await turns(20)
  write({ id: 1, method: 'tools/call', params: { name: 'wide' } }, ping(2))
  await turns(200)
  expect(emptyWrites).toBeLessThan(20)
  half.open()
  input.end()
  server.close()
})

test('a line in pieces waits for a reader that is slow', async () => {
  const output = new PassThrough({ highWaterMark: 1000 })
  const writer = new LineWriter(output)
  let yielded = 0
  async function* counted(): AsyncGenerator<string> {
    for await (const piece of chunks(100)) {
      yielded += 1
      yield piece
    }
  }
  const written = writer.flow('', counted())
  await turns(10)
  expect(yielded).toBeLessThan(5)
  output.resume()
  await written
  expect(yielded).toBe(100)
})

test('waiting for the reader leaves no listener behind', async () => {
  const output = new PassThrough()
  output.resume()
  const writer = new LineWriter(output)
  const before = output.listenerCount('close')
  for (let times = 0; times < 20; times += 1) await writer.drained()
  expect(output.listenerCount('close')).toBe(before)
})

test('a cancel does not break a line that is half written: it is finished, and the transport lives on', async () => {
  const half = gate()
  const { out, write } = piped(
    (server) =>
      server.resource('big://r', {}, async function* (_, { signal }) {
        yield* chunks(10)
        await half.passed
        signal.throwIfAborted()
        yield 'end'
      }),
    { limits }
  )
  write(...handshake(), read('r'))
  await turns(10)
  write({ method: 'notifications/cancelled', params: { requestId: 'r' } })
  await turns(10)
  half.open()
  expect((await out.answer('r')).result.contents[0].text).toBe(`${chunk.repeat(10)}end`)
  write(ping(1))
  await out.answer(1)
})
