/** What TypeScript knows of a handler's context: answers to its questions, the session, the steps of its progress. */
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { expectTypeOf, test } from 'vitest'
import type { Context, ElicitAnswer } from '../../src/http/index.ts'
import type { Register, SessionDataOf } from '../../src/protocol/register.ts'

declare const context: Context

test('an accepted form is typed from its schema, and only an accepted one has content', async () => {
  const form = Type.Object({ sure: Type.Boolean(), why: Type.Optional(Type.String()), age: Type.Integer() })
  const answer = await context.elicit('Sure?', form)
  expectTypeOf(answer).toEqualTypeOf<ElicitAnswer<{ sure: boolean; why?: string; age: number }>>()
  // @ts-expect-error it may have been declined
  answer.content
  if (answer.action === 'accept') expectTypeOf(answer.content.sure).toEqualTypeOf<boolean>()
  else expectTypeOf(answer.action).toEqualTypeOf<'decline' | 'cancel'>()
})

test('a form of plain JSON Schema is taken', async () => {
  const answer = await context.elicit('Sure?', { type: 'object', properties: { sure: { type: 'boolean' } } })
  if (answer.action === 'accept')
    expectTypeOf(answer.content['sure']).toEqualTypeOf<string | number | boolean | undefined>()
})

test('a form that is not flat is refused', () => {
  // @ts-expect-error an object in it
  context.elicit('?', Type.Object({ inner: Type.Object({ a: Type.String() }) }))
  // @ts-expect-error a list in it
  context.elicit('?', Type.Object({ tags: Type.Array(Type.String()) }))
  context.elicit('?', Type.Object({}))
  context.elicit('?', Type.Object({ size: Type.Unsafe<'s' | 'm'>({ type: 'string', enum: ['s', 'm'] }) }))
})

test('sampling, roots and pings have their types', async () => {
  const message = { role: 'user', content: { type: 'text', text: 'hi' } } as const
  const { model, content } = await context.sample({ messages: [message], maxTokens: 10 })
  expectTypeOf(model).toEqualTypeOf<string>()
  expectTypeOf(content.type).toEqualTypeOf<'text' | 'image' | 'audio'>()
  expectTypeOf((await context.roots())[0]?.uri).toEqualTypeOf<string | undefined>()
  expectTypeOf(await context.ping()).toEqualTypeOf<void>()
  // @ts-expect-error a sampling has a bound
  context.sample({ messages: [] })
})

test('progress and messages are checked', () => {
  context.progress({ progress: 1, total: 2, message: 'half' })
  // @ts-expect-error progress is a number
  context.progress({ progress: '1' })
  context.message('warning', { any: 'thing' }, 'logger')
  // @ts-expect-error there is no such level
  context.message('warn', '')
})

test('the session keeps anything until an application says what', async () => {
  expectTypeOf(context.session.data['count']).toEqualTypeOf<unknown>()
  await context.session.update({ count: 1 })
  // @ts-expect-error data is not changed in place
  context.session.data['count'] = 1
  // @ts-expect-error there is no such list
  context.session.listChanged('roots')
})

test('what an application registers is the type of the session data', () => {
  expectTypeOf<SessionDataOf<{ session: { cart: string[] } }>>().toEqualTypeOf<{ cart: string[] }>()
  expectTypeOf<SessionDataOf<{ other: string }>>().toEqualTypeOf<Record<string, unknown>>()
})

test('over HTTP the request is that of Fastify', () => {
  expectTypeOf<keyof Register>().toEqualTypeOf<'request'>()
  expectTypeOf(context.request).toEqualTypeOf<FastifyRequest | undefined>()
})
