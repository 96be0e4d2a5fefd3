/** A TCP proxy on loopback that can cut the connections that go through it. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class TcpProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #down: Promise<unknown> = Promise.resolve()
  /** Port of the server behind it; known once that listens. */
  target = 0

  private constructor() {
    this.#server = createServer(async (near) => {
      await this.#down
      const far = connect(this.target, '127.0.0.1')
      this.#join(near, far)
      this.#join(far, near)
    })
  }

  static async listening(): Promise<TcpProxy> {
    const proxy = new TcpProxy()
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Breaks every connection, on both sides, as a failing network does. */
  cut(): void {
    this.cutUntil(Promise.resolve())
  }

  /** The same; whoever comes back is let through when the promise is kept. */
  cutUntil(up: Promise<unknown>): void {
    this.#down = up
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((closed) => this.#server.close(closed))
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('data', (bytes) => to.write(bytes))
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
