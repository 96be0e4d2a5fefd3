/** A tool: what is declared of it, and what the room makes of the declaration. */
import type { Static, TObject } from '@sinclair/typebox'
import { DeclarationError } from '../protocol/errors.ts'
import { isObject } from '../protocol/frame.ts'
import type { Context, Progress, SessionView } from '../protocol/handler.ts'
import type { Awaitable } from '../protocol/ports.ts'
import { compileJsonSchema, type Validator } from '../protocol/schema.ts'
import type { CallToolResult, ContentBlock, Tool, ToolAnnotations } from '../protocol/types/index.ts'

/** The arguments that a schema lets through. */
export type Arguments<I> = I extends TObject ? Static<I> : Record<string, unknown>

/** What a handler may return: a text, one or several content blocks, a whole result, or what `output` describes. */
export type Output<O> = O extends TObject
  ? Static<O> | CallToolResult
  :
      | string
      | ContentBlock
      | ContentBlock[]
      | CallToolResult
      | undefined
      // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has this type
      | void

/** A generator yields its progress and returns its result. */
export type ToolHandler<I, O> = (
  input: Arguments<I>,
  context: Context
) => Awaitable<Output<O>> | AsyncGenerator<Progress, Output<O>, void>

/** What is declared of a tool (server/tools#tool). */
export interface ToolOptions<I, O> {
  /** For people. */
  title?: string
  /** For the model. */
  description?: string
  /** TypeBox or plain JSON Schema of type object; without it the tool takes no arguments. */
  input?: I
  /** Schema of the structured result; its JSON is mirrored as text (TOOLS-30). */
  output?: O
  annotations?: ToolAnnotations
  _meta?: Record<string, unknown>
  /** Who sees it; everybody by default. */
  visible?: (session: SessionView) => boolean
}

/** A tool as the room keeps it. */
export interface RegisteredTool {
  name: string
  listing: Tool
  fits: Validator<Record<string, unknown>>
  outputFits: Validator<unknown> | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the pair of declaration and handler was checked by tool()
  handler: ToolHandler<any, any>
}

/** A tool without arguments. */
const emptyInput = { type: 'object', properties: {}, additionalProperties: false }

/**
 * Checks a declaration and compiles its schemas once.
 * Throws a DeclarationError for a name outside `[A-Za-z0-9_./-]{1,64}` and for schemas that are not objects or do not compile.
 */
export function declareTool<I, O>(
  name: string,
  options: ToolOptions<I, O>,
  handler: ToolHandler<I, O>
): RegisteredTool {
  if (!/^[A-Za-z0-9_./-]{1,64}$/.test(name)) {
    throw new DeclarationError('tool-name', `tool "${name}": a name has 1 to 64 of A-Z a-z 0-9 _ . / -`)
  }
  const { input = emptyInput, output, visible: _, ...about } = options
  const inputSchema = publish(name, 'input', input)
  const listing: Tool = { name, ...about, inputSchema }
  if (output !== undefined) listing.outputSchema = publish(name, 'output', output)
  return {
    name,
    listing,
    fits: compileFor(name, 'input', input as object) as Validator<Record<string, unknown>>,
    outputFits: output === undefined ? undefined : compileFor(name, 'output', output as object),
    handler
  }
}

/** The schema as lists show it: plain JSON without `$schema` and `$id`, which clients of this revision refuse. */
function publish(name: string, which: string, schema: unknown): Tool['inputSchema'] {
  if (!isObject(schema) || schema['type'] !== 'object') {
    throw new DeclarationError('tool-schema', `tool "${name}": ${which} must be a JSON Schema of type "object"`)
  }
  const { $schema: _schema, $id: _id, ...rest } = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>
  return rest as Tool['inputSchema']
}

function compileFor(name: string, which: string, schema: object): Validator<unknown> {
  try {
    return compileJsonSchema(schema)
  } catch (error) {
    throw new DeclarationError('tool-schema', `tool "${name}": ${which} does not compile: ${(error as Error).message}`)
  }
}
