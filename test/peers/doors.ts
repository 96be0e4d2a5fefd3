/** The reference server with one official client at its door: over HTTP on loopback, or over stdio as a subprocess. */
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { Oracle } from '../support/oracle.ts'
import { TcpProxy } from '../support/proxy.ts'
import { listeningReference } from '../support/reference.ts'
import { type Answers, type Command, type HttpTransport, overhear, type Peer, type Sdk } from './peer.ts'

const program = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url))

/** The command that starts the reference server on stdio. */
export const serveStdio: Command = { command: process.execPath, args: [program, 'serve', '--stdio'], stderr: 'pipe' }

/** One server, and the clients that came in. */
export interface Door {
  readonly oracle: Oracle
  connect(answers?: Answers): Promise<Peer>
  /** Resolves when the client can hear what belongs to no call of its own. */
  hearing(): Promise<void>
  close(): Promise<void>
}

/** One exchange, seen from the client. */
export interface Exchange {
  method: string
  headers: Headers
  /** Method of the message in a POST. */
  message: string | undefined
  status: number
}

export class HttpDoor implements Door {
  readonly oracle: Oracle
  readonly app: FastifyInstance
  readonly proxy: TcpProxy
  /** Exchanges whose reply has begun. */
  readonly exchanges: Exchange[] = []
  readonly #sdk: Sdk
  readonly #open: (() => Promise<void>)[] = []
  readonly #waiting = new Set<() => void>()
  #transport: HttpTransport | undefined

  private constructor(sdk: Sdk, app: FastifyInstance, proxy: TcpProxy, oracle: Oracle) {
    this.#sdk = sdk
    this.app = app
    this.proxy = proxy
    this.oracle = oracle
  }

  /** The server's name in Host is that of the proxy, which every connection goes through. */
  static async opened(sdk: Sdk): Promise<HttpDoor> {
    const proxy = await TcpProxy.listening()
    const oracle = new Oracle()
    const { app } = await listeningReference({ onFrame: oracle.tap, hosts: [`127.0.0.1:${proxy.port}`] })
    proxy.target = (app.server.address() as AddressInfo).port
    return new HttpDoor(sdk, app, proxy, oracle)
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.proxy.port}/mcp`)
  }

  /** The way of the client that came last. */
  get transport(): HttpTransport {
    if (this.#transport === undefined) throw new Error('nobody is connected')
    return this.#transport
  }

  async connect(answers: Answers = {}): Promise<Peer> {
    const transport = this.#sdk.http(this.url, this.fetch)
    this.#transport = transport
    const peer = await this.#sdk.connect(transport, answers)
    this.#open.push(() => peer.client.close())
    return peer
  }

  /** What the SDK is given as fetch: it keeps what crossed. */
  readonly fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const response = await fetch(input, init)
    const { method = 'GET', body } = init
    const message = typeof body === 'string' ? JSON.parse(body).method : undefined
    this.exchanges.push({ method, headers: new Headers(init.headers), message, status: response.status })
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
    return response
  }

  /** The exchanges that fit, once there are so many. */
  async until(fits: (exchange: Exchange) => boolean, count = 1): Promise<Exchange[]> {
    while (this.exchanges.filter(fits).length < count) await new Promise<void>((next) => this.#waiting.add(next))
    return this.exchanges.filter(fits)
  }

  async hearing(): Promise<void> {
    await this.until(({ method, status }) => method === 'GET' && status === 200)
  }

  async close(): Promise<void> {
    for (const close of this.#open) await close()
    await this.app.close()
    await this.proxy.close()
  }
}

export class StdioDoor implements Door {
  readonly oracle = new Oracle()
  readonly #sdk: Sdk
  readonly #open: (() => Promise<void>)[] = []

  constructor(sdk: Sdk) {
    if (!existsSync(program)) throw new Error('dist/ is missing: npm run build comes first')
    this.#sdk = sdk
  }

  async connect(answers: Answers = {}): Promise<Peer> {
    const transport = this.#sdk.stdio(serveStdio)
    overhear(transport, this.oracle)
    const peer = await this.#sdk.connect(transport, answers)
    this.#open.push(() => peer.client.close())
    return peer
  }

  async hearing(): Promise<void> {}

  async close(): Promise<void> {
    for (const close of this.#open) await close()
  }
}
