/** Runs tools: through their limits and hooks, with what the handler returned or threw made a result. */
import { ProtocolError, ToolError } from '../protocol/errors.ts'
import type { Call } from '../protocol/feature.ts'
import type { Context, Progress } from '../protocol/handler.ts'
import { type Awaitable, type Clock, isLater, type JsonText } from '../protocol/ports.ts'
import { isThrown, logThrown } from '../protocol/thrown.ts'
import type { CallToolResult } from '../protocol/types/index.ts'
import { Gate } from './gate.ts'
import { Hooks, type ToolCall } from './hooks.ts'
import { type CallLimits, checkMs, readLimits } from './limits.ts'
import { failedResult, toolResult } from './result.ts'
import { TimedCall } from './timed.ts'
import type { RegisteredTool } from './tool.ts'
import { type Passage, Turns } from './turns.ts'

type Result = CallToolResult | JsonText
type Arguments = Record<string, unknown>

export class Runner {
  readonly hooks = new Hooks()
  readonly #clock: Clock
  readonly #turns: Turns
  readonly #gate: Gate | undefined
  readonly #heartbeatMs: number | undefined

  /** `limits` and `heartbeatMs` hold for all tools. */
  constructor(clock: Clock, limits: CallLimits | undefined, heartbeatMs: number | undefined) {
    this.#clock = clock
    this.#turns = new Turns(clock)
    this.#gate =
      limits === undefined ? undefined : new Gate('this server', readLimits('limits of all tools', limits), clock)
    if (heartbeatMs !== undefined) checkMs('all tools', 'heartbeatMs', heartbeatMs)
    this.#heartbeatMs = heartbeatMs
  }

  /** Calls a tool; at once where nothing has to be waited for. `heard` tells whether the client wants to hear of progress. */
  run(tool: RegisteredTool, input: Arguments, call: Call, heard: boolean): Awaitable<Result> {
    const heartbeatMs = heard ? (tool.heartbeatMs ?? this.#heartbeatMs) : undefined
    if (tool.gate !== undefined || this.#gate !== undefined || heartbeatMs !== undefined || this.hooks.any)
      return this.#guarded(tool, input, call, heartbeatMs)
    let value: unknown
    try {
      value = invoke(tool, input, call)
    } catch (error) {
      return failure(tool, error, call)
    }
    if (!isLater(value)) return toolResult(tool, value)
    return Promise.resolve(value).then(
      (late) => toolResult(tool, late),
      (error) => failure(tool, error, call)
    )
  }

  async #guarded(tool: RegisteredTool, input: Arguments, call: Call, heartbeatMs: number | undefined): Promise<Result> {
    const clock = this.#clock
    const beganAt = clock.now()
    const timeoutMs = tool.gate?.bounds.timeoutMs ?? this.#gate?.bounds.timeoutMs
    const timing = { tool: tool.name, clock, timeoutMs, heartbeatMs }
    const timed = timeoutMs === undefined && heartbeatMs === undefined ? undefined : new TimedCall(call, timing)
    const context = timed?.context ?? call
    const told = { name: tool.name, arguments: input }
    let result: Result | undefined
    let error: unknown
    try {
      const value = await this.#value(tool, told, call, context, timed).catch((thrown: unknown) => {
        error = thrown
        return failure(tool, thrown, call)
      })
      result = error === undefined ? toolResult(tool, value) : (value as CallToolResult)
      return result
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      timed?.close()
      const answered = call.signal.aborted ? undefined : result
      this.hooks.after(told, context, { result: answered, error, ms: clock.now() - beganAt })
    }
  }

  /** What the handler returns, when the call has had its turn and its hooks. */
  async #value(
    tool: RegisteredTool,
    told: ToolCall,
    call: Call,
    context: Context,
    timed: TimedCall | undefined
  ): Promise<unknown> {
    const leave = await this.#turns.enter(this.#passages(tool, call), () => call.signal)
    const work = async (): Promise<unknown> => {
      try {
        await this.hooks.before(told, context)
        // nothing begins that nobody waits for any more
        if (context.signal.aborted) throw context.signal.reason
        return await invoke(tool, told.arguments, context)
      } finally {
        // not before the handler has ended, also when its time was up: until then it is at work
        leave()
      }
    }
    return timed === undefined ? work() : timed.within(work)
  }

  #passages(tool: RegisteredTool, call: Call): Passage[] {
    const passages: Passage[] = []
    for (const gate of [tool.gate, this.#gate]) {
      if (gate !== undefined) passages.push({ gate, caller: gate.bounds.key(call) })
    }
    return passages
  }
}

/** What the handler returns; of a generator, in the end. */
function invoke(tool: RegisteredTool, input: Readonly<Arguments>, context: Context): unknown {
  const value: unknown = tool.handler(input, context)
  return isGenerator(value) ? drain(value, context) : value
}

/**
 * What a handler throws as a ToolError is a result that the model reads; a ProtocolError is an error; any other throw is a
 * result that says only which request to quote, and the log gets the rest (TOOLS-36, TOOLS-38).
 */
function failure(tool: RegisteredTool, error: unknown, call: Call): CallToolResult {
  if (isThrown(error, ToolError)) {
    if (error.data !== undefined || error.cause !== undefined)
      logThrown(call.log, 'warn', error, 'tool refused', { data: error.data, tool: tool.name })
    return failedResult(error.message)
  }
  if (isThrown(error, ProtocolError)) throw error
  if (!call.signal.aborted) logThrown(call.log, 'error', error, 'tool failed', { tool: tool.name })
  return failedResult(
    `The tool failed unexpectedly; its operator finds the cause in the log under request ${JSON.stringify(call.id)}.`
  )
}

/** A generator's yields are its progress; when the call is stopped it gets to clean up. */
async function drain(steps: AsyncGenerator<Progress, unknown, void>, context: Context): Promise<unknown> {
  for (;;) {
    const next = await steps.next()
    if (next.done === true) return next.value
    if (context.signal.aborted) {
      await steps.return(undefined)
      return undefined
    }
    context.progress(next.value)
  }
}

function isGenerator(value: unknown): value is AsyncGenerator<Progress, unknown, void> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'return' in value
}
