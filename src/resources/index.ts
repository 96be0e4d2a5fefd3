/** The room of resources: declare them, report their changes, and hand their methods to a host. */
import type { Change, Feature } from '../protocol/feature.ts'
import { listChange, type Registration, Registry, type Visible } from '../protocol/registry.ts'
import { readersOf, resourceCompleter, resourceMethods } from './methods.ts'
import { declareResource, type RegisteredResource, type ResourceHandler, type ResourceOptions } from './resource.ts'

export type { Registration } from '../protocol/registry.ts'
export type { ResourceHandler, ResourceOptions, ResourceValue } from './resource.ts'
export type { Variables, VariableValues } from './template.ts'

/** What an embedding API may do with resources. */
export interface Resources {
  /**
   * Registers a resource under its URI, or a family of them under a URI template, whose variables are typed from its text.
   * A handler that is an async generator is written to the wire as it yields, and never held whole.
   * Throws a DeclarationError for a URI that is taken or cannot work.
   *
   * @returns what takes the resource away for a while or for good
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify from 'fastify'
   * import handwire, { notFound } from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * const lists = new Map([['home', ['sweep', 'cook']]])
   * app.mcp.resource('todo://lists', { mimeType: 'application/json' }, () => [...lists.keys()])
   * const family = app.mcp.resource('todo://{list}', { complete: { list: () => [...lists.keys()] } }, async function* ({ list }) {
   *   for (const todo of lists.get(list) ?? notFound()) yield `${todo}\n`
   * })
   *
   * const client = await app.mcp.test()
   * assert.deepEqual((await client.read('todo://home')).contents, [{ uri: 'todo://home', text: 'sweep\ncook\n' }])
   * await assert.rejects(client.read('todo://work'), { code: -32002 })
   * family.disable()
   * await assert.rejects(client.read('todo://home'), { code: -32002 })
   * await app.close()
   * ```
   */
  resource<T extends string>(uri: T, options: ResourceOptions<T>, handler: ResourceHandler<T>): Registration
  /**
   * Takes a resource or template away again; false when there was none.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify from 'fastify'
   * import handwire from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * app.mcp.resource('todo://{list}', {}, ({ list }) => list)
   * assert.equal(app.mcp.removeResource('todo://{list}'), true)
   * assert.equal(app.mcp.removeResource('todo://home'), false)
   * ```
   */
  removeResource(uri: string): boolean
  /**
   * Tells the sessions that subscribed to `uri` that it changed (RES-16).
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify from 'fastify'
   * import handwire from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0' })
   * app.mcp.resource('todo://{list}', {}, ({ list }) => list)
   *
   * const client = await app.mcp.test()
   * await client.subscribe('todo://home')
   * app.mcp.updated('todo://home')
   * assert.equal((await client.next('notifications/resources/updated')).params.uri, 'todo://home')
   * await app.close()
   * ```
   */
  updated(uri: string): void
}

/**
 * Resources over fresh registries; `pageSize` entries on a page of a list. An `open` room, which verifies nobody, refuses scopes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resources } from 'handwire/resources'
 *
 * const { api, feature } = resources(50)
 * api.resource('todo://lists', {}, () => ['home'])
 * assert.deepEqual(feature.capabilities(), { resources: { subscribe: true, listChanged: true } })
 * ```
 */
export function resources(pageSize: number, { open }: { open?: boolean } = {}): { api: Resources; feature: Feature } {
  const registries = {
    resources: new Registry<RegisteredResource>('resources', pageSize, open),
    templates: new Registry<RegisteredResource>('resourceTemplates', pageSize, open)
  }
  const watchers: ((change: Change) => void)[] = []
  const tell = (change: Change): void => {
    for (const watcher of watchers) watcher(change)
  }
  const listChanged = (visible: Visible | undefined): void => tell(listChange('resources', visible))
  registries.resources.watch(listChanged)
  registries.templates.watch(listChanged)
  const completes = (): boolean => [...registries.templates.values()].some(({ complete }) => complete.size > 0)
  return {
    api: {
      resource(uri, options, handler) {
        const declared = declareResource(uri, options, handler)
        const registry = declared.template === undefined ? registries.resources : registries.templates
        return registry.add(uri, declared.listing, declared, options)
      },
      removeResource: (uri) => registries.resources.remove(uri) || registries.templates.remove(uri),
      updated(uri) {
        const visible = readersOf(registries, uri)
        tell(visible === undefined ? { uri } : { uri, visible })
      }
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
