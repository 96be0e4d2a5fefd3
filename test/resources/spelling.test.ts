/** One resource, whatever the spelling of its URI: no template answers for it, and its scopes are asked for. */
import { expect, test } from 'vitest'
import { newToken, staticTokens } from '../../src/auth/index.ts'
import { bearer, guardedOnce, opening, post } from '../support/guarded.ts'

type Read = (uri: string) => Promise<{ status: number; text?: string; code?: number }>

/** How somebody with these scopes reads. */
async function reader(scopes: readonly string[] = []): Promise<Read> {
  const { token, sha256 } = newToken()
  const api = await guardedOnce(staticTokens([{ name: 'ann', sha256, scopes: [...scopes] }]), ({ mcp }) => {
    mcp.resource('doc://salaries', { scopes: ['admin'] }, () => 'the salaries')
    mcp.resource('doc://plans', { visible: () => false }, () => 'the plans')
    mcp.resource('doc://old', {}, () => 'the old one').disable()
    mcp.resource('doc://{name}', {}, ({ name }) => `any ${name}`)
    mcp.resource('file://hr/{name}', { scopes: ['admin'] }, ({ name }) => `hr ${name}`)
    mcp.resource('file://{folder}/{name}', {}, ({ folder, name }) => `any ${folder} ${name}`)
  })
  const { headers } = await api.ask(opening('/mcp', bearer(token)))
  const who = [bearer(token), ['Mcp-Session-Id', String(headers['mcp-session-id'])]] as const
  await api.ask(post('/mcp', { method: 'notifications/initialized' }, ...who))
  return async (uri) => {
    const reply = await api.ask(post('/mcp', { id: 1, method: 'resources/read', params: { uri } }, ...who))
    const { result, error } = JSON.parse(reply.body) as {
      result?: { contents: [{ text: string }] }
      error?: { code: number }
    }
    return {
      status: reply.status,
      ...(result === undefined ? {} : { text: result.contents[0].text }),
      ...(error === undefined ? {} : { code: error.code })
    }
  }
}

const spellings = ['doc://salaries', 'doc://%73alaries', 'doc://salarie%73', 'doc://%73%61%6C%61%72%69%65%73']

test.each(spellings)('%s asks for the scopes of the resource, though a template takes it', async (uri) => {
  const answer = await (await reader())(uri)
  expect(answer.status).toBe(403)
  expect(answer).not.toHaveProperty('text')
})

test.each(spellings)('%s is the resource for those who may read it', async (uri) => {
  expect(await (await reader(['admin']))(uri)).toEqual({ status: 200, text: 'the salaries' })
})

test.each(['file://hr/pay', 'file://%68r/pay', 'file://h%72/pay'])(
  '%s asks for the scopes of the first template that takes it plainly spelled',
  async (uri) => {
    expect((await (await reader())(uri)).status).toBe(403)
    expect(await (await reader(['admin']))(uri)).toEqual({ status: 200, text: 'hr pay' })
  }
)

test.each([
  ['hidden', 'doc://plans'],
  ['hidden, in another spelling', 'doc://%70lans'],
  ['disabled', 'doc://old'],
  ['disabled, in another spelling', 'doc://%6Fld']
])('a resource that is %s is answered by no template', async (_, uri) => {
  expect(await (await reader())(uri)).toMatchObject({ code: -32002 })
})

test('what has to be escaped stays so: an encoded slash is no other part of the path', async () => {
  const read = await reader()
  expect(await read('doc://a%2Fb')).toEqual({ status: 200, text: 'any a/b' })
  expect(await read('file://x/%E2%82%AC')).toEqual({ status: 200, text: 'any x €' })
})
