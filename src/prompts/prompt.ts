/** A prompt: what is declared of it, and what the room makes of the declaration. */
import type { Static, TObject } from '@sinclair/typebox'
import { DeclarationError } from '../protocol/errors.ts'
import { type Complete, completers } from '../protocol/feature.ts'
import type { Context, SessionView } from '../protocol/handler.ts'
import type { Awaitable } from '../protocol/ports.ts'
import { compileJsonSchema, type Validator } from '../protocol/schema.ts'
import type { ContentBlock, GetPromptResult, Prompt, PromptMessage } from '../protocol/types/index.ts'

/** What is declared of a prompt (server/prompts#prompt). */
export interface PromptOptions<A extends TObject> {
  /** For people. */
  title?: string
  description?: string
  /** An object of string properties; titles and descriptions of the properties are listed with them. */
  arguments?: A
  /** Suggestions for arguments (server/utilities/completion). */
  complete?: { [K in keyof Static<A>]?: Complete }
  _meta?: Record<string, unknown>
  /** Who sees it; everybody by default. */
  visible?: (session: SessionView) => boolean
}

/** What a handler may return: a text of the user, messages, or a whole result. */
export type PromptValue = string | PromptMessage[] | GetPromptResult

export type PromptHandler<A extends TObject> = (input: Static<A>, context: Context) => Awaitable<PromptValue>

/** A prompt as the room keeps it. */
export interface RegisteredPrompt {
  listing: Prompt
  fits: Validator<Record<string, string>>
  complete: ReadonlyMap<string, Complete>
  // biome-ignore lint/suspicious/noExplicitAny: the pair of declaration and handler was checked by prompt()
  handler: PromptHandler<any>
}

/** A message of the user. */
export function user(content: string | ContentBlock): PromptMessage {
  return { role: 'user', content: typeof content === 'string' ? { type: 'text', text: content } : content }
}

/** A message of the assistant. */
export function assistant(content: string | ContentBlock): PromptMessage {
  return { role: 'assistant', content: typeof content === 'string' ? { type: 'text', text: content } : content }
}

/** Checks a declaration. Throws a DeclarationError for an empty name, and for arguments that are not strings (PROMPT-09). */
export function declarePrompt<A extends TObject>(
  name: string,
  options: PromptOptions<A>,
  handler: PromptHandler<A>
): RegisteredPrompt {
  if (name === '') throw new DeclarationError('prompt-name', 'a prompt needs a name')
  const { arguments: schema, complete = {}, visible: _, ...about } = options
  const listing: Prompt = { name, ...about }
  const properties = Object.entries(schema?.properties ?? {})
  if (properties.length > 0) {
    listing.arguments = properties.map(([argument, { type, title, description }]) => {
      if (type !== 'string')
        throw new DeclarationError('prompt-argument', `prompt "${name}": argument "${argument}" must be a string`)
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
    if (schema?.properties[argument] === undefined) {
      throw new DeclarationError('prompt-complete', `prompt "${name}" has no argument "${argument}"`)
    }
  }
  const strings = { type: 'object', additionalProperties: { type: 'string' } }
  return {
    listing,
    fits: compileJsonSchema(schema === undefined ? strings : { allOf: [schema, strings] }) as Validator<
      Record<string, string>
    >,
    complete: completers(complete),
    handler
  }
}
