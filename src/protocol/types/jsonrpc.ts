/** The messages of JSON-RPC 2.0 as MCP uses them, and the members every message may carry. Spec: basic. */
import { type Static, Type } from '@sinclair/typebox'
import { Meta, open } from './members.ts'
import { ProgressToken } from './progress.ts'

/** What ties a response to its request; never null. Spec: basic, Requests. */
export const RequestId = Type.Union([Type.String(), Type.Integer()], {
  title: 'RequestId'
})
export type RequestId = Static<typeof RequestId>

/** A request's metadata, which may ask for progress. Spec: basic/utilities/progress, Progress Flow. */
export const RequestMeta = open(Type.Object({ progressToken: Type.Optional(ProgressToken) }))
export type RequestMeta = Static<typeof RequestMeta>

/** Params of a request whose method is not known yet, or asks for none. Spec: basic, Requests. */
export const RequestParams = open(Type.Object({ _meta: Type.Optional(RequestMeta) }))
export type RequestParams = Static<typeof RequestParams>

/** Params of a notification whose method is not known yet, or asks for none. Spec: basic, Notifications. */
export const NotificationParams = open(Type.Object({ _meta: Type.Optional(Meta) }))
export type NotificationParams = Static<typeof NotificationParams>

/** A request without its JSON-RPC envelope. Spec: basic, Requests. */
export const Request = Type.Object({
  method: Type.String(),
  params: Type.Optional(RequestParams)
})
export type Request = Static<typeof Request>

/** A notification without its JSON-RPC envelope. Spec: basic, Notifications. */
export const Notification = Type.Object({
  method: Type.String(),
  params: Type.Optional(NotificationParams)
})
export type Notification = Static<typeof Notification>

/** What answers a request that went well; each method names further members. Spec: basic, Responses. */
export const Result = open(Type.Object({ _meta: Type.Optional(Meta) }, { title: 'Result' }))
export type Result = Static<typeof Result>

/** A result that only says it went well. Spec: basic, Responses. */
export const EmptyResult = Result
export type EmptyResult = Static<typeof EmptyResult>

/** A message that wants an answer. Spec: basic, Requests. */
export const JSONRPCRequest = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  id: RequestId,
  ...Request.properties
})
export type JSONRPCRequest = Static<typeof JSONRPCRequest>

/** A message that wants no answer. Spec: basic, Notifications. */
export const JSONRPCNotification = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  ...Notification.properties
})
export type JSONRPCNotification = Static<typeof JSONRPCNotification>

/** The answer to a request that went well. Spec: basic, Responses. */
export const JSONRPCResponse = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  id: RequestId,
  result: Result
})
export type JSONRPCResponse = Static<typeof JSONRPCResponse>

/** The answer to a request that failed; its code is an integer, as the page demands. Spec: basic, Responses. */
export const JSONRPCError = Type.Object({
  jsonrpc: Type.Literal('2.0'),
  id: RequestId,
  error: Type.Object({
    code: Type.Integer(),
    message: Type.String(),
    data: Type.Optional(Type.Unknown())
  })
})
export type JSONRPCError = Static<typeof JSONRPCError>

/** Anything that may cross the wire. Spec: basic, Messages. */
export const JSONRPCMessage = Type.Union([JSONRPCRequest, JSONRPCNotification, JSONRPCResponse, JSONRPCError])
export type JSONRPCMessage = Static<typeof JSONRPCMessage>

/** The two names of a thing: `name` for programs, `title` for people. Spec: schema, BaseMetadata. */
export const BaseMetadata = Type.Object({
  name: Type.String(),
  title: Type.Optional(Type.String())
})
export type BaseMetadata = Static<typeof BaseMetadata>
