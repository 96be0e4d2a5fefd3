/** The room of prompts: declare them, and hand their methods to a host. */
import type { TObject } from '@sinclair/typebox'
import type { Feature } from '../protocol/feature.ts'
import { Registry } from '../protocol/registry.ts'
import { promptCompleter, promptMethods } from './methods.ts'
import { declarePrompt, type PromptHandler, type PromptOptions, type RegisteredPrompt } from './prompt.ts'

export { assistant, type PromptHandler, type PromptOptions, type PromptValue, user } from './prompt.ts'

/** What an embedding API may do with prompts. */
export interface Prompts {
  /** Registers a prompt; its arguments are typed from their schema. Throws a DeclarationError for one that is taken or cannot work. */
  prompt<A extends TObject>(name: string, options: PromptOptions<A>, handler: PromptHandler<A>): void
  /** Takes a prompt away again; false when there was none. */
  removePrompt(name: string): boolean
}

/** Prompts over a fresh registry; `pageSize` entries on a page of prompts/list. */
export function prompts(pageSize: number): { api: Prompts; feature: Feature } {
  const registry = new Registry<RegisteredPrompt>('prompts', pageSize)
  const completes = (): boolean => [...registry.values()].some(({ complete }) => complete.size > 0)
  return {
    api: {
      prompt(name, options, handler) {
        const declared = declarePrompt(name, options, handler)
        registry.add(name, declared.listing, declared, options.visible)
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
        registry.watch(() => watcher({ list: 'prompts' }))
      }
    }
  }
}
