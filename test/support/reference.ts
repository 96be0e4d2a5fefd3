/** The reference server inside a test: on Fastify, listening or injected into, or as a bare host. */
import Fastify, { type FastifyInstance } from 'fastify'
import { instructions, offerReference, pageSize } from '../../src/cli/reference.ts'
import { version } from '../../src/cli/version.ts'
import handwire, { type HandwireOptions } from '../../src/http/index.ts'

/** The reference server, not yet listening. */
export async function referenceApp(options: Partial<HandwireOptions> = {}): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  const { limits, ...rest } = options
  await app.register(handwire, {
    name: 'handwire-reference',
    title: 'Handwire reference server',
    version,
    instructions,
    teach: true,
    limits: { pageSize, ...limits },
    ...rest
  })
  offerReference(app.mcp)
  return app
}

/** The same, listening on a free loopback port; gives the address of the endpoint. */
export async function listeningReference(
  options: Partial<HandwireOptions> = {}
): Promise<{ app: FastifyInstance; url: string }> {
  const app = await referenceApp(options)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, url: `${address}/mcp` }
}
