/** Suggestions for a half-typed argument. Spec: server/utilities/completion. */
import { type Static, Type } from '@sinclair/typebox'
import { BaseMetadata, RequestMeta } from './jsonrpc.ts'
import { Meta, record } from './members.ts'

/** Names the prompt an argument belongs to. Spec: server/utilities/completion, Reference Types. */
export const PromptReference = Type.Object({
  type: Type.Literal('ref/prompt'),
  ...BaseMetadata.properties
})
export type PromptReference = Static<typeof PromptReference>

/** Names the resource or template an argument belongs to. Spec: server/utilities/completion, Reference Types. */
export const ResourceTemplateReference = Type.Object({
  type: Type.Literal('ref/resource'),
  uri: Type.String()
})
export type ResourceTemplateReference = Static<typeof ResourceTemplateReference>

/**
 * What is being typed, and which arguments are settled already.
 * Spec: server/utilities/completion, Requesting Completions.
 */
export const CompleteParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  ref: Type.Union([PromptReference, ResourceTemplateReference]),
  argument: Type.Object({ name: Type.String(), value: Type.String() }),
  context: Type.Optional(Type.Object({ arguments: Type.Optional(record(Type.String())) }))
})
export type CompleteParams = Static<typeof CompleteParams>

/** Asks what an argument might become. Spec: server/utilities/completion, Requesting Completions. */
export const CompleteRequest = Type.Object({
  method: Type.Literal('completion/complete'),
  params: CompleteParams
})
export type CompleteRequest = Static<typeof CompleteRequest>

/** The best suggestions first, and how many there are in all. Spec: server/utilities/completion, Completion Results. */
export const CompleteResult = Type.Object({
  _meta: Type.Optional(Meta),
  completion: Type.Object({
    // At most 100, says the page; the official schema sets no bound, so the method holds it and not the type.
    values: Type.Array(Type.String()),
    total: Type.Optional(Type.Number()),
    hasMore: Type.Optional(Type.Boolean())
  })
})
export type CompleteResult = Static<typeof CompleteResult>
