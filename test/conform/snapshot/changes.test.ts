/** Which changes of an offer break somebody, one by one. */
import { expect, test } from 'vitest'
import type { Json } from '../../../src/conform/json.ts'
import { type Change, compareSnapshots } from '../../../src/conform/snapshot/changes.ts'
import type { Snapshot } from '../../../src/conform/snapshot/snapshot.ts'

const server = { name: 'acme', version: '1.0.0' }

function offer(lists: Partial<Snapshot>): Snapshot {
  return { format: 'handwire-snapshot/1', server, capabilities: {}, ...lists }
}

/** What is said of a change, with `!` before what breaks. */
const said = (changes: readonly Change[]): string[] =>
  changes.map(({ breaking, text }) => `${breaking ? '! ' : ''}${text}`)

function changesOf(before: Partial<Snapshot>, after: Partial<Snapshot>): string[] {
  return said(compareSnapshots(offer(before), offer(after)))
}

const object = (properties: Record<string, Json>, required: string[] = [], rest: Record<string, Json> = {}): Json => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...rest
})
const text: Json = { type: 'string' }
const closed = { additionalProperties: false }

/** The changes of one tool's input, without the words that are the same in all. */
function inputChanges(before: Json, after: Json): string[] {
  const tool = (inputSchema: Json): Json => ({ name: 't', inputSchema })
  return changesOf({ tools: [tool(before)] }, { tools: [tool(after)] }).map((one) =>
    one.replace('tool "t": /input', '')
  )
}

function outputChanges(before: Json, after: Json): string[] {
  const tool = (outputSchema: Json): Json => ({ name: 't', inputSchema: object({}), outputSchema })
  return changesOf({ tools: [tool(before)] }, { tools: [tool(after)] }).map((one) =>
    one.replace('tool "t": /output', '')
  )
}

test.each<[string, Json, Json, string[]]>([
  ['a new required property', object({}), object({ a: text }, ['a']), ['! /a was added and is required']],
  ['a new optional property', object({}), object({ a: text }), ['/a was added']],
  [
    'a new optional property where none but named ones were taken',
    object({}, [], closed),
    object({ a: text }, [], closed),
    ['/a was added']
  ],
  [
    'a new optional property where any were asked for',
    object({}, [], { additionalProperties: true }),
    object({ a: text }, [], { additionalProperties: true }),
    ['/a was added', '! /a was of type any and is of type string now']
  ],
  ['a property that is required now', object({ a: text }), object({ a: text }, ['a']), ['! /a is required now']],
  [
    'a property that is no longer required',
    object({ a: text }, ['a']),
    object({ a: text }),
    ['/a is no longer required']
  ],
  ['a removed property', object({ a: text }), object({}), ['/a was removed']],
  [
    'a removed property where none but named ones are taken',
    object({ a: text }, [], closed),
    object({}, [], closed),
    ['! /a was removed, and no members are taken that are not named']
  ],
  [
    'an object that is closed',
    object({ a: text }),
    object({ a: text }, [], closed),
    ['!  no longer takes members that are not named']
  ],
  [
    'an object that is opened',
    object({ a: text }, [], closed),
    object({ a: text }),
    [' also takes members that are not named']
  ],
  [
    'another type',
    object({ a: text }),
    object({ a: { type: 'integer' } }),
    ['! /a was of type string and is of type integer now']
  ],
  [
    'a narrower type',
    object({ a: { type: 'number' } }),
    object({ a: { type: 'integer' } }),
    ['! /a was of type number and is of type integer now']
  ],
  [
    'a wider type',
    object({ a: { type: 'integer' } }),
    object({ a: { type: 'number' } }),
    ['/a was of type integer and is of type number now']
  ],
  [
    'null beside a type',
    object({ a: text }),
    object({ a: { anyOf: [text, { type: 'null' }] } }),
    ['/a also takes null']
  ],
  ['a value less', object({ a: { enum: ['x', 'y'] } }), object({ a: { enum: ['x'] } }), ['! /a is no longer "y"']],
  ['a value more', object({ a: { enum: ['x'] } }), object({ a: { enum: ['x', 'y'] } }), ['/a may be "y" now']],
  ['values in another order', object({ a: { enum: ['x', 'y'] } }), object({ a: { enum: ['y', 'x'] } }), []],
  ['a value as its only choice', object({ a: { const: 'x' } }), object({ a: { type: 'string', enum: ['x'] } }), []],
  [
    'a value more among literals',
    object({
      a: {
        anyOf: [
          { const: 'x', type: 'string' },
          { const: 'y', type: 'string' }
        ]
      }
    }),
    object({
      a: {
        anyOf: [
          { const: 'x', type: 'string' },
          { const: 'z', type: 'string' }
        ]
      }
    }),
    ['! /a is no longer "y"', '/a may be "z" now']
  ],
  [
    'choices in place of a text',
    object({ a: text }),
    object({ a: { type: 'string', enum: ['x'] } }),
    ['! /a takes nothing but "x" now']
  ],
  ['a text in place of choices', object({ a: { enum: ['x'] } }), object({ a: text }), ['/a takes more than "x" now']],
  [
    'a higher minimum',
    object({ a: { minimum: 1 } }),
    object({ a: { minimum: 2 } }),
    ['! /a minimum was 1 and is 2 now']
  ],
  [
    'a lower maximum',
    object({ a: { maximum: 9 } }),
    object({ a: { maximum: 8 } }),
    ['! /a maximum was 9 and is 8 now']
  ],
  ['a higher maximum', object({ a: { maximum: 8 } }), object({ a: { maximum: 9 } }), ['/a maximum was 8 and is 9 now']],
  [
    'a bound where none was',
    object({ a: text }),
    object({ a: { type: 'string', maxLength: 3 } }),
    ['! /a maxLength was none and is 3 now']
  ],
  ['a bound that says nothing', object({ a: text }), object({ a: { type: 'string', minLength: 0 } }), []],
  [
    'a multiple of it',
    object({ a: { multipleOf: 5 } }),
    object({ a: { multipleOf: 10 } }),
    ['! /a multipleOf was 5 and is 10 now']
  ],
  [
    'a divisor of it',
    object({ a: { multipleOf: 10 } }),
    object({ a: { multipleOf: 5 } }),
    ['/a multipleOf was 10 and is 5 now']
  ],
  [
    'a new pattern',
    object({ a: text }),
    object({ a: { type: 'string', pattern: '^a' } }),
    ['! /a pattern "^a" was added']
  ],
  [
    'a pattern less',
    object({ a: { type: 'string', pattern: '^a' } }),
    object({ a: text }),
    ['/a pattern "^a" was taken away']
  ],
  [
    'another pattern',
    object({ a: { pattern: '^a' } }),
    object({ a: { pattern: '^b' } }),
    ['! /a pattern was "^a" and is "^b" now; it may break, which cannot be judged from the schemas']
  ],
  [
    'another format',
    object({ a: { format: 'date' } }),
    object({ a: { format: 'time' } }),
    ['! /a format was "date" and is "time" now; it may break, which cannot be judged from the schemas']
  ],
  [
    'a change within an element',
    object({ a: { type: 'array', items: object({ b: text }) } }),
    object({ a: { type: 'array', items: object({ b: text }, ['b']) } }),
    ['! /a/*/b is required now']
  ],
  [
    'a change within a tuple',
    object({ a: { items: [text, text] } }),
    object({ a: { items: [text, { type: 'null' }] } }),
    ['! /a/1 was of type string and is of type null now']
  ],
  [
    'a change within other members',
    object({}, [], { additionalProperties: text }),
    object({}, [], { additionalProperties: { type: 'string', maxLength: 1 } }),
    ['! /* maxLength was none and is 1 now']
  ],
  ['a name with a slash', object({ 'a/b': text }), object({ 'a/b': text }, ['a/b']), ['! /a~1b is required now']],
  [
    'an alternative less',
    object({ a: { anyOf: [text, { type: 'null' }, object({})] } }),
    object({ a: { anyOf: [object({}), text] } }),
    ['! /a no longer takes null']
  ],
  [
    'alternatives in another order',
    object({ a: { anyOf: [text, object({})] } }),
    object({ a: { anyOf: [object({}), text] } }),
    []
  ],
  [
    'a change within one of several kinds',
    object({ a: { oneOf: [object({ kind: { const: 'x' } }, ['kind']), object({ kind: { const: 'y' } }, ['kind'])] } }),
    object({
      a: {
        oneOf: [object({ kind: { const: 'x' } }, ['kind']), object({ kind: { const: 'y' }, b: text }, ['kind', 'b'])]
      }
    }),
    ['! /a/b was added and is required']
  ],
  [
    'a kind more',
    object({ a: { oneOf: [object({ kind: { const: 'x' } }, ['kind']), object({ kind: { const: 'y' } }, ['kind'])] } }),
    object({
      a: {
        oneOf: [
          object({ kind: { const: 'x' } }, ['kind']),
          object({ kind: { const: 'y' } }, ['kind']),
          object({ kind: { const: 'z' } }, ['kind'])
        ]
      }
    }),
    ['/a also takes object']
  ],
  [
    'one more of alternatives that overlap',
    object({ a: { oneOf: [text, { maxLength: 2 }] } }),
    object({ a: { oneOf: [text, { maxLength: 2 }, { minLength: 3 }] } }),
    ['! /a oneOf changed; it may break, which cannot be judged from the schemas']
  ],
  [
    'a condition',
    object({ a: text }),
    object({ a: text }, [], { if: { required: ['a'] }, else: { required: ['b'] } }),
    ['!  if, then or else changed; it may break, which cannot be judged from the schemas']
  ],
  [
    'a definition in its place',
    object({ a: text }),
    { ...(object({ a: { $ref: '#/$defs/name' } }) as object), $defs: { name: text } },
    []
  ],
  [
    'a change within a definition',
    { ...(object({ a: { $ref: '#/$defs/name' } }) as object), $defs: { name: text } },
    { ...(object({ a: { $ref: '#/$defs/name' } }) as object), $defs: { name: { type: 'null' } } },
    ['! /a was of type string and is of type null now']
  ],
  [
    'a reference that leads nowhere',
    object({ a: { $ref: 'elsewhere' } }),
    object({ a: { $ref: 'elsewhere' }, b: text }),
    [
      '! /a refers to a schema that is not at hand; it may break, which cannot be judged from the schemas',
      '/b was added'
    ]
  ],
  [
    'a recursive schema',
    object({ a: { $ref: '#' } }),
    object({ a: { $ref: '#' }, b: text }, ['b']),
    ['! /b was added and is required']
  ],
  [
    'words',
    object({ a: { type: 'string', description: 'one' } }),
    object({ a: { type: 'string', description: 'two' } }),
    ['/a description changed']
  ],
  [
    'a default',
    object({ a: { type: 'string', default: 'x' } }),
    object({ a: { type: 'string', default: 'y' } }),
    ['/a default changed']
  ],
  [
    'the dialect',
    object({ a: text }),
    { $schema: 'http://json-schema.org/draft-07/schema#', ...(object({ a: text }) as object) },
    []
  ],
  ['everything in place of nothing', object({ a: false }), object({ a: true }), ['/a takes values now']],
  ['nothing in place of everything', object({ a: {} }), object({ a: false }), ['! /a takes no value any more']]
])('of an input: %s', (_, before, after, expected) => {
  expect(inputChanges(before, after)).toEqual(expected)
})

test.each<[string, Json, Json, string[]]>([
  ['a removed property', object({ a: text }), object({}), ['! /a was removed']],
  [
    'a removed property of a closed object',
    object({ a: text }, [], closed),
    object({}, [], closed),
    ['! /a was removed, and no members are taken that are not named']
  ],
  [
    'a property that is no longer required',
    object({ a: text }, ['a']),
    object({ a: text }),
    ['! /a is no longer required']
  ],
  ['a property that is required now', object({ a: text }), object({ a: text }, ['a']), ['/a is required now']],
  ['a new property', object({}), object({ a: text }, ['a']), ['/a was added and is required']],
  ['a new property of a closed object', object({}, [], closed), object({ a: text }, [], closed), ['! /a was added']],
  [
    'another type',
    object({ a: text }),
    object({ a: { type: 'null' } }),
    ['! /a was of type string and is of type null now']
  ],
  [
    'a wider type',
    object({ a: { type: 'integer' } }),
    object({ a: { type: 'number' } }),
    ['! /a was of type integer and is of type number now']
  ],
  [
    'a narrower type',
    object({ a: { type: 'number' } }),
    object({ a: { type: 'integer' } }),
    ['/a was of type number and is of type integer now']
  ],
  ['a value more', object({ a: { enum: ['x'] } }), object({ a: { enum: ['x', 'y'] } }), ['! /a may be "y" now']],
  ['a value less', object({ a: { enum: ['x', 'y'] } }), object({ a: { enum: ['x'] } }), ['/a is no longer "y"']],
  [
    'a change within an element',
    object({ a: { type: 'array', items: object({ b: text }) } }),
    object({ a: { type: 'array', items: object({}) } }),
    ['! /a/*/b was removed']
  ]
])('of an output: %s', (_, before, after, expected) => {
  expect(outputChanges(before, after)).toEqual(expected)
})

const tool = (name: string, rest: Record<string, Json> = {}): Json => ({ name, inputSchema: object({}), ...rest })

test.each<[string, Partial<Snapshot>, Partial<Snapshot>, string[]]>([
  ['a removed tool', { tools: [tool('a'), tool('b')] }, { tools: [tool('a')] }, ['! tool "b" was removed']],
  ['a new tool', { tools: [] }, { tools: [tool('a')] }, ['tool "a" was added']],
  [
    'a new title and description',
    { tools: [tool('a', { description: 'x' })] },
    { tools: [tool('a', { title: 'A', description: 'y' })] },
    ['tool "a": /title changed', 'tool "a": /description changed']
  ],
  [
    'a new output',
    { tools: [tool('a')] },
    { tools: [tool('a', { outputSchema: object({}) })] },
    ['tool "a": /output was added']
  ],
  [
    'an output less',
    { tools: [tool('a', { outputSchema: object({}) })] },
    { tools: [tool('a')] },
    ['! tool "a": /output was removed']
  ],
  [
    'a tool that is no longer read-only',
    { tools: [tool('a', { annotations: { readOnlyHint: true } })] },
    { tools: [tool('a')] },
    ['! tool "a": /annotations/readOnlyHint was true and is false now: a promise less']
  ],
  [
    'a tool that is read-only now',
    { tools: [tool('a')] },
    { tools: [tool('a', { annotations: { readOnlyHint: true } })] },
    ['tool "a": /annotations/readOnlyHint was false and is true now']
  ],
  [
    'a tool that may destroy now',
    { tools: [tool('a', { annotations: { destructiveHint: false } })] },
    { tools: [tool('a')] },
    ['! tool "a": /annotations/destructiveHint was false and is true now: a promise less']
  ],
  [
    'a hint that says what holds anyway',
    { tools: [tool('a')] },
    { tools: [tool('a', { annotations: { destructiveHint: true } })] },
    []
  ],
  [
    'a removed resource',
    { resources: [{ uri: 'a://b', name: 'b' }] },
    { resources: [] },
    ['! resource "a://b" was removed']
  ],
  [
    'a resource of another media type',
    { resources: [{ uri: 'a://b', mimeType: 'text/plain' }] },
    { resources: [{ uri: 'a://b', mimeType: 'text/html' }] },
    ['! resource "a://b": /mimeType was "text/plain" and is "text/html" now']
  ],
  [
    'a resource that says its media type',
    { resources: [{ uri: 'a://b' }] },
    { resources: [{ uri: 'a://b', mimeType: 'text/html' }] },
    ['resource "a://b": /mimeType was none and is "text/html" now']
  ],
  [
    'a template with another variable',
    { resourceTemplates: [{ uriTemplate: 'a://{b}' }] },
    { resourceTemplates: [{ uriTemplate: 'a://{c}' }] },
    ['! resource template "a://{b}" was removed', 'resource template "a://{c}" was added']
  ],
  ['a removed prompt', { prompts: [{ name: 'p' }] }, { prompts: [] }, ['! prompt "p" was removed']],
  [
    'a new required argument',
    { prompts: [{ name: 'p' }] },
    { prompts: [{ name: 'p', arguments: [{ name: 'a', required: true }] }] },
    ['! prompt "p": /arguments/a was added and is required']
  ],
  [
    'a new optional argument',
    { prompts: [{ name: 'p' }] },
    { prompts: [{ name: 'p', arguments: [{ name: 'a' }] }] },
    ['prompt "p": /arguments/a was added']
  ],
  [
    'an argument that is required now',
    { prompts: [{ name: 'p', arguments: [{ name: 'a' }] }] },
    { prompts: [{ name: 'p', arguments: [{ name: 'a', required: true }] }] },
    ['! prompt "p": /arguments/a is required now']
  ],
  [
    'an argument that is no longer required',
    { prompts: [{ name: 'p', arguments: [{ name: 'a', required: true }] }] },
    { prompts: [{ name: 'p', arguments: [{ name: 'a', required: false }] }] },
    ['prompt "p": /arguments/a is no longer required']
  ],
  [
    'a removed argument',
    { prompts: [{ name: 'p', arguments: [{ name: 'a' }] }] },
    { prompts: [{ name: 'p' }] },
    ['! prompt "p": /arguments/a was removed']
  ],
  [
    'a withdrawn capability',
    { capabilities: { tools: { listChanged: true }, completions: {} } },
    { capabilities: { tools: {} } },
    ['! server: the capability completions was withdrawn', '! server: the capability tools/listChanged was withdrawn']
  ],
  [
    'a new capability',
    { capabilities: {} },
    { capabilities: { logging: {} } },
    ['server: the capability logging was added']
  ],
  [
    'another version of the server',
    { server: { name: 'acme', version: '1.0.0' } },
    { server: { name: 'acme', version: '2.0.0' } },
    []
  ],
  ['a list that one of them leaves out', { resources: [{ uri: 'a://b' }] }, {}, []]
])('of an offer: %s', (_, before, after, expected) => {
  expect(changesOf(before, after)).toEqual(expected)
})

test('a recursive schema is known again under another name, and a change in it is seen', () => {
  const tree = (id: string, leaf: Json): Json =>
    object({ tree: { $id: id, ...(object({ leaf, children: { type: 'array', items: { $ref: id } } }) as object) } })
  expect(inputChanges(tree('T0', text), tree('T1', text))).toEqual([])
  expect(inputChanges(tree('T0', text), tree('T1', { type: 'null' }))).toEqual([
    '! /tree/leaf was of type string and is of type null now'
  ])
})

test('a change names its place apart from its sentence', () => {
  const [change] = compareSnapshots(
    offer({ tools: [tool('a')] }),
    offer({ tools: [{ name: 'a', inputSchema: object({ b: text }, ['b']) }] })
  )
  expect(change).toEqual({
    breaking: true,
    of: 'tool',
    name: 'a',
    path: '/input/b',
    text: 'tool "a": /input/b was added and is required'
  })
})

test('schemas that double at every step are given up, not compared for ever', () => {
  const doubling = (last: Json): Json => {
    const steps = Array.from({ length: 40 }, (_, step) => [
      `s${step}`,
      { type: 'object', properties: { a: { $ref: `#/$defs/s${step + 1}` }, b: { $ref: `#/$defs/s${step + 1}` } } }
    ])
    return {
      type: 'object',
      properties: { a: { $ref: '#/$defs/s0' } },
      $defs: { ...Object.fromEntries(steps), s40: last }
    }
  }
  const changes = inputChanges(doubling(text), doubling({ type: 'null' }))
  expect(changes.some((one) => one.includes('is too large to be compared'))).toBe(true)
})
