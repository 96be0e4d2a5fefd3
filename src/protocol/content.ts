/** Content blocks: helpers that make them, and the check that what a handler made is one (server/tools#tool-result). */
import { compileLater, explain } from './schema.ts'
import {
  type Annotations,
  type AudioContent,
  ContentBlock,
  type EmbeddedResource,
  type ImageContent,
  type ResourceLink,
  type TextContent
} from './types/index.ts'

/** What every content helper may add. */
export interface ContentOptions {
  annotations?: Annotations
  _meta?: Record<string, unknown>
}

/**
 * A text block.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { text } from 'handwire'
 *
 * assert.deepEqual(text('done', { annotations: { audience: ['user'] } }), {
 *   type: 'text',
 *   text: 'done',
 *   annotations: { audience: ['user'] }
 * })
 * ```
 */
export function text(value: string, options?: ContentOptions): TextContent {
  return { type: 'text', text: value, ...options }
}

/**
 * An image; bytes become base64, a string is taken to be base64 already.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { image } from 'handwire'
 *
 * assert.deepEqual(image(new Uint8Array([1, 2, 3]), 'image/png'), { type: 'image', data: 'AQID', mimeType: 'image/png' })
 * ```
 */
export function image(data: Uint8Array | string, mimeType: string, options?: ContentOptions): ImageContent {
  return { type: 'image', data: base64(data), mimeType, ...options }
}

/**
 * A sound; bytes become base64, a string is taken to be base64 already.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { audio } from 'handwire'
 *
 * assert.deepEqual(audio('AQID', 'audio/wav'), { type: 'audio', data: 'AQID', mimeType: 'audio/wav' })
 * ```
 */
export function audio(data: Uint8Array | string, mimeType: string, options?: ContentOptions): AudioContent {
  return { type: 'audio', data: base64(data), mimeType, ...options }
}

/**
 * A link to a resource, which need not be listed (TOOLS-25).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { link } from 'handwire'
 *
 * const { type, uri, mimeType } = link('file:///report.pdf', 'report', { mimeType: 'application/pdf', size: 1024 })
 * assert.deepEqual([type, uri, mimeType], ['resource_link', 'file:///report.pdf', 'application/pdf'])
 * ```
 */
export function link(uri: string, name: string, rest?: Omit<ResourceLink, 'type' | 'uri' | 'name'>): ResourceLink {
  return { type: 'resource_link', uri, name, ...rest }
}

/**
 * A resource inside the message: text as a string, bytes as a base64 blob.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { embed } from 'handwire'
 *
 * assert.deepEqual(embed('todo://home', 'sweep', 'text/plain').resource, {
 *   uri: 'todo://home',
 *   mimeType: 'text/plain',
 *   text: 'sweep'
 * })
 * ```
 */
export function embed(
  uri: string,
  contents: string | Uint8Array,
  mimeType?: string,
  options?: ContentOptions
): EmbeddedResource {
  const about = mimeType === undefined ? { uri } : { uri, mimeType }
  const resource = typeof contents === 'string' ? { ...about, text: contents } : { ...about, blob: base64(contents) }
  return { type: 'resource', resource, ...options }
}

/** Bytes as base64 text. */
export function base64(data: Uint8Array | string): string {
  if (typeof data === 'string') return data
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
}

const blockFits = compileLater(ContentBlock)

/** Throws a TypeError for a value that is no content block: a fault of the handler, never sent. */
export function checkBlock(value: unknown): asserts value is ContentBlock {
  const fits = blockFits()
  if (!fits(value))
    throw new TypeError(`a handler returned something that is no content block: ${explain(fits.errors)}`)
}
