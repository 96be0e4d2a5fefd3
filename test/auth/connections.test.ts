/** One connection carries the requests of many, as that of a proxy does: each is known by its own token, and by nothing that came before. */
import { Agent, type IncomingMessage, request } from 'node:http'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Auth, introspection, jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import { type Guarded, guardedOnce, opening, post, publicHost, publicOrigin } from '../support/guarded.ts'
import { FakeIssuer } from '../support/issuer.ts'

const resource = `${publicOrigin}/mcp`
const machine = newToken()

let issuer: FakeIssuer

beforeEach(async () => {
  issuer = await FakeIssuer.open()
})

/** Who calls, as a handler is told, for one token after the other by one connection; a status where nobody gets in. A function is called in its turn. */
async function seen(auth: Auth, turns: readonly (string | undefined | (() => void))[]): Promise<unknown[]> {
  const api = await guardedOnce(auth, ({ mcp }) => {
    mcp.tool('whoami', {}, (_, { principal }) => principal?.subject)
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const ports = new Set<number | undefined>()
  const answers: unknown[] = []
  for (const token of turns) {
    if (typeof token === 'function') {
      token()
      continue
    }
    const ask = (bytes: ReturnType<typeof post>): ReturnType<typeof exchange> => exchange(api, agent, bytes, token)
    const opened = await ask(opening('/mcp'))
    ports.add(opened.port)
    const session = opened.headers['mcp-session-id']
    if (session === undefined) {
      answers.push(opened.status)
      continue
    }
    const call = post('/mcp', { id: 1, method: 'tools/call', params: { name: 'whoami' } }, [
      'Mcp-Session-Id',
      String(session)
    ])
    answers.push(JSON.parse((await ask(call)).body).result.content[0].text)
  }
  expect(ports.size).toBe(1)
  return answers
}

interface Answered {
  status: number | undefined
  headers: IncomingMessage['headers']
  body: string
  /** Of the client's end of the connection. */
  port: number | undefined
}

function exchange(
  { port }: Guarded,
  agent: Agent,
  { headers = [], body }: ReturnType<typeof post>,
  token: string | undefined
): Promise<Answered> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', path: '/mcp', method: 'POST' }, async (reply) => {
      const from = reply.socket.localPort
      let text = ''
      for await (const chunk of reply.setEncoding('utf8')) text += chunk
      resolve({ status: reply.statusCode, headers: reply.headers, body: text, port: from })
    })
    sent.once('error', reject)
    for (const [name, value] of Object.entries({ ...Object.fromEntries(headers), ...authorization, host: publicHost }))
      sent.setHeader(name, value)
    sent.end(body)
  })
}

describe('by one connection', () => {
  test('each of several callers is known by the token of the moment, as often as they take turns', async () => {
    const [ann, bob] = [await issuer.token(resource), await issuer.token(resource, { sub: 'bob' })]
    const turns = [ann, ann, bob, ann, bob, bob, ann]
    expect(await seen(jwt({ issuer: issuer.url, resource }), turns)).toEqual([
      'ann',
      'ann',
      'bob',
      'ann',
      'bob',
      'bob',
      'ann'
    ])
  })

  test('who has no token, or a bad one, does not get in after somebody who has', async () => {
    const ann = await issuer.token(resource)
    const bad = `${ann.slice(0, -20)}AAAA${ann.slice(-16)}`
    const turns = [ann, ann, undefined, bad, 'x', machine.token, ann]
    expect(await seen(jwt({ issuer: issuer.url, resource }), turns)).toEqual(['ann', 'ann', 401, 401, 401, 401, 'ann'])
  })

  test('opaque tokens are told apart likewise', async () => {
    issuer.opaque.set('of-ann', { active: true, sub: 'ann', aud: resource })
    issuer.opaque.set('of-bob', { active: true, sub: 'bob', aud: resource })
    const auth = introspection({ issuer: issuer.url, resource, clientId: 'mcp', clientSecret: 'secret' })
    expect(await seen(auth, ['of-ann', 'of-ann', 'of-bob', 'of-eve', 'of-ann'])).toEqual([
      'ann',
      'ann',
      'bob',
      401,
      'ann'
    ])
  })

  test('tokens of different kinds are', async () => {
    const auth = [staticTokens([{ name: 'ci', sha256: machine.sha256 }]), jwt({ issuer: issuer.url, resource })]
    const ann = await issuer.token(resource)
    expect(await seen(auth, [ann, ann, machine.token, ann, undefined])).toEqual(['ann', 'ann', 'ci', 'ann', 401])
  })

  test('a token that ends is not good any longer because it was', async () => {
    let time = Date.now()
    const token = await issuer.token(resource, { exp: Math.floor(time / 1000) + 60 })
    const auth = jwt({ issuer: issuer.url, resource, toleranceSeconds: 0, now: () => time })
    const pass = (): void => {
      time += 61_000
    }
    expect(await seen(auth, [token, token, pass, token])).toEqual(['ann', 'ann', 401])
  })
})
