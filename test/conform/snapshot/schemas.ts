/** Schemas and values from a small world, in which two of them often meet. */
import fc from 'fast-check'
import type { Json } from '../../../src/conform/json.ts'

type Schema = Json

const names = ['a', 'b', 'c'] as const
const scalars: Json[] = [null, true, false, 0, 1, 3, 2.5, -1, '', 'a', 'b', 'abc']

/** Values of every kind, objects over the same names as the schemas. */
export const values: readonly Json[] = [
  ...scalars,
  ...lists(scalars, 2),
  [1, 'a', 3],
  ...objects([undefined, 1, 'a', 'abc', { a: 'a', b: 'b' }]),
  ...[{ a: null }, { a: { a: 1 } }, { b: { a: 1 }, c: null }, { a: ['a'] }, { b: [1, 'a'] }, { c: ['abc', 1, null] }],
  ...[{ a: { b: { c: 'a' } } }, { b: [{ a: 1 }, { a: 'a' }] }, { d: 1 }, { a: 'a', d: 'a' }]
]

function lists(of: readonly Json[], longest: number): Json[][] {
  if (longest === 0) return [[]]
  const shorter = lists(of, longest - 1)
  const longer = shorter.filter(({ length }) => length === longest - 1)
  return [...shorter, ...longer.flatMap((list) => of.map((one) => [...list, one]))]
}

function objects(of: readonly (Json | undefined)[]): Json[] {
  const entries = (name: string): [string, Json][][] => of.map((value) => (value === undefined ? [] : [[name, value]]))
  return entries('a').flatMap((a) =>
    entries('b').flatMap((b) => entries('c').map((c) => Object.fromEntries([...a, ...b, ...c])))
  )
}

const maybe = <T>(name: string, of: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.option(of, { freq: 1, nil: undefined }).map((value) => (value === undefined ? {} : { [name]: value }) as never)

const merged = (...parts: fc.Arbitrary<object>[]): fc.Arbitrary<Schema> =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as Schema)

const small = fc.integer({ min: 0, max: 3 })
const text = merged(
  fc.constant({ type: 'string' }),
  maybe('minLength', small),
  maybe('maxLength', small),
  maybe('pattern', fc.constantFrom('^a', 'b'))
)
const number = merged(
  fc.constantFrom({ type: 'number' }, { type: 'integer' }),
  maybe('minimum', small),
  maybe('exclusiveMaximum', small),
  maybe('multipleOf', fc.constantFrom(1, 2, 3, 0.5))
)
const counted = fc.oneof(
  fc.constantFrom(...scalars).map((value) => ({ const: value })),
  fc.uniqueArray(fc.constantFrom(...scalars), { minLength: 1, maxLength: 4 }).map((list) => ({ enum: list })),
  fc.constantFrom<Schema>({ type: 'string', enum: ['a', 1] }, { anyOf: [{ const: 'a' }, { const: 'b' }] })
)
const simple = fc.oneof(
  text,
  number,
  counted,
  fc.constantFrom<Schema>({}, { type: ['string', 'null'] }, { type: 'boolean' })
)

interface World {
  /** Whether objects may leave out what they say of members without a name. */
  unsaid: boolean
  /** Whether there are alternatives, conditions and the like. */
  choices: boolean
}

function anySchema({ unsaid, choices }: World): fc.Arbitrary<Schema> {
  return fc.letrec<{ schema: Schema; object: Schema; array: Schema; mixed: Schema }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true, maxDepth: 3 },
      simple,
      tie('object'),
      tie('object'),
      tie('array'),
      tie('mixed')
    ),
    object: fc
      .record({
        properties: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), tie('schema')), { selector: ([name]) => name }),
        required: fc.subarray([...names]),
        others: fc.oneof(
          fc.constantFrom<Schema | undefined>(false, true, ...(unsaid ? [undefined, undefined] : [])),
          tie('schema')
        ),
        bounds: merged(maybe('maxProperties', small), maybe('minProperties', small)),
        patterns: choices
          ? maybe('patternProperties', fc.constantFrom<Schema>({ '^[ab]$': { type: 'string' } }))
          : fc.constant({})
      })
      .map(({ properties, required, others, bounds, patterns }) => ({
        type: 'object',
        properties: Object.fromEntries(properties),
        ...(required.length === 0 ? {} : { required }),
        ...(others === undefined ? {} : { additionalProperties: others }),
        ...(bounds as object),
        ...patterns
      })) as fc.Arbitrary<Schema>,
    array: merged(
      fc.constant({ type: 'array' }),
      fc.oneof(
        tie('schema').map((items) => ({ items })),
        fc
          .tuple(tie('schema'), tie('schema'), fc.boolean())
          .map(([one, two, more]) => ({ items: [one, two], additionalItems: more }))
      ),
      maybe('maxItems', small),
      choices ? maybe('contains', tie('schema')) : fc.constant({}),
      maybe('uniqueItems', fc.boolean())
    ),
    mixed: choices
      ? fc.oneof(
          fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
          fc.array(tie('schema'), { minLength: 1, maxLength: 2 }).map((oneOf) => ({ oneOf })),
          fc
            .tuple(tie('object'), tie('schema'))
            .map(([one, other]) => ({ ...(one as object), anyOf: [other, { required: ['a'] }] })),
          fc.tuple(tie('schema'), tie('object')).map(([one, other]) => ({ allOf: [one, other] })),
          tie('schema').map((not) => ({ not })),
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          fc.tuple(tie('schema'), tie('schema')).map(([one, other]) => ({ if: one, then: other })),
          fc.constantFrom('one', 'two').map((name) => ({ $ref: `#/$defs/${name}` }))
        )
      : fc.tuple(tie('object'), tie('object')).map(([one, other]) => ({ allOf: [one, other] }))
  })).schema
}

/** Whole documents; in a world of choices with definitions, which may refer to each other. */
function documents(world: World): fc.Arbitrary<Schema> {
  const schema = anySchema(world)
  if (!world.choices) return schema
  const plain = anySchema({ ...world, choices: false })
  const rings = fc.constantFrom<Schema>(
    { type: 'object', properties: { a: { $ref: '#/$defs/two' } }, additionalProperties: false },
    { type: 'object', properties: { a: { $ref: '#/$defs/two' }, b: { type: 'string' } }, additionalProperties: false }
  )
  return fc
    .tuple(schema, plain, fc.oneof(plain, rings))
    .map(([root, one, two]) => ({ allOf: [root], $defs: { one, two } }))
}

/** Two schemas: strangers, or one and what it became by changing some of its places. */
export function schemaPairs(world: World): fc.Arbitrary<[Schema, Schema]> {
  const all = documents(world)
  const grown = fc
    .tuple(all, anySchema(world), fc.nat(), fc.nat())
    .map(([before, other, place, more]): [Schema, Schema] => {
      const after = structuredClone(before)
      change(after, other, place, more)
      return [before, after]
    })
  const turned = grown.map(([before, after]): [Schema, Schema] => [after, before])
  return fc.oneof(grown, turned, fc.tuple(all, all))
}

/** Changes one of the schemas in a schema: a keyword goes, comes, or is another. */
function change(schema: Schema, other: Schema, place: number, more: number): void {
  const nodes: Record<string, Json>[] = []
  const collect = (value: Json, isSchema: boolean): void => {
    if (typeof value !== 'object' || value === null) return
    if (isSchema && !Array.isArray(value)) nodes.push(value)
    for (const [key, child] of Object.entries(value)) {
      const map = isSchema && ['properties', 'patternProperties', '$defs'].includes(key)
      if (!['const', 'enum', 'required', 'type'].includes(key)) collect(child, !map)
    }
  }
  collect(schema, true)
  const node = nodes[place % nodes.length]
  if (node === undefined || typeof other !== 'object' || other === null) return
  const own = Object.keys(node).filter((key) => key !== '$defs' && key !== 'type' && key !== 'additionalProperties')
  const theirs = Object.entries(other)
  const key = own[more % Math.max(1, own.length)]
  const taken = theirs[more % Math.max(1, theirs.length)]
  if (more % 3 === 0 && key !== undefined) delete node[key]
  else if (more % 3 === 1 && taken !== undefined && (taken[0] !== 'properties' || 'additionalProperties' in node))
    node[taken[0]] = taken[1] as Json
  else if (typeof node['properties'] === 'object')
    Object.assign(node['properties'] as object, { [names[(more >> 2) % 3] as string]: other })
}

/** Whether a value has only members that a schema without choices names, or asks for by `additionalProperties`. */
export function isNamed(schema: Schema | undefined, value: Json): boolean {
  return namedBy(flat(schema), value)
}

function namedBy(schemas: readonly Record<string, Json>[], value: Json): boolean {
  if (Array.isArray(value)) {
    return value.every((item, index) =>
      namedBy(
        schemas.flatMap(({ items, additionalItems }) =>
          flat(Array.isArray(items) ? (items[index] ?? additionalItems) : items)
        ),
        item
      )
    )
  }
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => {
    const saying = schemas.flatMap(({ properties, additionalProperties }) => {
      const property = (properties as Record<string, Json> | undefined)?.[name] ?? additionalProperties
      return property === undefined ? [] : [property]
    })
    return saying.length > 0 && namedBy(saying.flatMap(flat), member)
  })
}

function flat(schema: Schema | undefined): Record<string, Json>[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return []
  const { allOf } = schema
  return [schema, ...(Array.isArray(allOf) ? allOf.flatMap(flat) : [])]
}
