/** A stdio server between two pipes in this process. */
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { gate, turns } from '../support/gate.ts'
import { handshake, piped } from '../support/pipes.ts'

const ping = (id: string | number): object => ({ id, method: 'ping' })
const call = (id: string | number, name: string): object => ({
  id,
  method: 'tools/call',
  params: { name, arguments: {}, _meta: { progressToken: id } }
})

test('a ping is answered before there is a session', async () => {
  const { out, write } = piped()
  write(ping(1))
  expect(await out.answer(1)).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
})

test('any other request before initialize is refused', async () => {
  const { out, write } = piped()
  write({ id: 1, method: 'tools/list' })
  expect((await out.answer(1)).error).toMatchObject({ code: -32600, message: 'initialize comes first' })
})

test('a second initialize is refused and the session goes on', async () => {
  const { out, write } = piped()
  const [initialize, initialized] = handshake()
  write(initialize as object, initialized as object, { ...initialize, id: 'again' }, ping(1))
  expect((await out.answer('again')).error?.message).toBe('This session is initialized already')
  expect((await out.answer(1)).result).toEqual({})
})

test('a ping is answered while a slow call runs', async () => {
  const hold = gate()
  const { out, write } = piped((server) => server.tool('slow', {}, () => hold.passed.then(() => 'slow')))
  write(...handshake(), call('slow', 'slow'), ping(1))
  await out.answer(1)
  expect(out.messages.some(({ id }) => id === 'slow')).toBe(false)
  hold.open()
  expect((await out.answer('slow')).result.content[0].text).toBe('slow')
})

test('progress and the result that follows it are written in separate turns of the event loop', async () => {
  const order: string[] = []
  const output = new PassThrough()
  const write = output.write.bind(output)
  output.write = ((text: string) => {
    if (text.includes('progress')) {
      order.push('progress')
      setImmediate(() => order.push('turn'))
    }
    if (text.includes('"a"')) order.push('result')
    return write(text)
  }) as typeof output.write
  const server = piped(
    (mcp) =>
      mcp.tool('step', {}, (_, context) => {
        context.progress({ progress: 1 })
        return 'done'
      }),
    {},
    output
  )
  const params = { name: 'step', _meta: { progressToken: 1 } }
  server.write(...handshake(), { id: 'a', method: 'tools/call', params })
  await server.out.answer('a')
  expect(order).toEqual(['progress', 'turn', 'result'])
})

test.each<[string, string | Buffer, number, string]>([
  ['no JSON', '{"jsonrpc"', -32700, 'Parse error: not well-formed JSON'],
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), -32700, 'Parse error: not UTF-8'],
  ['a batch', '[]', -32600, 'Batches are not part of this revision'],
  ['no message', '{"jsonrpc":"2.0"}', -32600, 'Not a JSON-RPC message'],
  ['a line that is too long', 'x'.repeat(2000), -32600, 'The message is too large']
])('%s is answered without an id and survived', async (_, line, code, message) => {
  const { out, input, write } = piped(undefined, { limits: { bodyBytes: 1000 } })
  input.write(line)
  input.write('\n')
  write(ping(1))
  await out.answer(1)
  expect(out.messages[0]).toEqual({ jsonrpc: '2.0', error: { code, message } })
})

test('blank lines and CRLF are no messages and no harm', async () => {
  const { out, input } = piped()
  input.write('\n\r\n  \n{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n\n')
  await out.answer(1)
  expect(out.lines).toHaveLength(1)
})

test('notifications and responses get no line, not even when they are wrong', async () => {
  const { out, write } = piped()
  write(
    { method: 'notifications/initialized' },
    { method: 'nope' },
    { id: 9, result: {} },
    ...handshake(),
    { method: 'nope' },
    { method: 'notifications/cancelled', params: {} },
    { id: 'stray', result: {} },
    { id: 'stray', error: { code: 1, message: 'no' } },
    ping(1)
  )
  await out.answer(1)
  expect(out.messages.map(({ id }) => id)).toEqual(['hello', 1])
})

test('a message in several chunks, cut inside a character, is one message', async () => {
  const { out, input } = piped()
  const bytes = Buffer.from('{"jsonrpc":"2.0","id":"ü","method":"ping"}\n')
  for (const byte of bytes) input.write(Buffer.from([byte]))
  expect((await out.answer('ü')).result).toEqual({})
})

test('a last message without a line end is answered', async () => {
  const { out, input, served } = piped()
  input.end('{"jsonrpc":"2.0","id":1,"method":"ping"}')
  expect((await out.answer(1)).result).toEqual({})
  await served
})

test('a call that is cancelled is not answered', async () => {
  const stopped = gate()
  const { out, write } = piped((server) =>
    server.tool('hang', {}, async (_, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      stopped.open()
      return 'late'
    })
  )
  write(...handshake(), call('a', 'hang'))
  await turns()
  write({ method: 'notifications/cancelled', params: { requestId: 'a' } })
  await stopped.passed
  write(ping(1))
  await out.answer(1)
  await turns()
  expect(out.messages.map(({ id }) => id)).toEqual(['hello', 1])
})

test('a question and its answer share the pipes with everything else', async () => {
  const { out, write } = piped((server) =>
    server.tool('roots', {}, async (_, context) => JSON.stringify(await context.roots()))
  )
  write(...handshake({ roots: {} }), call(1, 'roots'))
  const question = await out.find(({ method }) => method === 'roots/list')
  write({ id: question.id as string, result: { roots: [{ uri: 'file:///a' }] } })
  expect((await out.answer(1)).result.content[0].text).toBe('[{"uri":"file:///a"}]')
})

test('the client hears of changes without asking for a stream', async () => {
  const { out, server, write } = piped((mcp) => mcp.tool('a', {}, () => 'a'))
  write(...handshake(), ping(1))
  await out.answer(1)
  server.tool('b', {}, () => 'b')
  await out.find(({ method }) => method === 'notifications/tools/list_changed')
})

test('at the end of the input a running call may finish within the grace period', async () => {
  const hold = gate()
  const started = gate()
  const { out, input, served, write } = piped((server) =>
    server.tool('hold', {}, async () => {
      started.open()
      await hold.passed
      return 'held'
    })
  )
  write(...handshake(), call('a', 'hold'))
  await started.passed
  input.end()
  await turns()
  hold.open()
  await served
  expect((await out.answer('a')).result.content[0].text).toBe('held')
})

test('an answer that was ready when the input ended is written', async () => {
  const { out, input, served, write } = piped((server) =>
    server.tool('step', {}, (_, context) => {
      context.progress({ progress: 1 })
      return 'done'
    })
  )
  write(...handshake(), call('a', 'step'))
  input.end()
  await served
  expect((await out.answer('a')).result.content[0].text).toBe('done')
})

test('after the grace period a call that hangs is given up', async () => {
  const started = gate()
  const { input, served, write, clock } = piped((server) =>
    server.tool('hang', {}, async () => {
      started.open()
      await gate().passed
      return 'never'
    })
  )
  write(...handshake(), call('a', 'hang'))
  await started.passed
  input.end()
  await turns()
  clock.pass(1000)
  await served
})

test('close ends the server as the end of the input does', async () => {
  const { server, served, out, write } = piped()
  write(...handshake(), ping(1))
  await out.answer(1)
  server.close()
  await served
  expect(server.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
})
