/**
 * A tiny MCP server over loopback HTTP, written by hand for the tests of the runner: it obeys, except for the faults that
 * are switched on. It has nothing to do with ours, so the runner is not tested by the code it is to test.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const faults = [
  'pings-with-more',
  'answers-other-id',
  'answers-notifications',
  'ignores-answers',
  'token-as-string',
  'progress-after-result',
  'equal-progress',
  'endless-pages',
  'takes-batches',
  'no-get',
  'always-conflict',
  'replays-all',
  'never-ends',
  'one-session-for-all',
  'ignores-delete',
  'nameless',
  'refuses-initialize',
  'breaks-off'
] as const
export type Fault = (typeof faults)[number]

interface Session {
  id: string
  gets: Set<ServerResponse>
  events: { stream: number; text: string }[]
  streams: number
  conflicts: number
  asked: Map<string, (answer: unknown) => void>
}

type Message = { id?: number | string; method?: string; params?: Record<string, never>; result?: unknown }

export class TinyServer {
  readonly broken = new Set<Fault>()
  readonly requests: { method: string; headers: IncomingMessage['headers']; body: string }[] = []
  readonly #sessions = new Map<string, Session>()
  readonly #server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      this.requests.push({ method: request.method ?? '', headers: request.headers, body })
      this.#route(request, body, response)
    })
  })

  async start(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  #route(request: IncomingMessage, body: string, response: ServerResponse): unknown {
    const session = this.#sessions.get(String(request.headers['mcp-session-id']))
    if (request.method === 'POST') return this.#post(body, session, response)
    if (session === undefined) return response.writeHead(404).end()
    if (request.method === 'DELETE') {
      if (!this.broken.has('ignores-delete')) this.#sessions.delete(session.id)
      for (const get of session.gets) get.end()
      return response.writeHead(204).end()
    }
    if (this.broken.has('no-get')) return response.writeHead(405, { allow: 'POST' }).end()
    const last = request.headers['last-event-id']
    if (last !== undefined && (this.broken.has('always-conflict') || session.conflicts++ < 2)) {
      return response.writeHead(409, { 'content-type': 'application/json' }).end('{"error":"busy"}')
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    if (last === undefined) {
      session.gets.add(response)
      return response.on('close', () => session.gets.delete(response))
    }
    const from = Number(last)
    const all = this.broken.has('replays-all')
    for (const [id, event] of session.events.entries()) {
      if (all || (id > from && event.stream === session.events[from]?.stream))
        response.write(`id: ${id}\ndata: ${event.text}\n\n`)
    }
    return response.end()
  }

  #post(body: string, known: Session | undefined, response: ServerResponse): unknown {
    const json = (status: number, value: unknown, headers = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
    }
    const refuse = (status: number, code: number, id?: Message['id']): void =>
      json(status, { jsonrpc: '2.0', ...(id === undefined ? {} : { id }), error: { code, message: 'no' } })
    const message = JSON.parse(body) as Message
    if (Array.isArray(message)) {
      return this.broken.has('takes-batches')
        ? json(
            200,
            message.map(({ id }) => ({ jsonrpc: '2.0', id, result: {} }))
          )
        : refuse(400, -32600)
    }
    const id =
      this.broken.has('answers-other-id') && message.id !== undefined && message.method === 'ping'
        ? 'other'
        : message.id
    const answer = (result: unknown, headers = {}): void => json(200, { jsonrpc: '2.0', id, result }, headers)
    if (message.method === 'initialize') return this.#initialize(message, answer, () => refuse(200, -32603, id))
    if (known === undefined) return refuse(404, -32600)
    if (id === undefined || message.method === undefined) {
      if (message.method === undefined && !this.broken.has('ignores-answers'))
        known.asked.get(String(id))?.(message.result)
      return response.writeHead(this.broken.has('answers-notifications') ? 200 : 202).end()
    }
    if (message.method === 'ping') {
      if (this.broken.has('breaks-off')) return response.destroy()
      return answer(this.broken.has('pings-with-more') ? { pong: true } : {})
    }
    if (message.method === 'tools/list') return answer(this.#page(message.params?.['cursor']))
    if (message.method === 'tools/call') return this.#call(message, known, response)
    return refuse(200, -32601, id)
  }

  #initialize(message: Message, answer: (result: unknown, headers: object) => void, refuse: () => void): unknown {
    if (this.broken.has('refuses-initialize')) return refuse()
    const id = this.broken.has('one-session-for-all') ? 'the-one' : randomUUID()
    this.#sessions.set(id, { id, gets: new Set(), events: [], streams: 0, conflicts: 0, asked: new Map() })
    const serverInfo = this.broken.has('nameless') ? { version: '1' } : { name: 'tiny', version: '1' }
    const result = { protocolVersion: message.params?.['protocolVersion'], capabilities: { tools: {} }, serverInfo }
    return answer(result, { 'mcp-session-id': id })
  }

  #page(cursor: string | undefined): object {
    const tools = (...names: string[]): object[] => names.map((name) => ({ name, inputSchema: { type: 'object' } }))
    if (cursor === undefined) return { tools: tools('count', 'ask'), nextCursor: 'p2' }
    return this.broken.has('endless-pages') ? { tools: tools('tell'), nextCursor: 'p2' } : { tools: tools('tell') }
  }

  async #call({ id, params }: Message, session: Session, response: ServerResponse): Promise<void> {
    const stream = session.streams++
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (message: object): void => {
      const text = JSON.stringify({ jsonrpc: '2.0', ...message })
      session.events.push({ stream, text })
      response.write(`id: ${session.events.length - 1}\ndata: ${text}\n\n`)
    }
    const tell = (message: object): void => {
      for (const get of session.gets) get.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`)
    }
    const given = (params?.['_meta'] as { progressToken?: unknown } | undefined)?.progressToken
    const progressToken = this.broken.has('token-as-string') ? String(given) : given
    const progress = (value: number): object => ({
      method: 'notifications/progress',
      params: { progressToken, progress: value }
    })
    let text = 'done'
    if (params?.['name'] === 'count' && given !== undefined)
      for (const value of [1, 2, 3]) send(progress(this.broken.has('equal-progress') ? 1 : value))
    if (params?.['name'] === 'ask') {
      const ask = `ask-${randomUUID()}`
      const answered = new Promise((resolve) => session.asked.set(ask, resolve))
      send({ id: ask, method: 'roots/list' })
      text = JSON.stringify(await answered)
    }
    if (params?.['name'] === 'tell') tell({ method: 'notifications/tools/list_changed' })
    send({ id, result: { content: [{ type: 'text', text }] } })
    if (this.broken.has('progress-after-result')) tell(progress(4))
    if (!this.broken.has('never-ends')) response.end()
  }
}
