/**
 * How a schema leaves room for members it does not name. Every object of the protocol is open: a peer may send more
 * than a schema lists. Spec: basic, General fields.
 */
import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'

/**
 * An object with any member names, each value shaped like `value`.
 * Type.Record would let a name with a line break carry anything, because its pattern stops there.
 */
export const record = <T extends TSchema>(value: T) =>
  Type.Unsafe<{ [member: string]: Static<T> }>({
    type: 'object',
    additionalProperties: value
  })

/** The same schema, with a type that also lets unnamed members be read and written. */
export const open = <T extends TObject>(schema: T) => Type.Unsafe<Static<T> & { [member: string]: unknown }>(schema)

/** Metadata either side may attach; the protocol reserves some of its names. Spec: basic, `_meta`. */
export const Meta = record(Type.Unknown())
export type Meta = Static<typeof Meta>
