/** Functions a model may call. Spec: server/tools. */
import { type Static, Type } from '@sinclair/typebox'
import { ContentBlock } from './content.ts'
import { BaseMetadata, NotificationParams, RequestMeta } from './jsonrpc.ts'
import { Meta, open, record } from './members.ts'
import { PaginatedParams, PaginatedResult } from './pagination.ts'

/** Untrusted hints on how a tool behaves. Spec: schema, ToolAnnotations. */
export const ToolAnnotations = Type.Object({
  title: Type.Optional(Type.String()),
  readOnlyHint: Type.Optional(Type.Boolean()),
  destructiveHint: Type.Optional(Type.Boolean()),
  idempotentHint: Type.Optional(Type.Boolean()),
  openWorldHint: Type.Optional(Type.Boolean())
})
export type ToolAnnotations = Static<typeof ToolAnnotations>

/** A JSON Schema that describes an object, as far as the protocol looks into it. Spec: server/tools, Tool. */
export const ToolSchema = open(
  Type.Object({
    type: Type.Literal('object'),
    properties: Type.Optional(record(record(Type.Unknown()))),
    required: Type.Optional(Type.Array(Type.String()))
  })
)
export type ToolSchema = Static<typeof ToolSchema>

/** A tool as it is listed. Spec: server/tools, Tool. */
export const Tool = Type.Object({
  ...BaseMetadata.properties,
  description: Type.Optional(Type.String()),
  inputSchema: ToolSchema,
  outputSchema: Type.Optional(ToolSchema),
  annotations: Type.Optional(ToolAnnotations),
  _meta: Type.Optional(Meta)
})
export type Tool = Static<typeof Tool>

/** Asks which tools there are. Spec: server/tools, Listing Tools. */
export const ListToolsRequest = Type.Object({
  method: Type.Literal('tools/list'),
  params: Type.Optional(PaginatedParams)
})
export type ListToolsRequest = Static<typeof ListToolsRequest>

/** One page of tools. Spec: server/tools, Listing Tools. */
export const ListToolsResult = Type.Object({
  ...PaginatedResult.properties,
  tools: Type.Array(Tool)
})
export type ListToolsResult = Static<typeof ListToolsResult>

/** Which tool to run, and with what. Spec: server/tools, Calling Tools. */
export const CallToolParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  name: Type.String(),
  arguments: Type.Optional(record(Type.Unknown()))
})
export type CallToolParams = Static<typeof CallToolParams>

/** Asks to run one tool. Spec: server/tools, Calling Tools. */
export const CallToolRequest = Type.Object({
  method: Type.Literal('tools/call'),
  params: CallToolParams
})
export type CallToolRequest = Static<typeof CallToolRequest>

/** What a tool said; a failure of the tool itself is told here, with `isError`. Spec: server/tools, Tool Result. */
export const CallToolResult = Type.Object({
  _meta: Type.Optional(Meta),
  content: Type.Array(ContentBlock),
  structuredContent: Type.Optional(record(Type.Unknown())),
  isError: Type.Optional(Type.Boolean())
})
export type CallToolResult = Static<typeof CallToolResult>

/** The list of tools is no longer what it was. Spec: server/tools, List Changed Notification. */
export const ToolListChangedNotification = Type.Object({
  method: Type.Literal('notifications/tools/list_changed'),
  params: Type.Optional(NotificationParams)
})
export type ToolListChangedNotification = Static<typeof ToolListChangedNotification>
