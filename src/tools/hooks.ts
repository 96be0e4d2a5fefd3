/** Hooks around the calls of tools, as Fastify's hooks are: added by name, run in the order in which they were added. */
import { DeclarationError } from '../protocol/errors.ts'
import type { Context } from '../protocol/handler.ts'
import { type Awaitable, JsonText } from '../protocol/ports.ts'
import { logThrown } from '../protocol/thrown.ts'
import type { CallToolResult } from '../protocol/types/index.ts'

/** A call whose arguments have passed the tool's schema. */
export interface ToolCall {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** How a call went. */
export interface ToolOutcome {
  /** What is answered, failed results with it; undefined where the answer is an error, or the call was over before. */
  readonly result: CallToolResult | undefined
  /** What the handler, a hook or a limit threw. */
  readonly error: unknown
  /** From the call's arrival, waiting included. */
  readonly ms: number
}

/** What can be hooked. */
export interface ToolHooks {
  /**
   * Before the handler, when the call has its place. The handler waits for it. Throwing a ToolError or a ProtocolError refuses
   * the call, and no later hook is run; anything else that is thrown is masked as a fault.
   */
  preTool: (call: ToolCall, context: Context) => Awaitable<void>
  /**
   * After the handler, or after what kept it from running. It changes nothing and nobody waits for it; what it throws goes to
   * the log.
   */
  postTool: (call: ToolCall, context: Context, outcome: ToolOutcome) => Awaitable<void>
}

export class Hooks {
  readonly #before: ToolHooks['preTool'][] = []
  readonly #after: ToolHooks['postTool'][] = []

  /** Throws a DeclarationError for a name that is none, and for a hook that is no function. */
  add<N extends keyof ToolHooks>(name: N, hook: ToolHooks[N]): void {
    if (typeof hook !== 'function')
      throw new DeclarationError('hook', `the hook "${String(name)}" is a function that is told of calls`)
    if (name === 'preTool') this.#before.push(hook as ToolHooks['preTool'])
    else if (name === 'postTool') this.#after.push(hook as ToolHooks['postTool'])
    else throw new DeclarationError('hook', `there is no hook "${String(name)}": preTool and postTool are`)
  }

  get any(): boolean {
    return this.#before.length + this.#after.length > 0
  }

  async before(call: ToolCall, context: Context): Promise<void> {
    for (const hook of this.#before) await hook(call, context)
  }

  /** Begins to tell how a call went. */
  after(
    call: ToolCall,
    context: Context,
    { result, error, ms }: { result: CallToolResult | JsonText | undefined; error: unknown; ms: number }
  ): void {
    if (this.#after.length === 0) return
    const seen = result instanceof JsonText ? (JSON.parse(result.text) as CallToolResult) : result
    void this.#tell(call, context, { result: seen, error, ms })
  }

  async #tell(call: ToolCall, context: Context, outcome: ToolOutcome): Promise<void> {
    for (const hook of this.#after) {
      try {
        await hook(call, context, outcome)
      } catch (error) {
        logThrown(context.log, 'error', error, 'postTool hook failed', { tool: call.name })
      }
    }
  }
}
