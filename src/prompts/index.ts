/** The room of prompts: declare them, and hand their methods to a host. */
import type { Feature } from '../protocol/feature.ts'
import { listChange, type Registration, Registry } from '../protocol/registry.ts'
import { promptCompleter, promptMethods } from './methods.ts'
import {
  type DeclaredArguments,
  declarePrompt,
  type PromptHandler,
  type PromptOptions,
  type RegisteredPrompt
} from './prompt.ts'

export type { Registration } from '../protocol/registry.ts'
export {
  assistant,
  type DeclaredArguments,
  type PromptArguments,
  type PromptHandler,
  type PromptOptions,
  type PromptValue,
  user
} from './prompt.ts'

/** What an embedding API may do with prompts. */
export interface Prompts {
  /**
   * Registers a prompt; its arguments are typed from their schema. Throws a DeclarationError for one that is taken or cannot work.
   *
   * @returns what takes the prompt away for a while or for good
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { Type } from '@sinclair/typebox'
   * import Fastify from 'fastify'
   * import handwire, { assistant, user } from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * const review = app.mcp.prompt('review', { arguments: Type.Object({ code: Type.String() }) }, ({ code }) => [
   *   user(`Review this:\n${code}`),
   *   assistant('I will be kind.')
   * ])
   *
   * const client = await app.mcp.test()
   * assert.equal((await client.prompt('review', { code: 'let x' })).messages.length, 2)
   * await assert.rejects(client.prompt('review'), { code: -32602 })
   * review.disable()
   * assert.deepEqual(await client.list('prompts'), [])
   * await app.close()
   * ```
   */
  prompt<A extends DeclaredArguments = undefined>(
    name: string,
    options: PromptOptions<A>,
    handler: PromptHandler<A>
  ): Registration
  /**
   * Takes a prompt away again; false when there was none.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify from 'fastify'
   * import handwire from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * app.mcp.prompt('review', {}, () => 'Review this.')
   * assert.equal(app.mcp.removePrompt('review'), true)
   * ```
   */
  removePrompt(name: string): boolean
}

/**
 * Prompts over a fresh registry; `pageSize` entries on a page of prompts/list. An `open` room, which verifies nobody, refuses scopes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { prompts } from 'handwire/prompts'
 *
 * const { api, feature } = prompts(50)
 * api.prompt('hello', {}, () => 'Say hello.')
 * assert.deepEqual(feature.capabilities(), { prompts: { listChanged: true } })
 * ```
 */
export function prompts(pageSize: number, { open }: { open?: boolean } = {}): { api: Prompts; feature: Feature } {
  const registry = new Registry<RegisteredPrompt>('prompts', pageSize, open)
  const completes = (): boolean => [...registry.values()].some(({ complete }) => complete.size > 0)
  return {
    api: {
      prompt(name, options, handler) {
        const declared = declarePrompt(name, options, handler)
        return registry.add(name, declared.listing, declared, options)
      },
      removePrompt: (name) => registry.remove(name)
    },
    feature: {
      methods: promptMethods(registry),
      completers: { 'ref/prompt': promptCompleter(registry) },
      capabilities() {
        if (registry.size === 0) return {}
        return completes() ? { prompts: { listChanged: true }, completions: {} } : { prompts: { listChanged: true } }
      },
      watch(watcher) {
        registry.watch((visible) => watcher(listChange('prompts', visible)))
      }
    }
  }
}
