/** What MCP has beyond the routes: told once, served over HTTP and over stdio. */
import { Type } from '@sinclair/typebox'
import { embed, notFound, type Prompts, type Resources, ToolError, type Tools, user } from 'handwire'
import { ListName, Todo } from './api.ts'
import { NoSuchTodo, type Todos } from './todos.ts'

const mimeType = 'application/json'

/** `mcp` is `app.mcp` of an API, or what `stdio()` returns. */
export function offerTodos(mcp: Tools & Resources & Prompts, todos: Todos): void {
  /** Suggests lists for a template and for a prompt alike. */
  const list = (value: string): Promise<string[]> => todos.listNames(value)

  mcp.resource('todo://lists/{list}', { title: 'A list', mimeType, complete: { list } }, ({ list }) =>
    todos.list(list).catch(absent)
  )

  mcp.resource(
    'todo://lists/{list}/{id}',
    {
      title: 'A todo',
      mimeType,
      complete: {
        list,
        id: async (value, { arguments: { list } }) => {
          if (list === undefined) return []
          const found = await todos.list(list).catch(none)
          return found.map(({ id }) => String(id)).filter((id) => id.startsWith(value))
        }
      }
    },
    ({ list, id }) => (/^[1-9]\d{0,14}$/.test(id) ? todos.get(list, Number(id)).catch(absent) : notFound())
  )

  todos.on('change', (list, id) => {
    for (const path of ['', `/${list}`, `/${list}/${id}`]) mcp.updated(`todo://lists${path}`)
  })

  mcp.tool(
    'search_todos',
    {
      description: 'Finds todos of all lists by a word in their text',
      input: Type.Object({ text: Type.String({ minLength: 1 }) }),
      output: Type.Object({ todos: Type.Array(Todo) }),
      annotations: { readOnlyHint: true }
    },
    async ({ text }) => ({ todos: await todos.search(text, 50) })
  )

  mcp.tool(
    'clear_done',
    {
      description: 'Removes what is done from a list, after the user has agreed',
      input: Type.Object({ list: ListName }),
      annotations: { destructiveHint: true, idempotentHint: true }
    },
    async ({ list }, context) => {
      const form = Type.Object({ sure: Type.Boolean({ title: 'Remove them' }) })
      const answer = await context.elicit(`Remove everything that is done from "${list}"?`, form)
      if (answer.action !== 'accept' || !answer.content.sure)
        throw new ToolError('The user said no; nothing was removed.')
      return `Removed ${await todos.clear(list)}.`
    }
  )

  mcp.prompt(
    'standup',
    {
      description: 'What to say of a list in the morning',
      arguments: Type.Object({ list: Type.String({ description: 'Name of a list' }) }),
      complete: { list }
    },
    async ({ list }) => {
      const found = await todos.list(list).catch(none)
      return [
        user(`Tell my team in three sentences what is done in "${list}" and what comes next.`),
        user(embed(`todo://lists/${list}`, JSON.stringify(found), mimeType))
      ]
    }
  )
}

/** What is not there is told as MCP tells it; anything else stays a fault of ours. */
function absent(error: unknown): never {
  if (error instanceof NoSuchTodo) return notFound()
  throw error
}

function none(error: unknown): [] {
  if (error instanceof NoSuchTodo) return []
  throw error
}
