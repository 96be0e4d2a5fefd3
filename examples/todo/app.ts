/** The API with MCP in it: three lines more than without. */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import handwire from 'handwire'
import { todoApi } from './api.ts'
import { offerTodos } from './offer.ts'
import type { Todos } from './todos.ts'

export async function todoApp(todos: Todos, options: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify(options)
  await app.register(handwire, { name: 'todo', version: '1.0.0', routes: true }) // before the routes, which it looks at
  offerTodos(app.mcp, todos)
  await app.register(todoApi, { prefix: '/api', todos })
  return app
}
