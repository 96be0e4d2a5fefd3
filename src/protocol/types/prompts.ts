/** Messages a server has ready for a user to pick. Spec: server/prompts. */
import { type Static, Type } from '@sinclair/typebox'
import { ContentBlock, Role } from './content.ts'
import { BaseMetadata, NotificationParams, RequestMeta } from './jsonrpc.ts'
import { Meta, record } from './members.ts'
import { PaginatedParams, PaginatedResult } from './pagination.ts'

/** A blank a prompt has to be filled in with. Spec: server/prompts, Prompt. */
export const PromptArgument = Type.Object({
  ...BaseMetadata.properties,
  description: Type.Optional(Type.String()),
  required: Type.Optional(Type.Boolean())
})
export type PromptArgument = Static<typeof PromptArgument>

/** A prompt as it is listed. Spec: server/prompts, Prompt. */
export const Prompt = Type.Object({
  ...BaseMetadata.properties,
  description: Type.Optional(Type.String()),
  arguments: Type.Optional(Type.Array(PromptArgument)),
  _meta: Type.Optional(Meta)
})
export type Prompt = Static<typeof Prompt>

/** One thing said in a prompt. Spec: server/prompts, PromptMessage. */
export const PromptMessage = Type.Object({ role: Role, content: ContentBlock })
export type PromptMessage = Static<typeof PromptMessage>

/** Asks which prompts there are. Spec: server/prompts, Listing Prompts. */
export const ListPromptsRequest = Type.Object({
  method: Type.Literal('prompts/list'),
  params: Type.Optional(PaginatedParams)
})
export type ListPromptsRequest = Static<typeof ListPromptsRequest>

/** One page of prompts. Spec: server/prompts, Listing Prompts. */
export const ListPromptsResult = Type.Object({
  ...PaginatedResult.properties,
  prompts: Type.Array(Prompt)
})
export type ListPromptsResult = Static<typeof ListPromptsResult>

/** Which prompt, and the text for each of its blanks. Spec: server/prompts, Getting a Prompt. */
export const GetPromptParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  name: Type.String(),
  arguments: Type.Optional(record(Type.String()))
})
export type GetPromptParams = Static<typeof GetPromptParams>

/** Asks for one prompt, filled in. Spec: server/prompts, Getting a Prompt. */
export const GetPromptRequest = Type.Object({
  method: Type.Literal('prompts/get'),
  params: GetPromptParams
})
export type GetPromptRequest = Static<typeof GetPromptRequest>

/** A prompt, filled in. Spec: server/prompts, Getting a Prompt. */
export const GetPromptResult = Type.Object({
  _meta: Type.Optional(Meta),
  description: Type.Optional(Type.String()),
  messages: Type.Array(PromptMessage)
})
export type GetPromptResult = Static<typeof GetPromptResult>

/** The list of prompts is no longer what it was. Spec: server/prompts, List Changed Notification. */
export const PromptListChangedNotification = Type.Object({
  method: Type.Literal('notifications/prompts/list_changed'),
  params: Type.Optional(NotificationParams)
})
export type PromptListChangedNotification = Static<typeof PromptListChangedNotification>
