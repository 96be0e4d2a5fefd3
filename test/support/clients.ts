/** What clients that people use put on the wire: the headers of each, and no more of them than it takes to be served. */
import { type LoopbackReply, type Sending, send } from './loopback.ts'

type Headers = Record<string, string>

/** One client by its headers. */
export interface WireClient {
  name: string
  /** On every POST. */
  post: Headers
  /** On initialize alone, beside those. */
  opening?: Headers
  /** Accept of its GET; that of the specification by default. */
  listens?: string
  /** Whether MCP-Protocol-Version goes with what follows the handshake. */
  tells: boolean
  /** The revision it asks for. */
  asks: string
}

const json = { 'content-type': 'application/json' }
const accept = 'application/json, text/event-stream'
const reversed = 'text/event-stream, application/json'
const newest = '2025-11-25'

const onNode: Headers = {
  connection: 'keep-alive',
  ...json,
  accept,
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
  'accept-encoding': 'gzip, deflate'
}

export const wireClients: WireClient[] = [
  { name: 'SDK v1 and v2', post: onNode, tells: true, asks: newest },
  { name: 'SDK 1.12 and older', post: onNode, tells: false, asks: '2025-03-26' },
  { name: 'SDK 1.4', post: onNode, tells: false, asks: '2024-11-05' },
  {
    name: 'VS Code',
    post: { ...json, accept: reversed, 'user-agent': 'Code - OSS/1.128.1' },
    tells: false,
    asks: newest
  },
  {
    name: 'codex',
    post: { ...json, accept: reversed, 'user-agent': 'codex-mcp-client/0.169.0' },
    listens: reversed,
    tells: true,
    asks: '2025-06-18'
  },
  {
    name: 'copilot',
    post: { ...json, accept, 'accept-encoding': 'zstd,gzip,deflate,br' },
    listens: reversed,
    tells: true,
    asks: newest
  },
  {
    name: 'claude-code',
    post: { ...json, accept, 'user-agent': 'claude-code/2.1.330 (sdk-cli)', 'accept-encoding': 'identity' },
    tells: true,
    asks: newest
  },
  {
    name: 'clients on Bun',
    post: { ...json, accept, 'accept-encoding': 'gzip, deflate, br, zstd' },
    tells: true,
    asks: newest
  },
  {
    name: 'python-sdk',
    post: { ...json, accept, 'user-agent': 'python-httpx/0.28.1' },
    listens: accept,
    tells: true,
    asks: newest
  },
  {
    name: 'ai-sdk',
    post: { ...json, accept, 'user-agent': 'ai-sdk/2.0.99 node.js/22' },
    opening: { 'mcp-protocol-version': newest },
    tells: true,
    asks: newest
  },
  {
    name: 'mcp-remote',
    post: { ...onNode, 'user-agent': 'undici', 'mcp-name': 'reference' },
    opening: { 'mcp-method': 'initialize' },
    tells: true,
    asks: newest
  },
  { name: 'gemini-cli', post: onNode, tells: false, asks: newest },
  { name: 'zuplo', post: { ...json, accept }, tells: false, asks: '2025-06-18' },
  { name: 'reactive-agents', post: { ...json, accept }, tells: false, asks: newest },
  { name: 'mcp-stress', post: { ...json, accept }, tells: false, asks: '2025-03-26' },
  { name: 'afd', post: { ...json, accept: '*/*' }, listens: '*/*', tells: false, asks: newest },
  { name: 'recker', post: json, tells: false, asks: newest }
]

/** A client by name. */
export function wireClient(name: string): WireClient {
  const client = wireClients.find((other) => other.name === name)
  if (client === undefined) throw new Error(`there is no client "${name}"`)
  return client
}

/** The client at work. */
export class WirePeer {
  readonly client: WireClient
  readonly url: string
  session: string | undefined

  constructor(client: WireClient, url: string) {
    this.client = client
    this.url = url
  }

  /** initialize and notifications/initialized. */
  static async open(name: string, url: string, capabilities: object = {}): Promise<WirePeer> {
    const peer = new WirePeer(wireClient(name), url)
    await (await peer.initialize(capabilities)).closed
    await (await peer.post({ method: 'notifications/initialized' })).closed
    return peer
  }

  async initialize(capabilities: object = {}): Promise<LoopbackReply> {
    const { name, asks, opening = {} } = this.client
    const params = { protocolVersion: asks, capabilities, clientInfo: { name, version: '1' } }
    const reply = await this.post({ id: 0, method: 'initialize', params }, opening)
    this.session = reply.headers['mcp-session-id'] as string | undefined
    return reply
  }

  /** One message; a request when it has an id. */
  post(message: object, headers: Headers = {}): Promise<LoopbackReply> {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    return this.#send({ method: 'POST', headers: { ...this.client.post, ...headers }, body })
  }

  call(name: string, args: object = {}, id: string | number = 7): Promise<LoopbackReply> {
    const params = { name, arguments: args, _meta: { progressToken: id } }
    return this.post({ id, method: 'tools/call', params })
  }

  get(headers: Headers = {}): Promise<LoopbackReply> {
    return this.#send({ headers: { accept: this.client.listens ?? 'text/event-stream', ...headers } })
  }

  delete(): Promise<LoopbackReply> {
    return this.#send({ method: 'DELETE' })
  }

  #send({ headers = {}, ...rest }: Sending): Promise<LoopbackReply> {
    const session: Headers = this.session === undefined ? {} : { 'mcp-session-id': this.session }
    const version: Headers =
      this.session !== undefined && this.client.tells ? { 'mcp-protocol-version': '2025-06-18' } : {}
    return send(this.url, { ...rest, headers: { ...session, ...version, ...headers } })
  }
}
