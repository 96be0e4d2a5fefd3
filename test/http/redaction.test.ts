/** Nothing that a client said in confidence is in the log, whatever its level: the whole of it is searched. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { listening } from '../support/listening.ts'
import { LoopbackPeer, send } from '../support/loopback.ts'

const secret = (what: string): string => `secret-${what}-7f3a`

test('no argument, answer, URI, header, token or session id is in the log at level trace', async () => {
  const written: string[] = []
  const { url, open } = await listening({
    realTime: true,
    fastify: { logger: { level: 'trace', stream: { write: (line: string) => void written.push(line) } } },
    offer: ({ mcp }) => {
      const input = Type.Object({ password: Type.String({ maxLength: 40 }) })
      mcp.tool('login', { input }, ({ password }) => `${password} ${secret('result')}`)
      mcp.tool('fails', { input }, () => {
        throw new Error('the cause')
      })
      mcp.tool('asks', {}, async (_, context) => {
        context.progress({ progress: 1, message: secret('progress') })
        context.message('info', secret('message'))
        await context.elicit('Password?', Type.Object({ password: Type.String() }))
        return 'asked'
      })
      mcp.resource('vault://{key}', {}, () => secret('resource'))
      mcp.prompt('greet', { arguments: Type.Object({ name: Type.String() }) }, ({ name }) => name)
    }
  })
  const peer = await open({ elicitation: {} })
  const headers = {
    authorization: `Bearer ${secret('token')}`,
    cookie: `sid=${secret('cookie')}`,
    'x-api-key': secret('key')
  }
  const ask = async (method: string, params: object): Promise<void> => {
    await (await peer.post({ id: secret('x').length, method, params }, headers)).closed
  }
  await ask('tools/call', { name: 'login', arguments: { password: secret('argument') } })
  await ask('tools/call', { name: 'login', arguments: { password: secret('argument').repeat(9) } })
  await ask('tools/call', { name: 'login', arguments: [secret('argument')] })
  await ask('tools/call', { name: 'fails', arguments: { password: secret('argument') } })
  await ask('resources/read', { uri: `vault://${secret('uri')}` })
  await ask('resources/read', { uri: `nowhere://${secret('uri')}` })
  await ask('resources/subscribe', { uri: `vault://${secret('uri')}` })
  await ask('prompts/get', { name: 'greet', arguments: { name: secret('name') } })
  await ask('prompts/get', { name: 'greet', arguments: { name: 5, [secret('member')]: 1 } })
  await ask('tools/list', { cursor: secret('cursor') })
  await ask('logging/setLevel', { level: secret('level') })
  await ask(secret('method'), {})
  const asking = await peer.call('asks', {}, 'asks')
  for (let event = await asking.next(); event !== undefined; event = await asking.next()) {
    if (event.message.method !== 'elicitation/create') continue
    const result = { action: 'accept', content: { password: secret('answer') } }
    await (await peer.post({ id: event.message.id, result }, headers)).closed
  }
  await (await send(url, { method: 'POST', headers, body: secret('media') })).closed
  await (await send(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: secret('body') }))
    .closed
  await (await new LoopbackPeer(url, secret('session')).request('tools/list')).closed
  await (await peer.get(secret('event'))).closed
  await (await send(url, { headers: { ...headers, origin: `http://${secret('origin')}.example` } })).closed
  await (await peer.delete()).closed

  const log = written.join('')
  for (const line of ['tools/call', 'login', 'unknownSession', 'notJson', 'foreignOrigin', 'tool failed', 'the cause'])
    expect(log).toContain(line)
  expect(log).not.toMatch(/secret-/)
  expect(log).not.toContain(peer.session)
})
