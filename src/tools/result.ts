/** What a tool's handler returned, made the result that goes on the wire (server/tools#tool-result). */
import { checkBlock } from '../protocol/content.ts'
import { isObject } from '../protocol/frame.ts'
import { JsonText } from '../protocol/ports.ts'
import { asSent, compileLater, explain } from '../protocol/schema.ts'
import { CallToolResult, type ContentBlock } from '../protocol/types/index.ts'
import type { RegisteredTool } from './tool.ts'

const empty: CallToolResult = { content: [] }

const resultFits = compileLater(CallToolResult)

/**
 * A result from whatever a handler may return. Throws a TypeError when it fits neither the declared output (TOOLS-31,
 * TOOLS-32) nor the types of the revision: that is the handler's fault, and nothing of it is sent. What is judged is what the
 * value's text says, not the value.
 */
export function toolResult(tool: RegisteredTool, value: unknown): CallToolResult | JsonText {
  if (tool.outputFits === undefined) {
    if (typeof value === 'string') return new JsonText(`{"content":[{"type":"text","text":${JSON.stringify(value)}}]}`)
    if (value === undefined || value === null) return empty
  }
  const sent = asSent(value)
  if (isResult(tool, sent)) return checkResult(tool, sent)
  if (tool.outputFits !== undefined) return structured(tool, sent)
  const content = Array.isArray(sent) ? sent : [sent]
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

function checkResult(tool: RegisteredTool, result: object): CallToolResult {
  const fits = resultFits()
  if (!fits(result)) throw new TypeError(`tool "${tool.name}" returned a result that is none: ${explain(fits.errors)}`)
  if (tool.outputFits !== undefined && result.isError !== true) checkOutput(tool, result.structuredContent)
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
function isResult(tool: RegisteredTool, value: unknown): value is object {
  if (!isObject(value) || !Array.isArray(value['content'])) return false
  return tool.outputFits === undefined || 'structuredContent' in value || value['isError'] === true
}
