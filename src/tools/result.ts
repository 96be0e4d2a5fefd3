/** What a tool's handler returned, made the result that goes on the wire (server/tools#tool-result). */
import { checkBlock } from '../protocol/content.ts'
import { isObject } from '../protocol/frame.ts'
import { JsonText } from '../protocol/ports.ts'
import { explain } from '../protocol/schema.ts'
import type { CallToolResult, ContentBlock } from '../protocol/types/index.ts'
import type { RegisteredTool } from './tool.ts'

const empty: CallToolResult = { content: [] }

/**
 * A result from whatever a handler may return. Throws a TypeError when it fits neither the declared output (TOOLS-31,
 * TOOLS-32) nor the types of the revision: that is the handler's fault, and nothing of it is sent.
 */
export function toolResult(tool: RegisteredTool, value: unknown): CallToolResult | JsonText {
  if (isResult(tool, value)) return checkResult(tool, value)
  if (tool.outputFits !== undefined) return structured(tool, value)
  if (typeof value === 'string') return new JsonText(`{"content":[{"type":"text","text":${JSON.stringify(value)}}]}`)
  if (value === undefined || value === null) return empty
  const content = Array.isArray(value) ? value : [value]
  for (const block of content) checkBlock(block)
  return { content: content as ContentBlock[] }
}

/** A failure that the model may read (TOOLS-36). */
export function failedResult(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true }
}

/** The structured value and, printed once, its mirror as text (TOOLS-30). */
function structured(tool: RegisteredTool, value: unknown): JsonText {
  checkOutput(tool, value)
  const json = JSON.stringify(value)
  return new JsonText(`{"content":[{"type":"text","text":${JSON.stringify(json)}}],"structuredContent":${json}}`)
}

function checkResult(tool: RegisteredTool, result: CallToolResult): CallToolResult {
  for (const block of result.content) checkBlock(block)
  if (result.isError === true) return result
  if (result.structuredContent !== undefined && !isObject(result.structuredContent)) {
    throw new TypeError(`tool "${tool.name}" returned structuredContent that is no object`)
  }
  if (tool.outputFits !== undefined) checkOutput(tool, result.structuredContent)
  return result
}

function checkOutput(tool: RegisteredTool, value: unknown): void {
  if (tool.outputFits?.(value) === false) {
    throw new TypeError(
      `tool "${tool.name}" returned something that does not fit its output: ${explain(tool.outputFits.errors)}`
    )
  }
}

/** Whether a handler made the whole result itself. With an output declared only these two members tell it from an output. */
function isResult(tool: RegisteredTool, value: unknown): value is CallToolResult {
  if (!isObject(value) || !Array.isArray(value['content'])) return false
  return tool.outputFits === undefined || 'structuredContent' in value || value['isError'] === true
}
