/** What TypeScript knows of a prompt: its arguments, which are texts. */
import { Type } from '@sinclair/typebox'
import { expectTypeOf, test } from 'vitest'
import { assistant, type Mcp, text, user } from '../../src/http/index.ts'

declare const mcp: Mcp

test('arguments are typed from TypeBox', () => {
  const declared = Type.Object({ list: Type.String(), tone: Type.Optional(Type.String()) })
  mcp.prompt('p', { arguments: declared }, (given, { session }) => {
    expectTypeOf(given).toEqualTypeOf<{ list: string; tone?: string }>()
    expectTypeOf(session.id).toEqualTypeOf<string>()
    return given.list
  })
  // @ts-expect-error there is no such argument
  mcp.prompt('p', { arguments: declared }, ({ nope }) => nope)
  // @ts-expect-error it may be missing
  mcp.prompt('p', { arguments: declared }, ({ tone }) => tone.trim())
})

test('an argument that is no string is refused', () => {
  // @ts-expect-error a number
  mcp.prompt('p', { arguments: Type.Object({ n: Type.Number() }) }, () => '')
  // @ts-expect-error a list
  mcp.prompt('p', { arguments: Type.Object({ tags: Type.Array(Type.String()) }) }, () => '')
  const choice = Type.Unsafe<'a' | 'b'>({ type: 'string', enum: ['a', 'b'] })
  mcp.prompt('p', { arguments: Type.Object({ choice }) }, (given) => {
    expectTypeOf(given.choice).toEqualTypeOf<'a' | 'b'>()
    return given.choice
  })
})

test('plain JSON Schema is taken, and nothing at all', () => {
  const declared = { type: 'object', properties: { list: { type: 'string' } }, required: ['list'] } as const
  mcp.prompt('p', { arguments: declared, complete: { list: () => ['a'] } }, (given) => {
    expectTypeOf(given['list']).toEqualTypeOf<string | undefined>()
    return given['list'] ?? ''
  })
  mcp.prompt('p', {}, (given) => {
    expectTypeOf(given['any']).toEqualTypeOf<string | undefined>()
    return ''
  })
})

test('a text, messages or a whole result is returned', () => {
  mcp.prompt('p', {}, () => 'text')
  mcp.prompt('p', {}, async () => [user('hi'), assistant(text('ho'))])
  mcp.prompt('p', {}, () => ({ description: 'd', messages: [user('hi')] }))
  // @ts-expect-error a message has a role
  mcp.prompt('p', {}, () => [{ content: text('hi') }])
  // @ts-expect-error there is no such role
  mcp.prompt('p', {}, () => [{ role: 'system', content: text('hi') }])
  // @ts-expect-error a prompt says something
  mcp.prompt('p', {}, () => undefined)
})

test('only arguments are completed, in the light of the others', () => {
  const declared = Type.Object({ list: Type.String(), id: Type.String() })
  mcp.prompt(
    'p',
    {
      arguments: declared,
      complete: {
        id: (value, { arguments: settled }) => {
          expectTypeOf(settled).toEqualTypeOf<{ readonly list?: string; readonly id?: string }>()
          return [value, settled.list ?? '']
        }
      }
    },
    ({ id }) => id
  )
  // @ts-expect-error there is no such argument
  mcp.prompt('p', { arguments: declared, complete: { nope: () => [] } }, ({ id }) => id)
})
