/** The tests that the API always had. They pass with handwire and without: `node --import tsx --test examples/todo/api.test.ts` */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { todoApi } from './api.ts'
import { todoApp } from './app.ts'
import { Todos } from './todos.ts'

const apps = {
  alone: async (todos: Todos) => {
    const app = Fastify()
    await app.register(todoApi, { prefix: '/api', todos })
    return app
  },
  'with handwire': (todos: Todos) => todoApp(todos)
}

for (const [how, made] of Object.entries(apps)) {
  const app = await made(await Todos.open(':memory:'))
  const url = '/api/lists/home/todos'

  test(`${how}: a todo is added, changed, listed and removed`, async () => {
    const added = await app.inject({ method: 'POST', url, payload: { text: 'sweep' } })
    assert.equal(added.statusCode, 201)
    assert.deepEqual(added.json(), { id: 1, list: 'home', text: 'sweep', done: false })

    const changed = await app.inject({ method: 'PATCH', url: `${url}/1`, payload: { done: true } })
    assert.deepEqual(changed.json(), { id: 1, list: 'home', text: 'sweep', done: true })

    const lists = await app.inject('/api/lists')
    assert.deepEqual(lists.json(), { lists: [{ name: 'home', open: 0, done: 1 }] })

    const removed = await app.inject({ method: 'DELETE', url: `${url}/1` })
    assert.equal(removed.statusCode, 204)
    assert.deepEqual((await app.inject('/api/lists')).json(), { lists: [] })
  })

  test(`${how}: errors have the form of this API`, async () => {
    const absent = await app.inject('/api/lists/none/todos')
    assert.equal(absent.statusCode, 404)
    assert.deepEqual(absent.json(), { error: { code: 'not_found', message: 'there is no list "none"' } })

    const invalid = await app.inject({ method: 'POST', url, payload: { text: '' } })
    assert.equal(invalid.statusCode, 400)
    assert.equal(invalid.json().error.code, 'invalid')
  })
}
