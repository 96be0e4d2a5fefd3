/** A client without an SDK: MCP by fetch, OAuth by the book. */
import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import { clientInfo, type Json, Noted } from '../peer.ts'
import { type Challenge, StrictLogin, sendingOver } from './strict-login.ts'
import type { Kind, Visitor } from './visitor.ts'
import { Wallet } from './wallet.ts'
import { Wire } from './wire.ts'

const kind = (name: string, opaque: boolean): Kind => ({
  name,
  visitor: (url, wallet = new Wallet()) => new StrictVisitor(url, wallet, opaque)
})

export const strict = kind('oauth4webapi and fetch', false)
export const strictOpaque = kind('oauth4webapi and fetch', true)

/** Somebody has to log in, at the address that the wallet was told last. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized'
}

class StrictVisitor implements Visitor {
  readonly wallet: Wallet
  readonly wire = new Wire()
  readonly noted = new Noted()
  session: string | undefined
  readonly #url: URL
  readonly #login: StrictLogin
  #version: string | undefined
  #ids = 0
  #closed = new AbortController()

  constructor(url: URL, wallet: Wallet, opaque: boolean) {
    this.#url = url
    this.wallet = wallet
    this.#login = new StrictLogin(url, wallet, this.wire, opaque)
  }

  async open(): Promise<void> {
    await this.close()
    this.#closed = new AbortController()
    this.session = undefined
    this.#version = undefined
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
    const { protocolVersion } = await this.#request('initialize', params)
    assert.equal(protocolVersion, '2025-06-18')
    this.#version = protocolVersion as string
    const accepted = await this.#send('POST', { jsonrpc: '2.0', method: 'notifications/initialized' })
    assert.equal(accepted.status, 202)
    void this.#listen(this.#closed.signal)
  }

  finish(back: URL): Promise<void> {
    return this.#login.finish(back)
  }

  async tools(): Promise<string[]> {
    const names: string[] = []
    let cursor: unknown
    do {
      const { tools, nextCursor } = await this.#request('tools/list', cursor === undefined ? {} : { cursor })
      names.push(...(tools as { name: string }[]).map(({ name }) => name))
      cursor = nextCursor
    } while (cursor !== undefined)
    return names
  }

  async call(name: string): Promise<string> {
    const { content } = await this.#request('tools/call', { name, arguments: {} })
    return (content as [{ text: string }])[0].text
  }

  async close(): Promise<void> {
    this.#closed.abort()
  }

  async #request(method: string, params: Json): Promise<Json> {
    this.#ids += 1
    const id = this.#ids
    const response = await this.#send('POST', { jsonrpc: '2.0', id, method, params })
    if (method === 'initialize') this.session = response.headers.get('mcp-session-id') ?? undefined
    for await (const { message } of messagesOf(response)) {
      if (message['id'] !== id) {
        this.noted.push(message as never)
        continue
      }
      if (message['result'] === undefined) throw new Error(JSON.stringify(message['error']))
      return message['result'] as Json
    }
    throw new Error(`${method} was not answered`)
  }

  /** Listens until it is closed, and comes back with the last event when it was cut off. */
  async #listen(closed: AbortSignal): Promise<void> {
    let last: string | undefined
    while (!closed.aborted) {
      try {
        const response = await this.#send('GET', undefined, last, closed)
        for await (const { id, message } of messagesOf(response)) {
          last = id ?? last
          if (message['method'] !== undefined) this.noted.push(message as never)
        }
      } catch (error) {
        // a refusal is for good; a cut connection is not
        if (error instanceof Unauthorized || error instanceof Refused || error instanceof TypeError) return
      }
    }
  }

  async #send(method: string, message?: object, last?: string, signal?: AbortSignal, again = false): Promise<Response> {
    const headers = new Headers({
      accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream'
    })
    if (message !== undefined) headers.set('content-type', 'application/json')
    if (this.session !== undefined) headers.set('mcp-session-id', this.session)
    if (this.#version !== undefined) headers.set('mcp-protocol-version', this.#version)
    if (last !== undefined) headers.set('last-event-id', last)
    const body = message === undefined ? undefined : JSON.stringify(message)
    const { response, challenge } = await this.#ask(method, headers, body, signal)
    if (response.ok) return response
    await response.body?.cancel()
    if (response.status === 401) {
      assert.ok(challenge !== undefined, 'a 401 says what to do')
      const known = this.wallet.tokens()
      assert.equal(challenge['error'], known === undefined ? undefined : 'invalid_token')
      if (again) throw new Error('a fresh token was refused')
      if (known !== undefined && (await this.#login.refresh())) return this.#send(method, message, last, signal, true)
      await this.#login.begin(challenge)
      throw new Unauthorized('unauthorized: somebody has to log in')
    }
    if (challenge?.['error'] === 'insufficient_scope') {
      await this.#login.begin(challenge, this.wallet.held.scope)
      throw new Unauthorized(`unauthorized: ${challenge['scope']} is needed`)
    }
    throw new Refused(`${method} was answered ${response.status}`)
  }

  /** One request, and the challenge of its answer. */
  async #ask(
    method: string,
    headers: Headers,
    body: string | undefined,
    signal: AbortSignal | undefined
  ): Promise<{ response: Response; challenge: Challenge | undefined }> {
    const token = this.wallet.tokens()?.access_token
    const stopped = signal === undefined ? {} : { signal }
    if (token === undefined) {
      const response = await this.wire.fetch(this.#url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...stopped
      })
      const challenge = response.headers.get('www-authenticate')
      return { response, challenge: challenge === null ? undefined : readChallenge(challenge) }
    }
    try {
      const options = { ...stopped, ...sendingOver(this.wire) }
      const response = await oauth.protectedResourceRequest(token, method, this.#url, headers, body, options)
      return { response, challenge: undefined }
    } catch (error) {
      if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error
      assert.deepEqual(
        error.cause.map(({ scheme }) => scheme),
        ['bearer']
      )
      return { response: error.response, challenge: error.cause[0]?.parameters as Challenge }
    }
  }
}

/** The server said no. */
class Refused extends Error {
  override readonly name = 'Refused'
}

/** The parameters of the one challenge in a header. */
function readChallenge(header: string): Challenge {
  assert.match(header, /^Bearer [a-z_]+="[^"]*"(, [a-z_]+="[^"]*")*$/)
  return Object.fromEntries([...header.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
}

/** The messages of an answer, as they come; of a stream with their event ids. */
async function* messagesOf(response: Response): AsyncGenerator<{ id: string | undefined; message: Json }> {
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/json')) {
    yield { id: undefined, message: (await response.json()) as Json }
    return
  }
  assert.equal(type, 'text/event-stream')
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    const events = (rest + decoder.decode(piece, { stream: true })).split(/\n\n/)
    rest = events.pop() ?? ''
    for (const event of events) {
      const field = (name: string): string | undefined => new RegExp(`^${name}: ?(.*)$`, 'm').exec(event)?.[1]
      const data = field('data')
      if (data !== undefined && data !== '') yield { id: field('id'), message: JSON.parse(data) }
    }
  }
}
