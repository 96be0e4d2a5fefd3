/** tools/list and tools/call over a registry (server/tools). */
import { ProtocolError } from '../protocol/errors.ts'
import type { Call, MethodFunction } from '../protocol/feature.ts'
import type { Registry } from '../protocol/registry.ts'
import { explain } from '../protocol/schema.ts'
import type { CallToolParams, PaginatedParams } from '../protocol/types/index.ts'
import type { Runner } from './run.ts'
import type { RegisteredTool } from './tool.ts'

/** The methods of this room, by name. */
export function toolMethods(tools: Registry<RegisteredTool>, runner: Runner): Record<string, MethodFunction> {
  return {
    'tools/list': (params: PaginatedParams, call: Call) => tools.page(params.cursor, call),
    'tools/call': (params: CallToolParams, call: Call) => {
      const tool = tools.get(params.name, call)
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
      return runner.run(tool, input, call, params._meta?.progressToken !== undefined)
    }
  }
}
