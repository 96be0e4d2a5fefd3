/**
 * The REST API as it was before MCP: routes with schemas, and answers to errors of its own. All that was added are the lines
 * with `config.mcp`, which mean nothing until handwire looks for them. Deleting has none: no model may do that.
 */
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyError, FastifyInstance } from 'fastify'
import { NoSuchTodo, type Todos } from './todos.ts'

/** Names of lists stand in paths and in URIs of resources as they are. */
export const ListName = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$', description: 'Name of a list' })
const Text = Type.String({ minLength: 1, maxLength: 500, description: 'What is to be done' })

export const Todo = Type.Object({ id: Type.Integer(), list: Type.String(), text: Type.String(), done: Type.Boolean() })
const List = Type.Object({ name: Type.String(), open: Type.Integer(), done: Type.Integer() })
const Failure = Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) })

const OfList = Type.Object({ list: ListName })
const OfTodo = Type.Object({ list: ListName, id: Type.Integer({ minimum: 1 }) })
const Addition = Type.Object({ text: Text }, { additionalProperties: false })
const Change = Type.Partial(Type.Object({ text: Text, done: Type.Boolean() }, { additionalProperties: false }))

export async function todoApi(app: FastifyInstance, { todos }: { todos: Todos }): Promise<void> {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error instanceof NoSuchTodo ? 404 : (error.statusCode ?? 500)
    if (status >= 500) request.log.error({ err: error }, 'request failed')
    const code = { 400: 'invalid', 404: 'not_found' }[status] ?? 'failed'
    return reply
      .code(status)
      .send({ error: { code, message: status >= 500 ? 'Something went wrong.' : error.message } })
  })

  app.get(
    '/lists',
    {
      schema: { response: { 200: Type.Object({ lists: Type.Array(List) }) } },
      config: { mcp: { tool: 'show_lists', description: 'All lists', resource: 'todo://lists' } }
    },
    async () => ({ lists: await todos.lists() })
  )

  app.get<{ Params: Static<typeof OfList> }>(
    '/lists/:list/todos',
    {
      schema: { params: OfList, response: { 200: Type.Object({ todos: Type.Array(Todo) }), 404: Failure } },
      config: { mcp: { tool: 'show_list', description: 'The todos of a list' } }
    },
    async ({ params }) => ({ todos: await todos.list(params.list) })
  )

  app.post<{ Params: Static<typeof OfList>; Body: Static<typeof Addition> }>(
    '/lists/:list/todos',
    {
      schema: { params: OfList, body: Addition, response: { 201: Todo } },
      config: { mcp: { tool: 'add_todo', description: 'Adds a todo to a list, which need not be there yet' } }
    },
    async ({ params, body }, reply) => reply.code(201).send(await todos.add(params.list, body.text))
  )

  app.patch<{ Params: Static<typeof OfTodo>; Body: Static<typeof Change> }>(
    '/lists/:list/todos/:id',
    {
      schema: { params: OfTodo, body: Change, response: { 200: Todo, 404: Failure } },
      config: {
        mcp: {
          tool: 'change_todo',
          description: 'Marks a todo as done or open, or says it differently',
          annotations: { idempotentHint: true }
        }
      }
    },
    async ({ params, body }) => todos.change(params.list, params.id, body)
  )

  app.delete<{ Params: Static<typeof OfTodo> }>(
    '/lists/:list/todos/:id',
    { schema: { params: OfTodo, response: { 404: Failure } } },
    async ({ params }, reply) => {
      await todos.remove(params.list, params.id)
      return reply.code(204).send()
    }
  )
}
