/**
 * OpenAPI's `nullable` in words of JSON Schema, which has no such keyword: what a validator or a serializer of Fastify
 * makes of it, for a client that never heard of it.
 */
import type { JsonSchema } from './references.ts'

/** Keywords beside which the type alone does not say that null fits. */
const narrowing = /^(\$ref|const|allOf|anyOf|oneOf|not|if)$/

/**
 * What is asked of a caller. Ajv takes null as one more type and nothing else: an `enum` without null still refuses it.
 * Without a type Ajv knows no `nullable`; it stays, and is refused as it would be there.
 */
export function askedNull(schema: JsonSchema): JsonSchema {
  const { nullable, ...rest } = schema
  if (nullable === false) return rest
  return nullable === true && rest['type'] !== undefined ? { ...rest, type: orNull(rest['type'], 'null') } : schema
}

/** What a route promises to answer. The serializer writes null whatever stands beside `nullable`. */
export function promisedNull(schema: JsonSchema): JsonSchema {
  const { nullable, ...rest } = schema
  if (typeof nullable !== 'boolean') return schema
  if (!nullable) return rest
  const { type, enum: values } = rest
  if (type === undefined || Object.keys(rest).some((key) => narrowing.test(key)))
    return { anyOf: [rest, { type: 'null' }] }
  return {
    ...rest,
    type: orNull(type, 'null'),
    ...(values === undefined ? {} : { enum: orNull(values, null) })
  }
}

/** Whether nothing but an object fits, or null beside it. */
export function isObjectOrNull({ type }: JsonSchema): boolean {
  const types = [type].flat()
  return types.includes('object') && types.every((one) => one === 'object' || one === 'null')
}

/** A value or a list of them, with null at the end unless it is there. */
function orNull(values: unknown, none: 'null' | null): unknown {
  const list = [values].flat()
  if (!list.includes(none)) return [...list, none]
  return values
}
