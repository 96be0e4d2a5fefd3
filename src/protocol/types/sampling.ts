/** A server's question to the client's model. Spec: client/sampling. */
import { type Static, Type } from '@sinclair/typebox'
import { AudioContent, ImageContent, Role, TextContent } from './content.ts'
import { RequestMeta } from './jsonrpc.ts'
import { Meta, record } from './members.ts'

/** One thing said to or by a model. Spec: client/sampling, Messages. */
export const SamplingMessage = Type.Object({
  role: Role,
  content: Type.Union([TextContent, ImageContent, AudioContent])
})
export type SamplingMessage = Static<typeof SamplingMessage>

/** A piece of the name of a model the server would like. Spec: client/sampling, Model Hints. */
export const ModelHint = Type.Object({ name: Type.Optional(Type.String()) })
export type ModelHint = Static<typeof ModelHint>

/** What matters in the choice of a model, each priority from 0 to 1. Spec: client/sampling, Model Preferences. */
export const ModelPreferences = Type.Object({
  hints: Type.Optional(Type.Array(ModelHint)),
  costPriority: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  speedPriority: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  intelligencePriority: Type.Optional(Type.Number({ minimum: 0, maximum: 1 }))
})
export type ModelPreferences = Static<typeof ModelPreferences>

/** The conversation to continue, and how. Spec: client/sampling, Creating Messages. */
export const CreateMessageParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  messages: Type.Array(SamplingMessage),
  modelPreferences: Type.Optional(ModelPreferences),
  systemPrompt: Type.Optional(Type.String()),
  includeContext: Type.Optional(
    Type.Union([Type.Literal('none'), Type.Literal('thisServer'), Type.Literal('allServers')])
  ),
  temperature: Type.Optional(Type.Number()),
  maxTokens: Type.Number(),
  stopSequences: Type.Optional(Type.Array(Type.String())),
  metadata: Type.Optional(record(Type.Unknown()))
})
export type CreateMessageParams = Static<typeof CreateMessageParams>

/** Asks the client to let its model speak. Spec: client/sampling, Creating Messages. */
export const CreateMessageRequest = Type.Object({
  method: Type.Literal('sampling/createMessage'),
  params: CreateMessageParams
})
export type CreateMessageRequest = Static<typeof CreateMessageRequest>

/** What the model said, which model it was, and why it stopped. Spec: client/sampling, Creating Messages. */
export const CreateMessageResult = Type.Object({
  _meta: Type.Optional(Meta),
  ...SamplingMessage.properties,
  model: Type.String(),
  // endTurn, stopSequence, maxTokens, or a reason of the model's own.
  stopReason: Type.Optional(Type.String())
})
export type CreateMessageResult = Static<typeof CreateMessageResult>
