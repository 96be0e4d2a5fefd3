/** tools/list and tools/call over a registry (server/tools). */
import { ProtocolError, ToolError } from '../protocol/errors.ts'
import type { Call, MethodFunction } from '../protocol/feature.ts'
import type { Progress } from '../protocol/handler.ts'
import { isLater, type JsonText } from '../protocol/ports.ts'
import type { Registry } from '../protocol/registry.ts'
import { explain } from '../protocol/schema.ts'
import type { CallToolParams, CallToolResult, PaginatedParams } from '../protocol/types/index.ts'
import { failedResult, toolResult } from './result.ts'
import type { RegisteredTool } from './tool.ts'

/** The methods of this room, by name. */
export function toolMethods(tools: Registry<RegisteredTool>): Record<string, MethodFunction> {
  return {
    'tools/list': (params: PaginatedParams, call: Call) => tools.page(params.cursor, call.session),
    'tools/call': (params: CallToolParams, call: Call) => {
      const tool = tools.get(params.name, call.session)
      if (tool === undefined) {
        throw new ProtocolError('unknownTool', {
          subject: params.name,
          expected: 'a tool that tools/list names',
          received: params.name
        })
      }
      const input = params.arguments ?? {}
      if (!tool.fits(input)) {
        const why = explain(tool.fits.errors)
        throw new ProtocolError('invalidArguments', {
          subject: why,
          expected: 'arguments that fit the inputSchema',
          received: input
        })
      }
      return run(tool, input, call)
    }
  }
}

type Result = CallToolResult | JsonText

/**
 * Calls the handler. What it throws as a ToolError is a result that the model reads; a ProtocolError is an error; any
 * other throw is a result that says only which request to quote, and the log gets the rest (TOOLS-36, TOOLS-38).
 */
function run(tool: RegisteredTool, input: Record<string, unknown>, call: Call): Result | Promise<Result> {
  const done = (value: unknown): Result => toolResult(tool, value)
  const thrown = (error: unknown): Result => failure(tool, error, call)
  let value: unknown
  try {
    value = tool.handler(input, call)
  } catch (error) {
    return thrown(error)
  }
  if (isLater(value)) return Promise.resolve(value).then(done, thrown)
  return isGenerator(value) ? drain(value, call).then(done, thrown) : done(value)
}

function failure(tool: RegisteredTool, error: unknown, call: Call): CallToolResult {
  if (error instanceof ToolError) return failedResult(error.message)
  if (error instanceof ProtocolError) throw error
  if (!call.signal.aborted) call.log.error({ err: error, tool: tool.name }, 'tool failed')
  return failedResult(
    `The tool failed unexpectedly; its operator finds the cause in the log under request ${JSON.stringify(call.id)}.`
  )
}

/** A generator's yields are its progress; when the call is stopped it gets to clean up. */
async function drain(steps: AsyncGenerator<Progress, unknown, void>, call: Call): Promise<unknown> {
  for (;;) {
    const next = await steps.next()
    if (next.done === true) return next.value
    if (call.signal.aborted) {
      await steps.return(undefined)
      return undefined
    }
    call.progress(next.value)
  }
}

function isGenerator(value: unknown): value is AsyncGenerator<Progress, unknown, void> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'return' in value
}
