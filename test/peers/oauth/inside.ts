/** An API with an authorization server in it that offers two scopes. */
import Fastify, { type FastifyInstance } from 'fastify'
import { authorizationServer, memoryStore } from '../../../src/auth/server/index.ts'
import { offerPrivileged } from '../../../src/cli/privileged.ts'
import { offerReference } from '../../../src/cli/reference.ts'
import handwire from '../../../src/http/index.ts'
import { freePort } from './port.ts'
import { ann, carl } from './serving.ts'
import type { Place } from './visitor.ts'

const people = new Map([
  [ann.name, { ...ann, scopes: ['mcp', 'privileged'] }],
  [carl.name, { ...carl, scopes: ['mcp'] }]
])

export class Inside implements Place {
  readonly url: URL
  readonly #app: FastifyInstance

  private constructor(url: URL, app: FastifyInstance) {
    this.url = url
    this.#app = app
  }

  /** @param required scopes without which nobody is let in; clients are told to ask for these, else for all that there are */
  static async opened(required: string[]): Promise<Inside> {
    const port = await freePort()
    const resource = `http://127.0.0.1:${port}/mcp`
    const auth = authorizationServer({
      resource,
      required,
      scopes: { mcp: 'Use what is for everybody', privileged: 'Use what is for few' },
      authenticate({ username, password }) {
        const person = people.get(username)
        return person?.password === password ? { subject: username, scopes: person.scopes } : undefined
      },
      store: memoryStore()
    })
    const app = Fastify({ forceCloseConnections: true })
    await app.register(handwire, { name: 'inside', version: '0', auth })
    offerReference(app.mcp)
    offerPrivileged(app.mcp)
    await app.listen({ port, host: '127.0.0.1' })
    return new Inside(new URL(resource), app)
  }

  get issuer(): string {
    return `${this.url.origin}/oauth`
  }

  close(): Promise<void> {
    return this.#app.close()
  }
}
