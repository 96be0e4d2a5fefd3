/**
 * The one home of Ajv. Every validator of the project is compiled here, once, and never coerces, defaults or
 * trims what it looks at: what a peer sent is what is judged.
 */
import type { Static, TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

// 1e999 is a number of JSON, and nothing that a handler could go on with: strict alone would take it
const options: Options = { allErrors: true, strict: false, strictNumbers: true, validateFormats: true, messages: true }
const draft7 = new Ajv(options)
formats.default(draft7)
let draft2020: Ajv2020 | undefined

/** Plain JSON Schema. TypeScript does not read it: `Type.Unsafe<T>(schema)` says what it lets through. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * Whether something is a plain object, as JSON Schema is. Schemas of other kinds (zod, valibot, arktype) are instances of classes,
 * or say of themselves that they are Standard Schemas; what such a library made as JSON Schema says it in silence at most.
 */
export function isJsonSchema(value: unknown): value is JsonSchema {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // the prototype of all objects has none itself, also in another realm
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null
  return plain && !Object.prototype.propertyIsEnumerable.call(value, '~standard')
}

/** Keywords whose value is a schema, or a list of schemas. */
export const holdingSchemas: ReadonlySet<string> = new Set(
  'items additionalItems prefixItems contains additionalProperties propertyNames not if then else allOf anyOf oneOf unevaluatedItems unevaluatedProperties'.split(
    ' '
  )
)
/** Keywords whose value has a schema under each name. */
export const namingSchemas: ReadonlySet<string> = new Set(
  'properties patternProperties definitions $defs dependentSchemas'.split(' ')
)

/**
 * A copy of a declared JSON Schema as its JSON text says it: what TypeBox keeps under symbols stays behind.
 * Throws a TypeError, in words that follow the name of the schema, for a schema of another kind or one that holds such.
 */
export function copySchema(schema: unknown): JsonSchema {
  const mend = 'give JSON Schema, such as TypeBox makes; of zod z.toJSONSchema(schema)'
  if (!isJsonSchema(schema)) throw new TypeError(`is no JSON Schema: ${mend}`)
  let text: string
  try {
    text = JSON.stringify(schema)
  } catch (error) {
    throw new TypeError(`cannot be printed: ${(error as Error).message}`)
  }
  const foreign = foreignIn(schema)
  if (foreign !== undefined) throw new TypeError(`holds "${foreign}", which is no JSON Schema: ${mend}`)
  return JSON.parse(text) as JsonSchema
}

/** The name of what stands in a schema in place of one. What is data, as a default is, may be anything that prints. */
function foreignIn(schema: JsonSchema): string | undefined {
  for (const [keyword, value] of Object.entries(schema)) {
    const held: readonly (readonly [string, unknown])[] = holdingSchemas.has(keyword)
      ? [value].flat().map((one) => [keyword, one])
      : namingSchemas.has(keyword) && typeof value === 'object' && value !== null
        ? Object.entries(value)
        : []
    for (const [name, one] of held) {
      if (typeof one === 'boolean' || one === undefined) continue
      const foreign = isJsonSchema(one) ? foreignIn(one) : name
      if (foreign !== undefined) return foreign
    }
  }
  return undefined
}

/**
 * What a value is when its text has been read: the value itself where that is no other, so that what is judged is what is sent.
 * Throws a TypeError for what has no JSON.
 */
export function asSent(value: unknown): unknown {
  if (isPlain(value, 100) && (value as { toJSON?: unknown } | null)?.toJSON === undefined) return value
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError('a handler returned something that has no JSON')
  return JSON.parse(text)
}

/**
 * Whether a value is the same as what its text says. Looking costs a tenth of reading the text again; what lies deeper is read.
 * Most members are texts, and asked for at once.
 */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  if (value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) {
    if ((value as { toJSON?: unknown }).toJSON !== undefined) return false
    // a hole is one of them, and undefined
    for (const member of value) if (typeof member !== 'string' && !isPlain(member, depth - 1)) return false
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const name in value) {
    const member = (value as JsonSchema)[name]
    if (typeof member !== 'string' && typeof member !== 'boolean' && !isPlain(member, depth - 1)) return false
  }
  return true
}

/** What a schema lets through: the static type of TypeBox, `Plain` for plain JSON Schema. */
export type ValueOf<S, Plain> = S extends TSchema ? Static<S> : Plain

/** Tells whether a value fits; after a misfit `errors` says why. */
export interface Validator<T> {
  (value: unknown): value is T
  errors?: ErrorObject[] | null
}

/** Compiles a TypeBox schema into a validator that narrows to its static type. */
export function compile<S extends TSchema>(schema: S): Validator<Static<S>> {
  return compileJsonSchema(schema) as Validator<Static<S>>
}

/**
 * Compiles any JSON Schema. The dialect is draft-07, or 2020-12 where `$schema` names it.
 * Throws when the schema itself is malformed.
 */
export function compileJsonSchema(schema: object): Validator<unknown> {
  const dialect = (schema as { $schema?: unknown }).$schema
  if (typeof dialect === 'string' && dialect.includes('2020-12')) {
    if (draft2020 === undefined) {
      draft2020 = new Ajv2020(options)
      formats.default(draft2020 as unknown as Ajv)
    }
    return compileOnce(draft2020 as unknown as Ajv, schema)
  }
  return compileOnce(draft7, schema)
}

/** Ajv keeps what it compiled for ever; whoever compiles keeps the validator instead, so that it can go. */
function compileOnce(ajv: Ajv, schema: object): Validator<unknown> {
  const validator = ajv.compile(schema)
  ajv.removeSchema(schema)
  return validator as unknown as Validator<unknown>
}

/** Like `compile`, but compiles at the first use: for schemas that most processes never need. */
export function compileLater<S extends TSchema>(schema: S): () => Validator<Static<S>> {
  let validator: Validator<Static<S>> | undefined
  return () => {
    validator ??= compile(schema)
    return validator
  }
}

/**
 * The faults of the last misfit in words, at most eight, each led by the path of the member:
 * `/ms must be integer; /name is missing`.
 */
export function explain(errors: readonly ErrorObject[] | null | undefined): string {
  const faults = new Set<string>()
  for (const error of errors ?? []) {
    if (faults.size === 8) break
    faults.add(explainOne(error))
  }
  return [...faults].join('; ')
}

function explainOne(error: ErrorObject): string {
  const path = error.instancePath
  if (error.keyword === 'required') return `${path}/${error.params['missingProperty']} is missing`
  if (error.keyword === 'additionalProperties') return `${path}/${error.params['additionalProperty']} is not allowed`
  if (error.keyword === 'enum')
    return `${path || 'the value'} must be one of ${JSON.stringify(error.params['allowedValues'])}`
  if (error.keyword === 'const') return `${path || 'the value'} must be ${JSON.stringify(error.params['allowedValue'])}`
  return `${path || 'the value'} ${error.message ?? 'does not fit'}`
}
