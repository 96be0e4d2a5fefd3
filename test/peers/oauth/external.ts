/** An API that takes the tokens of an issuer which is a process of its own. */
import { fileURLToPath } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import { introspection, jwt } from '../../../src/auth/index.ts'
import { offerPrivileged } from '../../../src/cli/privileged.ts'
import { offerReference } from '../../../src/cli/reference.ts'
import handwire from '../../../src/http/index.ts'
import { TestClock } from '../../support/clock.ts'
import { freePort } from './port.ts'
import { type Running, start } from './serving.ts'
import type { Place } from './visitor.ts'

const program = fileURLToPath(new URL('issuer-process.ts', import.meta.url))

/** The issuer, until it is ended. */
export async function startIssuer(): Promise<Running & { issuer: string }> {
  const running = await start(['--import', 'tsx', program], /^issuer http/)
  return { ...running, issuer: running.line.slice('issuer '.length) }
}

/** An endpoint in this process. Its clock is the test's. */
export class External implements Place {
  readonly url: URL
  readonly issuer: string
  /** What the API logged. */
  readonly lines: string[]
  readonly #app: FastifyInstance
  readonly #clock: TestClock
  readonly #shift: (ms: number) => void

  private constructor(
    url: URL,
    issuer: string,
    lines: string[],
    app: FastifyInstance,
    clock: TestClock,
    shift: (ms: number) => void
  ) {
    this.url = url
    this.issuer = issuer
    this.lines = lines
    this.#app = app
    this.#clock = clock
    this.#shift = shift
  }

  /** Listens at `/mcp` for JWTs, at `/opaque` for tokens that the issuer is asked about, and lets nobody in without `required`. */
  static async opened(issuer: string, path: '/mcp' | '/opaque', required: string[]): Promise<External> {
    const clock = new TestClock()
    const lines: string[] = []
    let ahead = 0
    const now = (): number => Date.now() + ahead
    const app = Fastify({
      logger: { level: 'info', stream: { write: (line: string) => void lines.push(line) } },
      forceCloseConnections: true
    })
    // the resource is the address, which is known when it listens, and routes are added before that
    const port = await freePort()
    const resource = `http://127.0.0.1:${port}${path}`
    const scopes = { required, scopes: ['mcp', 'privileged'] }
    const auth =
      path === '/mcp'
        ? jwt({ issuer, resource, ...scopes, now })
        : introspection({
            ...{ issuer, resource, ...scopes, now },
            ...{ clientId: 'handwire', clientSecret: 'known to both of them' }
          })
    await app.register(handwire, { name: 'external', version: '0', path, auth, ports: { clock } })
    offerReference(app.mcp)
    offerPrivileged(app.mcp)
    await app.listen({ port, host: '127.0.0.1' })
    return new External(new URL(resource), issuer, lines, app, clock, (ms) => {
      ahead += ms
    })
  }

  /** Lets time pass for the API alone: what its tokens last, and what it waits for. */
  pass(ms: number): void {
    this.#shift(ms)
    this.#clock.pass(ms)
  }

  close(): Promise<void> {
    return this.#app.close()
  }
}
