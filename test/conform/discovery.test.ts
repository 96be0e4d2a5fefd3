import { expect, test } from 'vitest'
import type { Captures } from '../../src/conform/captures.ts'
import { capturesOf, choose } from '../../src/conform/discovery.ts'
import type { Json } from '../../src/conform/json.ts'

const nothing = { tools: [], resources: [], prompts: [] }
const tool = (name: string, schema: object = {}, annotations: object = {}): Json =>
  ({ name, inputSchema: { type: 'object', ...schema }, annotations }) as Json

const chosenTool = (...tools: Json[]): string | undefined => choose({ ...nothing, tools }).tool?.name

test('a tool that needs arguments is not chosen', () => {
  expect(chosenTool(tool('echo', { required: ['text'] }), tool('time', { required: [] }))).toBe('time')
})

test('a tool that calls itself destructive is never chosen, even when it is the only one', () => {
  expect(chosenTool(tool('wipe', {}, { destructiveHint: true }))).toBeUndefined()
})

test('a tool whose name speaks of secrets is never chosen', () => {
  expect(chosenTool(tool('get-env', {}, { readOnlyHint: true }), tool('time'))).toBe('time')
})

test('a tool whose name speaks of destroying is chosen only when it says that it reads', () => {
  expect(chosenTool(tool('clear_cache'))).toBeUndefined()
  expect(chosenTool(tool('list_clear_days', {}, { readOnlyHint: true }))).toBe('list_clear_days')
})

test('a tool that only reads is preferred to one that does not say so', () => {
  expect(chosenTool(tool('write'), tool('read', { properties: { a: {} } }, { readOnlyHint: true }))).toBe('read')
})

test('between equals the one with fewer properties is chosen, then the first', () => {
  expect(chosenTool(tool('much', { properties: { a: {}, b: {} } }), tool('less', { properties: { a: {} } }))).toBe(
    'less'
  )
  expect(chosenTool(tool('one'), tool('two'))).toBe('one')
})

test('the first resource and the first prompt without required arguments are chosen', () => {
  const resources = [
    { uri: 'a://b', name: 'b' },
    { uri: 'a://c', name: 'c' }
  ]
  const prompts = [
    { name: 'asks', arguments: [{ name: 'x', required: true }] },
    { name: 'may', arguments: [{ name: 'x' }] }
  ]
  expect(choose({ ...nothing, resources, prompts })).toEqual({
    resource: 'a://b',
    prompt: { name: 'may', arguments: {} }
  })
})

test('lists that hold nonsense choose nothing', () => {
  expect(choose({ tools: [1, null, {}], resources: [{ uri: 7 }], prompts: [{}] })).toEqual({})
})

test('a case finds captured what it asked for and nothing else', () => {
  const captures: Captures = new Map()
  const choices = { tool: { name: 'time', arguments: { zone: 'UTC' } }, resource: 'a://b' }
  capturesOf(['tool', 'prompt'], choices, captures)
  expect([...captures]).toEqual([
    ['tool', 'time'],
    ['toolArguments', { zone: 'UTC' }]
  ])
})
