/** The room of tools: declare them, and hand their methods to a host. */
import type { TObject } from '@sinclair/typebox'
import type { Feature } from '../protocol/feature.ts'
import { Registry } from '../protocol/registry.ts'
import { toolMethods } from './methods.ts'
import { declareTool, type RegisteredTool, type ToolHandler, type ToolOptions } from './tool.ts'

export type { Arguments, Output, ToolHandler, ToolOptions } from './tool.ts'

/** What an embedding API may do with tools. */
export interface Tools {
  /**
   * Registers a tool. Arguments and results are typed from its schemas and checked against them.
   * Throws a DeclarationError for a name that is taken or malformed, or a schema that cannot work.
   */
  tool<I extends TObject | Record<string, unknown>, O extends TObject | undefined = undefined>(
    name: string,
    options: ToolOptions<I, O>,
    handler: ToolHandler<I, O>
  ): void
  /** Takes a tool away again; false when there was none. */
  removeTool(name: string): boolean
}

/** Tools over a fresh registry; `pageSize` entries on a page of tools/list. */
export function tools(pageSize: number): { api: Tools; feature: Feature } {
  const registry = new Registry<RegisteredTool>('tools', pageSize)
  return {
    api: {
      tool(name, options, handler) {
        const declared = declareTool(name, options, handler)
        registry.add(name, declared.listing, declared, options.visible)
      },
      removeTool: (name) => registry.remove(name)
    },
    feature: {
      methods: toolMethods(registry),
      capabilities: () => (registry.size === 0 ? {} : { tools: { listChanged: true } }),
      watch(watcher) {
        registry.watch(() => watcher({ list: 'tools' }))
      }
    }
  }
}
