/**
 * A todo API on SQLite, and the same for models on /mcp. From the root of the repository, after `npm run build`:
 *
 *     npx tsx examples/todo/server.ts
 *
 * DATABASE names the file; without it, everything is forgotten at the end. PORT is 3000 by default.
 */
import { todoApp } from './app.ts'
import { Todos } from './todos.ts'

const { DATABASE, PORT = '3000' } = process.env
const todos = await Todos.open(DATABASE === undefined ? ':memory:' : `file:${DATABASE}`)
// or else a connection that a client opened and never used, as HTTP clients do in advance, would keep it from ending for a minute
const app = await todoApp(todos, { logger: true, forceCloseConnections: true })
app.addHook('onClose', () => todos.close())
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void app.close())

await app.listen({ port: Number(PORT) })
