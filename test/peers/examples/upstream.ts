/** The tracker that stands in for the upstream, watched, and failing where a repository is named for it. */
import type { FastifyInstance } from 'fastify'
import { trackerStandIn } from '../../../examples/repository/stand-in.ts'

export class Upstream {
  readonly #app: FastifyInstance = trackerStandIn()
  url = ''
  /** Requests that have arrived, by method and path. */
  readonly requests: string[] = []
  /** Requests of `acme/held` that wait here, and the most that ever did or ran. */
  now = 0
  most = 0
  /** Fires when one of them was given up by who sent it. */
  readonly abandoned: Promise<void>
  #abandon = (): void => {}
  #changed: (() => void)[] = []
  #open: Promise<void> = Promise.resolve()
  #release = (): void => {}

  constructor() {
    this.abandoned = new Promise((resolve) => {
      this.#abandon = resolve
    })
    this.#app.addHook('onRequest', async (request, reply) => {
      this.requests.push(`${request.method} ${request.url}`)
      if (request.url.startsWith('/repos/acme/busy/')) return reply.code(503).header('retry-after', '7').send()
      if (request.url.startsWith('/repos/acme/broken/')) request.raw.destroy()
      if (!request.url.startsWith('/repos/acme/held/')) return
      this.now += 1
      this.most = Math.max(this.most, this.now)
      for (const heard of this.#changed.splice(0)) heard()
      reply.raw.once('close', () => {
        this.now -= 1
        if (!reply.raw.writableFinished) this.#abandon()
      })
      await this.#open
    })
  }

  static async listening(): Promise<Upstream> {
    const upstream = new Upstream()
    upstream.url = await upstream.#app.listen({ port: 0, host: '127.0.0.1' })
    return upstream
  }

  /** From now on requests of `acme/held` wait. */
  hold(): void {
    this.#open = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  release(): void {
    this.#release()
  }

  /** Resolves when so many wait at one time. */
  async holding(count: number): Promise<void> {
    while (this.now < count) await new Promise<void>((resolve) => this.#changed.push(resolve))
  }

  async close(): Promise<void> {
    this.release()
    await this.#app.close()
  }
}
