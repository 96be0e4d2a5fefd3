/** The room of resources: declare them, report their changes, and hand their methods to a host. */
import type { Change, Feature } from '../protocol/feature.ts'
import { Registry } from '../protocol/registry.ts'
import { resourceCompleter, resourceMethods } from './methods.ts'
import { declareResource, type RegisteredResource, type ResourceHandler, type ResourceOptions } from './resource.ts'
import type { Variables } from './template.ts'

export type { ResourceHandler, ResourceOptions, ResourceValue } from './resource.ts'
export type { Variables } from './template.ts'

/** What an embedding API may do with resources. */
export interface Resources {
  /**
   * Registers a resource under its URI, or a family of them under a URI template, whose variables are typed from its text.
   * A handler that is an async generator is written to the wire as it yields, and never held whole.
   * Throws a DeclarationError for a URI that is taken or cannot work.
   */
  resource<T extends string>(
    uri: T,
    options: ResourceOptions<Variables<T>>,
    handler: ResourceHandler<Variables<T>>
  ): void
  /** Takes a resource or template away again; false when there was none. */
  removeResource(uri: string): boolean
  /** Tells the sessions that subscribed to `uri` that it changed (RES-16). */
  updated(uri: string): void
}

/** Resources over fresh registries; `pageSize` entries on a page of a list. */
export function resources(pageSize: number): { api: Resources; feature: Feature } {
  const registries = {
    resources: new Registry<RegisteredResource>('resources', pageSize),
    templates: new Registry<RegisteredResource>('resourceTemplates', pageSize)
  }
  const watchers: ((change: Change) => void)[] = []
  const tell = (change: Change): void => {
    for (const watcher of watchers) watcher(change)
  }
  const listChanged = (): void => tell({ list: 'resources' })
  registries.resources.watch(listChanged)
  registries.templates.watch(listChanged)
  const completes = (): boolean => [...registries.templates.values()].some(({ complete }) => complete.size > 0)
  return {
    api: {
      resource(uri, options, handler) {
        const declared = declareResource(uri, options, handler as ResourceHandler<never>)
        const registry = declared.template === undefined ? registries.resources : registries.templates
        registry.add(uri, declared.listing, declared, options.visible)
      },
      removeResource: (uri) => registries.resources.remove(uri) || registries.templates.remove(uri),
      updated: (uri) => tell({ uri })
    },
    feature: {
      methods: resourceMethods(registries),
      completers: { 'ref/resource': resourceCompleter(registries) },
      capabilities() {
        if (registries.resources.size + registries.templates.size === 0) return {}
        const offered = { resources: { subscribe: true, listChanged: true } }
        return completes() ? { ...offered, completions: {} } : offered
      },
      watch: (watcher) => void watchers.push(watcher)
    }
  }
}
