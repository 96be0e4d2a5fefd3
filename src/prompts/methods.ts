/** prompts/list and prompts/get over a registry (server/prompts). */
import { ProtocolError } from '../protocol/errors.ts'
import { type Call, type Completer, type MethodFunction, suggestions } from '../protocol/feature.ts'
import type { Registry } from '../protocol/registry.ts'
import { asSent, compileLater, explain } from '../protocol/schema.ts'
import {
  type CompleteParams,
  type GetPromptParams,
  GetPromptResult,
  type PaginatedParams
} from '../protocol/types/index.ts'
import { type PromptValue, type RegisteredPrompt, user } from './prompt.ts'

const resultFits = compileLater(GetPromptResult)

/** The methods of this room, by name. */
export function promptMethods(prompts: Registry<RegisteredPrompt>): Record<string, MethodFunction> {
  return {
    'prompts/list': (params: PaginatedParams, call: Call) => prompts.page(params.cursor, call),
    'prompts/get': async (params: GetPromptParams, call: Call) => {
      const prompt = prompts.get(params.name, call)
      if (prompt === undefined) {
        throw new ProtocolError('unknownPrompt', {
          subject: params.name,
          expected: 'a prompt that prompts/list names',
          received: params.name
        })
      }
      const input = params.arguments ?? {}
      if (!prompt.fits(input)) {
        const why = explain(prompt.fits.errors)
        throw new ProtocolError('promptArguments', {
          subject: why,
          expected: 'the arguments that prompts/list names, as strings',
          received: input
        })
      }
      return promptResult(prompt, await prompt.handler(input, call))
    }
  }
}

/** Suggestions for the arguments of the prompt that `ref.name` names. */
export function promptCompleter(prompts: Registry<RegisteredPrompt>): Completer {
  return (params: CompleteParams, call) => {
    if (params.ref.type !== 'ref/prompt') return undefined
    const prompt = prompts.get(params.ref.name, call)
    if (prompt === undefined) return undefined
    return suggestions(prompt.complete.get(params.argument.name), params, call)
  }
}

/** Throws a TypeError for messages that the revision cannot carry: a fault of the handler. */
function promptResult(prompt: RegisteredPrompt, value: PromptValue): GetPromptResult {
  const { description } = prompt.listing
  const about = description === undefined ? {} : { description }
  const result =
    typeof value === 'string'
      ? { ...about, messages: [user(value)] }
      : Array.isArray(value)
        ? { ...about, messages: value }
        : value
  const sent = asSent(result)
  const fits = resultFits()
  if (!fits(sent))
    throw new TypeError(`prompt "${prompt.listing.name}" returned messages that are none: ${explain(fits.errors)}`)
  return sent
}
