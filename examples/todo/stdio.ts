/**
 * The todos for a client that starts its servers itself. From the root of the repository, after `npm run build`:
 *
 *     npx tsx examples/todo/stdio.ts
 *
 * DATABASE names the file, which the API may have open too. There are no routes here, so there are no tools made of them.
 */
import { stdio } from 'handwire/stdio'
import { offerTodos } from './offer.ts'
import { Todos } from './todos.ts'

const { DATABASE } = process.env
const todos = await Todos.open(DATABASE === undefined ? ':memory:' : `file:${DATABASE}`)
const server = stdio({ name: 'todo', version: '1.0.0' })
offerTodos(server, todos)

await server.serve()
todos.close()
