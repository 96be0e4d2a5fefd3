/** An API whose plugin may be told anything, as in JavaScript; closed when the test ends. */
import Fastify, { type FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import handwire, { type HandwireOptions } from '../../src/http/index.ts'

export async function booted(
  options: unknown,
  setup: (app: FastifyInstance) => unknown = () => undefined
): Promise<FastifyInstance> {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, options as HandwireOptions)
  await setup(app)
  await app.ready()
  return app
}
