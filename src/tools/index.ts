/** The room of tools: declare them, and hand their methods to a host. */
import type { Feature } from '../protocol/feature.ts'
import { systemClock } from '../protocol/memory.ts'
import type { Clock } from '../protocol/ports.ts'
import { listChange, type Registration, Registry } from '../protocol/registry.ts'
import type { ToolHooks } from './hooks.ts'
import type { CallLimits } from './limits.ts'
import { toolMethods } from './methods.ts'
import { Runner } from './run.ts'
import { type Declared, declareTool, type RegisteredTool, type ToolHandler, type ToolOptions } from './tool.ts'

export type { Registration } from '../protocol/registry.ts'
export type { ToolCall, ToolHooks, ToolOutcome } from './hooks.ts'
export type { CallLimits } from './limits.ts'
export type { Arguments, Declared, Output, ToolHandler, ToolOptions } from './tool.ts'

/** What an embedding API may do with tools. */
export interface Tools {
  /**
   * Registers a tool. Arguments and results are typed from its schemas and checked against them.
   * Throws a DeclarationError for a name that is taken or malformed, and for options that cannot work.
   *
   * @returns what takes the tool away for a while or for good
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { Type } from '@sinclair/typebox'
   * import Fastify from 'fastify'
   * import handwire, { ToolError } from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * const divide = app.mcp.tool(
   *   'divide',
   *   {
   *     description: 'Divides two numbers',
   *     input: Type.Object({ a: Type.Number(), b: Type.Number() }),
   *     output: Type.Object({ quotient: Type.Number() }),
   *     annotations: { readOnlyHint: true }
   *   },
   *   ({ a, b }) => {
   *     if (b === 0) throw new ToolError('b must not be 0')
   *     return { quotient: a / b }
   *   }
   * )
   *
   * const client = await app.mcp.test()
   * assert.deepEqual(await client.data('divide', { a: 6, b: 3 }), { quotient: 2 })
   * await assert.rejects(client.text('divide', { a: 6, b: 0 }), new ToolError('b must not be 0'))
   * divide.disable()
   * assert.deepEqual(await client.list('tools'), [])
   * await app.close()
   * ```
   */
  tool<I extends Declared = undefined, O extends Declared = undefined>(
    name: string,
    options: ToolOptions<I, O>,
    handler: ToolHandler<I, O>
  ): Registration
  /**
   * Takes a tool away again; false when there was none.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify from 'fastify'
   * import handwire from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * app.mcp.tool('old', {}, () => 'still here')
   * assert.equal(app.mcp.removeTool('old'), true)
   * assert.equal(app.mcp.removeTool('old'), false)
   * ```
   */
  removeTool(name: string): boolean
  /**
   * Runs `hook` before (`preTool`) or after (`postTool`) every call of every tool of this endpoint whose arguments have passed
   * their schema, in the order in which hooks are added. Hooks hold for the endpoint, not for the scope that adds them: a tool
   * belongs to no scope either. Throws a DeclarationError for another name, and for a hook that is no function.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify from 'fastify'
   * import handwire, { ToolError } from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * app.mcp.tool('refund', {}, () => 'refunded')
   * const told: string[] = []
   * app.mcp.addHook('preTool', ({ name }, { session }) => {
   *   if (session.client.info.name === 'stranger') throw new ToolError(`${name} is not for strangers.`)
   * })
   * app.mcp.addHook('postTool', ({ name }, _, { result }) => void told.push(`${name} ${result?.isError === true}`))
   *
   * const friend = await app.mcp.test({ clientInfo: { name: 'friend', version: '1' } })
   * const stranger = await app.mcp.test({ clientInfo: { name: 'stranger', version: '1' } })
   * assert.equal(await friend.text('refund'), 'refunded')
   * await assert.rejects(stranger.text('refund'), new ToolError('refund is not for strangers.'))
   * assert.deepEqual(told, ['refund false', 'refund true'])
   * await app.close()
   * ```
   */
  addHook<N extends keyof ToolHooks>(name: N, hook: ToolHooks[N]): void
}

/** What holds for all tools. */
export interface ToolsOptions {
  /** The host's clock; that of this machine by default. */
  clock?: Clock | undefined
  /** Limits of all calls together, beside those of each tool; `timeoutMs` is for tools that have none of their own. */
  limits?: CallLimits | undefined
  /** For tools that have none of their own; no heartbeat by default. */
  heartbeatMs?: number | undefined
  /** Nobody is verified: declaring scopes, which nothing would check, is refused. */
  open?: boolean | undefined
}

/**
 * Tools over a fresh registry; `pageSize` entries on a page of tools/list.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Host } from 'handwire/protocol'
 * import { tools } from 'handwire/tools'
 *
 * const { api, feature } = tools(50)
 * api.tool('hello', {}, () => 'world')
 * const host = new Host({ info: { name: 'acme', version: '1' }, features: [feature] })
 * assert.deepEqual(feature.capabilities(), { tools: { listChanged: true } })
 * await host.close()
 * ```
 */
export function tools(
  pageSize: number,
  { clock = systemClock, limits, heartbeatMs, open }: ToolsOptions = {}
): { api: Tools; feature: Feature } {
  const registry = new Registry<RegisteredTool>('tools', pageSize, open)
  const runner = new Runner(clock, limits, heartbeatMs)
  return {
    api: {
      tool(name, options, handler) {
        const declared = declareTool(name, options, handler, clock)
        return registry.add(name, declared.listing, declared, options)
      },
      removeTool: (name) => registry.remove(name),
      addHook: (name, hook) => runner.hooks.add(name, hook)
    },
    feature: {
      methods: toolMethods(registry, runner),
      capabilities: () => (registry.size === 0 ? {} : { tools: { listChanged: true } }),
      watch(watcher) {
        registry.watch((visible) => watcher(listChange('tools', visible)))
      }
    }
  }
}
