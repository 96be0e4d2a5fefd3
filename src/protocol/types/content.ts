/** What tools, prompts and sampling say, and the resources they say it with. Spec: server/tools, Tool Result. */
import { type Static, Type } from '@sinclair/typebox'
import { BaseMetadata } from './jsonrpc.ts'
import { Meta } from './members.ts'

/** Who speaks, or is meant to hear. Spec: server/prompts, PromptMessage. */
export const Role = Type.Union([Type.Literal('user'), Type.Literal('assistant')])
export type Role = Static<typeof Role>

/**
 * Hints on whom a thing is for, how much it matters (0 to 1) and when it last changed (ISO 8601).
 * Spec: server/resources, Annotations.
 */
export const Annotations = Type.Object({
  audience: Type.Optional(Type.Array(Role)),
  priority: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  lastModified: Type.Optional(Type.String())
})
export type Annotations = Static<typeof Annotations>

/** Bytes in base64; an annotation, for no validator here decodes it. Spec: server/tools, Image Content. */
const base64 = { contentEncoding: 'base64' }

/** Plain text. Spec: server/tools, Text Content. */
export const TextContent = Type.Object({
  type: Type.Literal('text'),
  text: Type.String(),
  annotations: Type.Optional(Annotations),
  _meta: Type.Optional(Meta)
})
export type TextContent = Static<typeof TextContent>

/** A picture. Spec: server/tools, Image Content. */
export const ImageContent = Type.Object({
  type: Type.Literal('image'),
  data: Type.String(base64),
  mimeType: Type.String(),
  annotations: Type.Optional(Annotations),
  _meta: Type.Optional(Meta)
})
export type ImageContent = Static<typeof ImageContent>

/** A sound. Spec: server/tools, Audio Content. */
export const AudioContent = Type.Object({
  type: Type.Literal('audio'),
  data: Type.String(base64),
  mimeType: Type.String(),
  annotations: Type.Optional(Annotations),
  _meta: Type.Optional(Meta)
})
export type AudioContent = Static<typeof AudioContent>

/** What any resource's contents tell about themselves. Spec: server/resources, Resource Contents. */
export const ResourceContents = Type.Object({
  uri: Type.String(),
  mimeType: Type.Optional(Type.String()),
  _meta: Type.Optional(Meta)
})
export type ResourceContents = Static<typeof ResourceContents>

/** The contents of a resource that is text. Spec: server/resources, Text Content. */
export const TextResourceContents = Type.Object({
  ...ResourceContents.properties,
  text: Type.String()
})
export type TextResourceContents = Static<typeof TextResourceContents>

/** The contents of a resource that is bytes. Spec: server/resources, Binary Content. */
export const BlobResourceContents = Type.Object({
  ...ResourceContents.properties,
  blob: Type.String(base64)
})
export type BlobResourceContents = Static<typeof BlobResourceContents>

/**
 * The members a resource has alike when it is listed and when content links to it; `size` is in bytes.
 * Spec: server/resources, Resource.
 */
export const resourceMembers = {
  ...BaseMetadata.properties,
  uri: Type.String(),
  description: Type.Optional(Type.String()),
  mimeType: Type.Optional(Type.String()),
  annotations: Type.Optional(Annotations),
  size: Type.Optional(Type.Number()),
  _meta: Type.Optional(Meta)
}

/** A resource that can be read later, listed or not. Spec: server/tools, Resource Links. */
export const ResourceLink = Type.Object({
  type: Type.Literal('resource_link'),
  ...resourceMembers
})
export type ResourceLink = Static<typeof ResourceLink>

/** A resource sent along whole. Spec: server/tools, Embedded Resources. */
export const EmbeddedResource = Type.Object({
  type: Type.Literal('resource'),
  resource: Type.Union([TextResourceContents, BlobResourceContents]),
  annotations: Type.Optional(Annotations),
  _meta: Type.Optional(Meta)
})
export type EmbeddedResource = Static<typeof EmbeddedResource>

/** One piece of what a tool or prompt says, told apart by `type`. Spec: server/tools, Tool Result. */
export const ContentBlock = Type.Union([TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource])
export type ContentBlock = Static<typeof ContentBlock>
