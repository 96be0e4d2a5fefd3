/** The recording proxy: stands between clients and a server over HTTP, lets every byte through, and notes what crossed. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, isIP, type Server, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { Connection } from './connection.ts'
import { Tape } from './tape.ts'

export interface ProxyOptions {
  /** Address to bind; 127.0.0.1. */
  host?: string
  /** 0 takes a free one. */
  port?: number
  /** Told at once of what could not be followed. */
  onTrouble?: (text: string) => void
}

export class RecordingProxy {
  readonly tape: Tape
  readonly #target: URL
  readonly #server: Server
  readonly #connections = new Set<Connection>()

  private constructor(target: URL, onTrouble: ProxyOptions['onTrouble']) {
    this.tape = new Tape(onTrouble)
    this.#target = target
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#pass(near))
  }

  /** A proxy in front of the server at that address (http or https). Rejects when it cannot listen. */
  static async before(
    target: string | URL,
    { host = '127.0.0.1', port = 0, onTrouble }: ProxyOptions = {}
  ): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(new URL(target), onTrouble)
    proxy.#server.listen(port, host)
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** Where the client has to go instead of to the server. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo
    const anywhere = address === '0.0.0.0' || address === '::'
    const name = anywhere ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address
    return `http://${name}:${port}${this.#target.pathname}${this.#target.search}`
  }

  /** Closes everything, at once. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const connection of this.#connections) connection.close()
    await closed
  }

  #pass(near: Socket): void {
    const connection = new Connection({ near, far: this.#dial(), target: this.#target, tape: this.tape })
    this.#connections.add(connection)
    near.on('close', () => this.#connections.delete(connection))
  }

  #dial(): Socket {
    const { protocol, hostname, port } = this.#target
    const host = hostname.replace(/^\[|\]$/g, '')
    if (protocol !== 'https:') {
      const far = connect({ host, port: Number(port || 80), allowHalfOpen: true })
      return far.setNoDelay(true)
    }
    const named = isIP(host) === 0 ? { servername: host } : {}
    const secure = { host, port: Number(port || 443), ALPNProtocols: ['http/1.1'], allowHalfOpen: true, ...named }
    return connectSecurely(secure).setNoDelay(true)
  }
}
