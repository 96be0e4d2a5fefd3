/** A tool: what is declared of it, and what the room makes of the declaration. */
import type { TSchema } from '@sinclair/typebox'
import { DeclarationError } from '../protocol/errors.ts'
import { checkHandler } from '../protocol/feature.ts'
import { isObject } from '../protocol/frame.ts'
import type { Context, Progress } from '../protocol/handler.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { Awaitable, Clock } from '../protocol/ports.ts'
import type { Access } from '../protocol/registry.ts'
import { compileJsonSchema, copySchema, type JsonSchema, type Validator, type ValueOf } from '../protocol/schema.ts'
import type { CallToolResult, ContentBlock, Tool, ToolAnnotations } from '../protocol/types/index.ts'
import { Gate } from './gate.ts'
import { type CallLimits, checkMs, readLimits } from './limits.ts'

/** What `input` and `output` may be: TypeBox of type object, plain JSON Schema, or left out. */
export type Declared = TSchema | JsonSchema | undefined

/** The arguments that a schema lets through; none without one. */
export type Arguments<I> = I extends undefined ? Record<never, never> : ValueOf<I, Record<string, unknown>>

/** An object that is there already: what is promised, or still to be generated, is not taken for a value. */
type Settled = object & { then?: never; [Symbol.asyncIterator]?: never }

/** What a handler may return: what `output` describes, or without one a text or content blocks; a whole result always. */
export type Output<O> = O extends undefined
  ?
      | string
      | ContentBlock
      | ContentBlock[]
      | CallToolResult
      | undefined
      // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has this type
      | void
  : (ValueOf<O, unknown> & Settled) | CallToolResult

/** A generator yields its progress and returns its result. */
export type ToolHandler<I, O> = (
  input: Arguments<I>,
  context: Context
) => Awaitable<Output<O>> | AsyncGenerator<Progress, Output<O>, void>

/** What is declared of a tool (server/tools#tool). */
export interface ToolOptions<I, O> extends Access {
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
  /** How many calls run, how often and for how long. */
  limits?: CallLimits
  /**
   * Tells a client that gave a progress token every so many milliseconds that the call still runs, until the handler reports
   * progress itself: for tools that take longer than clients wait without hearing anything, which is often 60 seconds.
   * Nothing is told by default.
   */
  heartbeatMs?: number
}

/** A tool as the room keeps it. */
export interface RegisteredTool {
  name: string
  listing: Tool
  fits: Validator<Record<string, unknown>>
  outputFits: Validator<unknown> | undefined
  /** Its limits, and what they have let through. */
  gate: Gate | undefined
  heartbeatMs: number | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the pair of declaration and handler was checked by tool()
  handler: ToolHandler<any, any>
}

const members: Members<ToolOptions<undefined, undefined>> = {
  title: 'text',
  description: 'text',
  input: true,
  output: true,
  annotations: 'object',
  _meta: 'object',
  limits: true,
  heartbeatMs: true,
  scopes: true,
  visible: 'function'
}

/** Nothing else is of this revision; what is a vendor's own belongs in `_meta`. */
const hints: Members<ToolAnnotations> = {
  title: 'text',
  readOnlyHint: 'boolean',
  destructiveHint: 'boolean',
  idempotentHint: 'boolean',
  openWorldHint: 'boolean'
}

/** A tool without arguments. */
const emptyInput = { type: 'object', properties: {}, additionalProperties: false }

/**
 * Checks a declaration and compiles its schemas once.
 * Throws a DeclarationError for a name outside `[A-Za-z0-9_./-]{1,64}`, for schemas that are of another kind than JSON Schema, not
 * of type object or do not compile, for options of another name or kind, for limits that cannot work, and for a handler that is none.
 */
export function declareTool<I, O>(
  name: string,
  options: ToolOptions<I, O>,
  handler: ToolHandler<I, O>,
  clock: Clock
): RegisteredTool {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_./-]{1,64}$/.test(name)) {
    throw new DeclarationError('tool-name', `tool "${String(name)}": a name has 1 to 64 of A-Z a-z 0-9 _ . / -`)
  }
  checkMembers(`tool "${name}"`, options, members)
  if (options.annotations !== undefined) checkMembers(`tool "${name}": annotations`, options.annotations, hints)
  checkHandler(`tool "${name}"`, handler)
  const { input = emptyInput, output, visible: _visible, scopes: _scopes, limits, heartbeatMs, ...about } = options
  const of = `the tool "${name}"`
  if (heartbeatMs !== undefined) checkMs(of, 'heartbeatMs', heartbeatMs)
  const inputSchema = publish(name, 'input', input)
  const outputSchema = output === undefined ? undefined : publish(name, 'output', output)
  const listing: Tool = { name, ...about, inputSchema, ...(outputSchema === undefined ? {} : { outputSchema }) }
  return {
    name,
    listing,
    fits: compileFor(name, 'input', input, inputSchema) as Validator<Record<string, unknown>>,
    outputFits: output === undefined ? undefined : compileFor(name, 'output', output, outputSchema),
    gate: limits === undefined ? undefined : new Gate(of, readLimits(of, limits), clock),
    heartbeatMs,
    handler
  }
}

/** The schema as lists show it: plain JSON without `$schema` and `$id`, which clients of this revision refuse. */
function publish(name: string, which: string, schema: unknown): Tool['inputSchema'] {
  const { $schema: _schema, $id: id, ...rest } = copied(name, which, schema)
  if (rest['type'] !== 'object')
    throw new DeclarationError('tool-schema', `tool "${name}": ${which} must be a JSON Schema of type "object"`)
  return (typeof id === 'string' ? rooted(rest, id) : rest) as Tool['inputSchema']
}

function copied(name: string, which: string, schema: unknown): JsonSchema {
  try {
    return copySchema(schema)
  } catch (error) {
    throw new DeclarationError('tool-schema', `tool "${name}": ${which} ${(error as Error).message}`)
  }
}

/** References to a schema's own `$id`, as recursive types of TypeBox have them, as references to its root. */
function rooted(schema: unknown, id: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => rooted(item, id))
  if (!isObject(schema)) return schema
  const members = Object.entries(schema).map(([key, value]) => {
    if (key !== '$ref' || typeof value !== 'string') return [key, rooted(value, id)]
    if (value === id) return [key, '#']
    return [key, value.startsWith(`${id}#`) ? value.slice(id.length) : value]
  })
  return Object.fromEntries(members)
}

/** What is listed is what is checked; only the dialect is told by the schema as it was declared. */
function compileFor(name: string, which: string, declared: unknown, listed: object | undefined): Validator<unknown> {
  const { $schema } = declared as { $schema?: unknown }
  try {
    return compileJsonSchema($schema === undefined ? { ...listed } : { $schema, ...listed })
  } catch (error) {
    throw new DeclarationError('tool-schema', `tool "${name}": ${which} does not compile: ${(error as Error).message}`)
  }
}
