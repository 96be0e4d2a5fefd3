/** What TypeScript knows of a resource: the variables of its template, from the text. */
import { expectTypeOf, test } from 'vitest'
import { type Mcp, notFound } from '../../src/http/index.ts'
import type { Variables, VariableValues } from '../../src/resources/index.ts'

declare const mcp: Mcp
declare const anyText: string

test('the variables of a template are typed from its text', () => {
  mcp.resource('repo://{owner}/{name}/tree', {}, (variables) => {
    expectTypeOf(variables).toEqualTypeOf<{ owner: string; name: string }>()
    return variables.owner
  })
  // @ts-expect-error there is no such variable
  mcp.resource('repo://{owner}', {}, ({ name }) => String(name))
})

test('a resource without variables has none', () => {
  mcp.resource('todo://lists', {}, (variables) => {
    expectTypeOf(variables).toEqualTypeOf<VariableValues<'todo://lists'>>()
    return {}
  })
  expectTypeOf<keyof VariableValues<'todo://lists'>>().toEqualTypeOf<never>()
  // @ts-expect-error there are none
  mcp.resource('todo://lists', {}, ({ list }) => String(list))
})

test('operators, lists of names, prefixes and explosions are read', () => {
  expectTypeOf<VariableValues<'a://{x,y}'>>().toEqualTypeOf<{ x: string; y: string }>()
  expectTypeOf<VariableValues<'a://{+path}'>>().toEqualTypeOf<{ path: string }>()
  expectTypeOf<VariableValues<'a://{x}{/y}{.z}{#f}'>>().toEqualTypeOf<{ x: string; y: string; z: string; f: string }>()
  expectTypeOf<VariableValues<'a://{id:3}'>>().toEqualTypeOf<{ id: string }>()
  expectTypeOf<VariableValues<'a://b{?q,page}'>>().toEqualTypeOf<{ q?: string; page?: string }>()
  expectTypeOf<VariableValues<'a://{x}?k=v{&q}'>>().toEqualTypeOf<{ x: string; q?: string }>()
  expectTypeOf<VariableValues<'a://{x}{/rest*}'>>().toEqualTypeOf<{ x: string; rest: string | string[] }>()
  expectTypeOf<Variables<'a://{x}/{y}{?q}'>>().toEqualTypeOf<'x' | 'y' | 'q'>()
})

test('what a query leaves out has to be looked at', () => {
  // @ts-expect-error page may be missing
  mcp.resource('a://{list}{?page}', {}, ({ page }) => page.trim())
  mcp.resource('a://{list}{?page}', {}, ({ list, page = '1' }) => `${list} ${page.trim()}`)
})

test('a template with a text put in keeps its variables, one that is computed tells nothing', () => {
  mcp.resource(`db://${anyText}/{id}`, {}, ({ id }) => {
    expectTypeOf(id).toEqualTypeOf<string>()
    return id
  })
  mcp.resource(anyText, {}, (variables) => {
    expectTypeOf(variables).toEqualTypeOf<Record<string, string>>()
    return {}
  })
})

test('texts, bytes, objects, whole contents, pieces and nothing are returned', () => {
  mcp.resource('a://b', {}, () => 'text')
  mcp.resource('a://b', {}, async () => new Uint8Array())
  mcp.resource('a://b', {}, () => ({ any: 'object' }))
  mcp.resource('a://b', {}, () => ({ contents: [{ uri: 'a://b', text: '' }] }))
  mcp.resource('a://{b}', {}, ({ b }) => (b === 'x' ? b : notFound()))
  mcp.resource('a://{b}', {}, ({ b }) => (b === 'x' ? b : undefined))
  mcp.resource('a://b', {}, async function* (_, { signal }) {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    yield 'piece'
  })
  mcp.resource('a://b', {}, async function* () {
    yield new Uint8Array()
  })
  // @ts-expect-error a number is no resource
  mcp.resource('a://b', {}, () => 5)
  // @ts-expect-error pieces are texts or bytes
  mcp.resource('a://b', {}, async () => 5)
})

test('only the variables of the template are completed, in the light of the others', () => {
  mcp.resource(
    'todo://{list}/{id}',
    {
      complete: {
        list: (value) => [value],
        id: async (value, { arguments: settled, session }) => {
          expectTypeOf(settled).toEqualTypeOf<{ readonly list?: string; readonly id?: string }>()
          expectTypeOf(session.id).toEqualTypeOf<string>()
          return [value]
        }
      }
    },
    ({ id }) => id
  )
  // @ts-expect-error there is no such variable
  mcp.resource('todo://{list}', { complete: { id: () => [] } }, ({ list }) => list)
  // @ts-expect-error suggestions are texts
  mcp.resource('todo://{list}', { complete: { list: () => [1] } }, ({ list }) => list)
  // @ts-expect-error nothing is there to complete
  mcp.resource('todo://lists', { complete: { list: () => [] } }, () => '')
})

test('declarations are checked', () => {
  // @ts-expect-error a size is a number
  mcp.resource('a://b', { size: 'big' }, () => '')
  // @ts-expect-error there is no such option
  mcp.resource('a://b', { mimetype: 'text/plain' }, () => '')
  // @ts-expect-error a change has a URI
  mcp.updated()
})
