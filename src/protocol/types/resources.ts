/** Things a client may list, read and follow by address. Spec: server/resources. */
import { type Static, Type } from '@sinclair/typebox'
import { Annotations, BlobResourceContents, resourceMembers, TextResourceContents } from './content.ts'
import { BaseMetadata, NotificationParams, RequestMeta } from './jsonrpc.ts'
import { Meta } from './members.ts'
import { PaginatedParams, PaginatedResult } from './pagination.ts'

/** A resource as it is listed. Spec: server/resources, Resource. */
export const Resource = Type.Object(resourceMembers)
export type Resource = Static<typeof Resource>

/** A family of resources whose addresses follow one RFC 6570 template. Spec: server/resources, Resource Templates. */
export const ResourceTemplate = Type.Object({
  ...BaseMetadata.properties,
  uriTemplate: Type.String(),
  description: Type.Optional(Type.String()),
  mimeType: Type.Optional(Type.String()),
  annotations: Type.Optional(Annotations),
  _meta: Type.Optional(Meta)
})
export type ResourceTemplate = Static<typeof ResourceTemplate>

/** Asks which resources there are. Spec: server/resources, Listing Resources. */
export const ListResourcesRequest = Type.Object({
  method: Type.Literal('resources/list'),
  params: Type.Optional(PaginatedParams)
})
export type ListResourcesRequest = Static<typeof ListResourcesRequest>

/** One page of resources. Spec: server/resources, Listing Resources. */
export const ListResourcesResult = Type.Object({
  ...PaginatedResult.properties,
  resources: Type.Array(Resource)
})
export type ListResourcesResult = Static<typeof ListResourcesResult>

/** Asks which families of resources there are. Spec: server/resources, Resource Templates. */
export const ListResourceTemplatesRequest = Type.Object({
  method: Type.Literal('resources/templates/list'),
  params: Type.Optional(PaginatedParams)
})
export type ListResourceTemplatesRequest = Static<typeof ListResourceTemplatesRequest>

/** One page of resource templates. Spec: server/resources, Resource Templates. */
export const ListResourceTemplatesResult = Type.Object({
  ...PaginatedResult.properties,
  resourceTemplates: Type.Array(ResourceTemplate)
})
export type ListResourceTemplatesResult = Static<typeof ListResourceTemplatesResult>

/** The address to read. Spec: server/resources, Reading Resources. */
export const ReadResourceParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  uri: Type.String()
})
export type ReadResourceParams = Static<typeof ReadResourceParams>

/** Asks for what lies at one address. Spec: server/resources, Reading Resources. */
export const ReadResourceRequest = Type.Object({
  method: Type.Literal('resources/read'),
  params: ReadResourceParams
})
export type ReadResourceRequest = Static<typeof ReadResourceRequest>

/** What lies at an address, which may be several contents. Spec: server/resources, Reading Resources. */
export const ReadResourceResult = Type.Object({
  _meta: Type.Optional(Meta),
  contents: Type.Array(Type.Union([TextResourceContents, BlobResourceContents]))
})
export type ReadResourceResult = Static<typeof ReadResourceResult>

/** The address to follow. Spec: server/resources, Subscriptions. */
export const SubscribeParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  uri: Type.String()
})
export type SubscribeParams = Static<typeof SubscribeParams>

/** Asks to be told when a resource changes. Spec: server/resources, Subscriptions. */
export const SubscribeRequest = Type.Object({
  method: Type.Literal('resources/subscribe'),
  params: SubscribeParams
})
export type SubscribeRequest = Static<typeof SubscribeRequest>

/** The address to follow no longer. Spec: server/resources, Subscriptions. */
export const UnsubscribeParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  uri: Type.String()
})
export type UnsubscribeParams = Static<typeof UnsubscribeParams>

/** Asks to be told no more of a resource's changes. Spec: server/resources, Subscriptions. */
export const UnsubscribeRequest = Type.Object({
  method: Type.Literal('resources/unsubscribe'),
  params: UnsubscribeParams
})
export type UnsubscribeRequest = Static<typeof UnsubscribeRequest>

/** The address that changed, which may lie below the one followed. Spec: server/resources, Subscriptions. */
export const ResourceUpdatedParams = Type.Object({
  _meta: Type.Optional(Meta),
  uri: Type.String()
})
export type ResourceUpdatedParams = Static<typeof ResourceUpdatedParams>

/** A followed resource changed and is worth reading again. Spec: server/resources, Subscriptions. */
export const ResourceUpdatedNotification = Type.Object({
  method: Type.Literal('notifications/resources/updated'),
  params: ResourceUpdatedParams
})
export type ResourceUpdatedNotification = Static<typeof ResourceUpdatedNotification>

/** The list of resources is no longer what it was. Spec: server/resources, List Changed Notification. */
export const ResourceListChangedNotification = Type.Object({
  method: Type.Literal('notifications/resources/list_changed'),
  params: Type.Optional(NotificationParams)
})
export type ResourceListChangedNotification = Static<typeof ResourceListChangedNotification>
