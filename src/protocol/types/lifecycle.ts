/** The handshake that opens a session, and ping. Spec: basic/lifecycle and basic/utilities/ping. */
import { type Static, Type } from '@sinclair/typebox'
import { BaseMetadata, NotificationParams, RequestMeta, RequestParams } from './jsonrpc.ts'
import { Meta, record } from './members.ts'

/** The software at one end of a session. Spec: basic/lifecycle, Initialization. */
export const Implementation = Type.Object({
  ...BaseMetadata.properties,
  version: Type.String()
})
export type Implementation = Static<typeof Implementation>

/** What a client lets a server ask of it. Spec: basic/lifecycle, Capability Negotiation. */
export const ClientCapabilities = Type.Object({
  experimental: Type.Optional(record(record(Type.Unknown()))),
  roots: Type.Optional(Type.Object({ listChanged: Type.Optional(Type.Boolean()) })),
  sampling: Type.Optional(record(Type.Unknown())),
  elicitation: Type.Optional(record(Type.Unknown()))
})
export type ClientCapabilities = Static<typeof ClientCapabilities>

/** What a server offers. Spec: basic/lifecycle, Capability Negotiation. */
export const ServerCapabilities = Type.Object({
  experimental: Type.Optional(record(record(Type.Unknown()))),
  logging: Type.Optional(record(Type.Unknown())),
  completions: Type.Optional(record(Type.Unknown())),
  prompts: Type.Optional(Type.Object({ listChanged: Type.Optional(Type.Boolean()) })),
  resources: Type.Optional(
    Type.Object({
      subscribe: Type.Optional(Type.Boolean()),
      listChanged: Type.Optional(Type.Boolean())
    })
  ),
  tools: Type.Optional(Type.Object({ listChanged: Type.Optional(Type.Boolean()) }))
})
export type ServerCapabilities = Static<typeof ServerCapabilities>

/** The revision a client would like, who it is and what it can do. Spec: basic/lifecycle, Initialization. */
export const InitializeParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  protocolVersion: Type.String(),
  capabilities: ClientCapabilities,
  clientInfo: Implementation
})
export type InitializeParams = Static<typeof InitializeParams>

/** The first message of a session. Spec: basic/lifecycle, Initialization. */
export const InitializeRequest = Type.Object({
  method: Type.Literal('initialize'),
  params: InitializeParams
})
export type InitializeRequest = Static<typeof InitializeRequest>

/** The revision the server settled on, who it is and what it offers. Spec: basic/lifecycle, Initialization. */
export const InitializeResult = Type.Object({
  _meta: Type.Optional(Meta),
  protocolVersion: Type.String(),
  capabilities: ServerCapabilities,
  serverInfo: Implementation,
  instructions: Type.Optional(Type.String())
})
export type InitializeResult = Static<typeof InitializeResult>

/** The client's word that the handshake is over. Spec: basic/lifecycle, Initialization. */
export const InitializedNotification = Type.Object({
  method: Type.Literal('notifications/initialized'),
  params: Type.Optional(NotificationParams)
})
export type InitializedNotification = Static<typeof InitializedNotification>

/** Asks whether the other side is there; answered with an empty result. Spec: basic/utilities/ping, Message Format. */
export const PingRequest = Type.Object({
  method: Type.Literal('ping'),
  params: Type.Optional(RequestParams)
})
export type PingRequest = Static<typeof PingRequest>
