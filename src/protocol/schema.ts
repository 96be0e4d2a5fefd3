/**
 * The one home of Ajv. Every validator of the project is compiled here, once, and never coerces, defaults or
 * trims what it looks at: what a peer sent is what is judged.
 */
import type { Static, TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

const options: Options = { allErrors: true, strict: false, validateFormats: true, messages: true }
const draft7 = new Ajv(options)
formats.default(draft7)
let draft2020: Ajv2020 | undefined

/** Plain JSON Schema. TypeScript does not read it: `Type.Unsafe<T>(schema)` says what it lets through. */
export type JsonSchema = { readonly [keyword: string]: unknown }

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
