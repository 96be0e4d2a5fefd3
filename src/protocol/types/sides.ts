/** What each side may send, as one union a side and kind. Spec: schema. */
import { type Static, Type } from '@sinclair/typebox'
import { CancelledNotification } from './cancellation.ts'
import { CompleteRequest, CompleteResult } from './completion.ts'
import { ElicitRequest, ElicitResult } from './elicitation.ts'
import { EmptyResult } from './jsonrpc.ts'
import { InitializedNotification, InitializeRequest, InitializeResult, PingRequest } from './lifecycle.ts'
import { LoggingMessageNotification, SetLevelRequest } from './logging.ts'
import { ProgressNotification } from './progress.ts'
import {
  GetPromptRequest,
  GetPromptResult,
  ListPromptsRequest,
  ListPromptsResult,
  PromptListChangedNotification
} from './prompts.ts'
import {
  ListResourcesRequest,
  ListResourcesResult,
  ListResourceTemplatesRequest,
  ListResourceTemplatesResult,
  ReadResourceRequest,
  ReadResourceResult,
  ResourceListChangedNotification,
  ResourceUpdatedNotification,
  SubscribeRequest,
  UnsubscribeRequest
} from './resources.ts'
import { ListRootsRequest, ListRootsResult, RootsListChangedNotification } from './roots.ts'
import { CreateMessageRequest, CreateMessageResult } from './sampling.ts'
import {
  CallToolRequest,
  CallToolResult,
  ListToolsRequest,
  ListToolsResult,
  ToolListChangedNotification
} from './tools.ts'

/** Any request of a client. Spec: schema. */
export const ClientRequest = Type.Union([
  PingRequest,
  InitializeRequest,
  CompleteRequest,
  SetLevelRequest,
  GetPromptRequest,
  ListPromptsRequest,
  ListResourcesRequest,
  ListResourceTemplatesRequest,
  ReadResourceRequest,
  SubscribeRequest,
  UnsubscribeRequest,
  CallToolRequest,
  ListToolsRequest
])
export type ClientRequest = Static<typeof ClientRequest>

/** Any notification of a client. Spec: schema. */
export const ClientNotification = Type.Union([
  CancelledNotification,
  ProgressNotification,
  InitializedNotification,
  RootsListChangedNotification
])
export type ClientNotification = Static<typeof ClientNotification>

/** Any result of a client; as an empty result may carry any member, no object is refused. Spec: schema. */
export const ClientResult = Type.Union([EmptyResult, CreateMessageResult, ListRootsResult, ElicitResult])
export type ClientResult = Static<typeof ClientResult>

/** Any request of a server. Spec: schema. */
export const ServerRequest = Type.Union([PingRequest, CreateMessageRequest, ListRootsRequest, ElicitRequest])
export type ServerRequest = Static<typeof ServerRequest>

/** Any notification of a server. Spec: schema. */
export const ServerNotification = Type.Union([
  CancelledNotification,
  ProgressNotification,
  LoggingMessageNotification,
  ResourceUpdatedNotification,
  ResourceListChangedNotification,
  ToolListChangedNotification,
  PromptListChangedNotification
])
export type ServerNotification = Static<typeof ServerNotification>

/** Any result of a server; as an empty result may carry any member, no object is refused. Spec: schema. */
export const ServerResult = Type.Union([
  EmptyResult,
  InitializeResult,
  CompleteResult,
  GetPromptResult,
  ListPromptsResult,
  ListResourceTemplatesResult,
  ListResourcesResult,
  ReadResourceResult,
  CallToolResult,
  ListToolsResult
])
export type ServerResult = Static<typeof ServerResult>
