/** A server's question to the client's user. Spec: client/elicitation. */
import { type Static, Type } from '@sinclair/typebox'
import { RequestMeta } from './jsonrpc.ts'
import { Meta, record } from './members.ts'

/** What a form field is called and how it is explained. */
const fieldMembers = {
  title: Type.Optional(Type.String()),
  description: Type.Optional(Type.String())
}

/** A form field for text. Spec: client/elicitation, Supported Schema Types. */
export const StringSchema = Type.Object({
  type: Type.Literal('string'),
  ...fieldMembers,
  minLength: Type.Optional(Type.Number()),
  maxLength: Type.Optional(Type.Number()),
  format: Type.Optional(
    Type.Union([Type.Literal('email'), Type.Literal('uri'), Type.Literal('date'), Type.Literal('date-time')])
  )
})
export type StringSchema = Static<typeof StringSchema>

/** A form field for a number. Spec: client/elicitation, Supported Schema Types. */
export const NumberSchema = Type.Object({
  type: Type.Union([Type.Literal('number'), Type.Literal('integer')]),
  ...fieldMembers,
  minimum: Type.Optional(Type.Number()),
  maximum: Type.Optional(Type.Number())
})
export type NumberSchema = Static<typeof NumberSchema>

/** A form field for yes or no. Spec: client/elicitation, Supported Schema Types. */
export const BooleanSchema = Type.Object({
  type: Type.Literal('boolean'),
  ...fieldMembers,
  default: Type.Optional(Type.Boolean())
})
export type BooleanSchema = Static<typeof BooleanSchema>

/**
 * A form field with a choice of texts; `enumNames` shows each under a kinder name.
 * Spec: client/elicitation, Supported Schema Types.
 */
export const EnumSchema = Type.Object({
  type: Type.Literal('string'),
  ...fieldMembers,
  enum: Type.Array(Type.String()),
  enumNames: Type.Optional(Type.Array(Type.String()))
})
export type EnumSchema = Static<typeof EnumSchema>

/** Any form field. Spec: client/elicitation, Supported Schema Types. */
export const PrimitiveSchemaDefinition = Type.Union([StringSchema, NumberSchema, BooleanSchema, EnumSchema])
export type PrimitiveSchemaDefinition = Static<typeof PrimitiveSchemaDefinition>

/** What to ask the user, and the flat form to ask it with. Spec: client/elicitation, Creating Elicitation Requests. */
export const ElicitParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  message: Type.String(),
  requestedSchema: Type.Object({
    type: Type.Literal('object'),
    properties: record(PrimitiveSchemaDefinition),
    required: Type.Optional(Type.Array(Type.String()))
  })
})
export type ElicitParams = Static<typeof ElicitParams>

/** Asks the client to put a form before its user. Spec: client/elicitation, Creating Elicitation Requests. */
export const ElicitRequest = Type.Object({
  method: Type.Literal('elicitation/create'),
  params: ElicitParams
})
export type ElicitRequest = Static<typeof ElicitRequest>

/** What the user did with the form, and what they wrote. Spec: client/elicitation, Response Actions. */
export const ElicitResult = Type.Object({
  _meta: Type.Optional(Meta),
  action: Type.Union([Type.Literal('accept'), Type.Literal('decline'), Type.Literal('cancel')]),
  content: Type.Optional(record(Type.Union([Type.String(), Type.Number(), Type.Boolean()])))
})
export type ElicitResult = Static<typeof ElicitResult>
