/** A prompt: what is declared of it, and what the room makes of the declaration. */
import type { TObject } from '@sinclair/typebox'
import { DeclarationError } from '../protocol/errors.ts'
import { type Complete, checkHandler, completers } from '../protocol/feature.ts'
import type { Context } from '../protocol/handler.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { Awaitable } from '../protocol/ports.ts'
import type { Access } from '../protocol/registry.ts'
import { compileJsonSchema, copySchema, type JsonSchema, type Validator, type ValueOf } from '../protocol/schema.ts'
import type { ContentBlock, GetPromptResult, Prompt, PromptMessage } from '../protocol/types/index.ts'

/** What `arguments` may be: TypeBox, plain JSON Schema, or left out. */
export type DeclaredArguments = TObject | JsonSchema | undefined

/** The arguments that a handler gets; without TypeBox to name them, whatever the client sent. */
export type PromptArguments<A> = ValueOf<A, { [name: string]: string | undefined }>

/** A schema whose members are texts alone, as a prompt's arguments are; anything else is no type. */
export type Texts<A> =
  PromptArguments<A> extends { [name: string]: string | undefined } ? unknown : 'every argument of a prompt is a string'

type Names<A> = keyof PromptArguments<A> & string

/** What is declared of a prompt (server/prompts#prompt). */
export interface PromptOptions<A> extends Access {
  /** For people. */
  title?: string
  description?: string
  /** An object of string properties; titles and descriptions of the properties are listed with them. */
  arguments?: A & Texts<A>
  /** Suggestions for arguments (server/utilities/completion). */
  complete?: { [K in Names<A>]?: Complete<Names<A>> }
  _meta?: Record<string, unknown>
}

/** What a handler may return: a text of the user, messages, or a whole result. */
export type PromptValue = string | PromptMessage[] | GetPromptResult

export type PromptHandler<A> = (input: PromptArguments<A>, context: Context) => Awaitable<PromptValue>

/** A prompt as the room keeps it. */
export interface RegisteredPrompt {
  listing: Prompt
  fits: Validator<Record<string, string>>
  complete: ReadonlyMap<string, Complete>
  // biome-ignore lint/suspicious/noExplicitAny: the pair of declaration and handler was checked by prompt()
  handler: PromptHandler<any>
}

/** What is read of the schema of arguments, TypeBox or plain. */
interface ArgumentsSchema {
  type?: string
  properties?: Record<string, { type?: string; title?: string; description?: string }>
  required?: string[]
}

/**
 * A message of the user.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { image, user } from 'handwire'
 *
 * assert.deepEqual(user('Hi'), { role: 'user', content: { type: 'text', text: 'Hi' } })
 * assert.equal(user(image(new Uint8Array([1]), 'image/png')).content.type, 'image')
 * ```
 */
export function user(content: string | ContentBlock): PromptMessage {
  return { role: 'user', content: typeof content === 'string' ? { type: 'text', text: content } : content }
}

/**
 * A message of the assistant.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { assistant } from 'handwire'
 *
 * assert.deepEqual(assistant('Hello'), { role: 'assistant', content: { type: 'text', text: 'Hello' } })
 * ```
 */
export function assistant(content: string | ContentBlock): PromptMessage {
  return { role: 'assistant', content: typeof content === 'string' ? { type: 'text', text: content } : content }
}

const members: Members<PromptOptions<undefined>> = {
  title: 'text',
  description: 'text',
  arguments: true,
  complete: 'object',
  _meta: 'object',
  scopes: true,
  visible: 'function'
}

/**
 * Checks a declaration. Throws a DeclarationError for an empty name, for arguments that are not strings (PROMPT-09) or that no JSON
 * Schema describes, for options of another name or kind, and for a handler that is none.
 */
export function declarePrompt<A>(name: string, options: PromptOptions<A>, handler: PromptHandler<A>): RegisteredPrompt {
  if (typeof name !== 'string' || name === '')
    throw new DeclarationError('prompt-name', 'a prompt needs a name, which is a text')
  const of = `prompt "${name}"`
  checkMembers(of, options, members)
  checkHandler(of, handler)
  const { arguments: declared, complete = {}, visible: _visible, scopes: _scopes, ...about } = options
  const schema: ArgumentsSchema | undefined = declared === undefined ? undefined : readSchema(of, declared)
  const listing: Prompt = { name, ...about }
  if (schema !== undefined && schema.type !== 'object')
    throw new DeclarationError('prompt-argument', `${of}: arguments must be a JSON Schema of type "object"`)
  const properties = Object.entries(schema?.properties ?? {})
  if (properties.length > 0) {
    listing.arguments = properties.map(([argument, { type, title, description }]) => {
      if (type !== 'string')
        throw new DeclarationError('prompt-argument', `${of}: argument "${argument}" must be a string`)
      const required = schema?.required?.includes(argument) === true
      return {
        name: argument,
        ...(title === undefined ? {} : { title }),
        ...(description === undefined ? {} : { description }),
        required
      }
    })
  }
  for (const argument of Object.keys(complete)) {
    if (!Object.hasOwn(schema?.properties ?? {}, argument)) {
      throw new DeclarationError('prompt-complete', `${of} has no argument "${argument}"`)
    }
  }
  return { listing, fits: compileArguments(of, schema), complete: completers(of, complete), handler }
}

function readSchema(of: string, declared: unknown): ArgumentsSchema {
  try {
    return copySchema(declared)
  } catch (error) {
    throw new DeclarationError('prompt-argument', `${of}: arguments ${(error as Error).message}`)
  }
}

function compileArguments(of: string, schema: ArgumentsSchema | undefined): Validator<Record<string, string>> {
  const strings = { type: 'object', additionalProperties: { type: 'string' } }
  try {
    const fits = compileJsonSchema(schema === undefined ? strings : { allOf: [schema, strings] })
    return fits as Validator<Record<string, string>>
  } catch (error) {
    throw new DeclarationError('prompt-argument', `${of}: arguments does not compile: ${(error as Error).message}`)
  }
}
