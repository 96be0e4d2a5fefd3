/**
 * Schemas of routes made self-contained: what they refer to, in themselves or among the schemas that `addSchema` shares,
 * is copied into the `$defs` of the schema that is published, and nothing keeps an id, a dialect, or a keyword of OpenAPI's.
 */
import { isObject } from '../../protocol/frame.ts'
import { holdingSchemas, namingSchemas } from '../../protocol/schema.ts'
import { askedNull, promisedNull } from './nullable.ts'

export type JsonSchema = Record<string, unknown>

/** A schema, and the resource (in JSON Schema's sense) that its local references look into. */
export interface Placed {
  readonly schema: JsonSchema
  readonly root: JsonSchema
}

/** Keywords whose value has a schema under each name, or a list of names under some. */
const named = new Set([...namingSchemas, 'dependencies'])
/** Keywords that a copy does without. */
const dropped = new Set('$schema $id $anchor definitions $defs'.split(' '))

/** The schemas that references by id may mean. */
export class SchemaLibrary {
  readonly #byId = new Map<string, Placed>()
  readonly #around: SchemaLibrary | undefined

  /** What is not found here is looked for in `around`. */
  constructor(around?: SchemaLibrary) {
    this.#around = around
  }

  /** Takes a schema in, under an id and with the ids in it, and gives a plain copy. Throws for what is no JSON. */
  read(schema: unknown, id?: string): Placed {
    const plain = JSON.parse(JSON.stringify(schema)) as JsonSchema
    const placed = { schema: plain, root: plain }
    if (id !== undefined) this.#byId.set(bare(id), placed)
    this.#index(plain, plain, id ?? '')
    return placed
  }

  /** What a reference means; undefined when there is no such thing. */
  find(reference: string, { root }: Placed): Placed | undefined {
    const [address = '', fragment = ''] = reference.split('#', 2)
    const base = typeof root['$id'] === 'string' ? root['$id'] : ''
    const resource =
      address === '' ? { schema: root, root } : (this.#named(address) ?? this.#named(bare(resolve(address, base))))
    if (resource === undefined || fragment === '') return resource
    return fragment.startsWith('/') ? pointed(resource, fragment) : anchored(resource, decodeURIComponent(fragment))
  }

  #named(id: string): Placed | undefined {
    return this.#byId.get(id) ?? (this.#around === undefined ? undefined : this.#around.#named(id))
  }

  #index(node: unknown, root: JsonSchema, base: string): void {
    for (const { schema, root: inner } of inside(node, root)) {
      const id = schema['$id']
      if (typeof id !== 'string' || id.startsWith('#')) continue
      for (const name of [id, resolve(id, base)]) {
        if (!this.#byId.has(bare(name))) this.#byId.set(bare(name), { schema, root: inner })
      }
    }
  }
}

/** One schema to publish, under way. */
export class SchemaCopy {
  /** What the copies refer to. */
  readonly definitions: Record<string, JsonSchema> = Object.create(null)
  readonly #library: SchemaLibrary
  readonly #asks: boolean
  readonly #names = new Map<JsonSchema, string>()

  /** `asks` tells that it describes what a caller gives: what has a default need not be given, because Fastify fills it in. */
  constructor(library: SchemaLibrary, asks: boolean) {
    this.#library = library
    this.#asks = asks
  }

  /** A self-contained copy but for `definitions`. Throws an Error for a reference that means nothing. */
  copy(placed: Placed): JsonSchema {
    return this.#copy(placed.schema, placed.root) as JsonSchema
  }

  /** Follows the reference that a schema consists of, and those behind it. */
  follow(placed: Placed): Placed {
    const seen = new Set<JsonSchema>()
    let now = placed
    while (typeof now.schema['$ref'] === 'string' && onlyRefers(now.schema) && !seen.has(now.schema)) {
      seen.add(now.schema)
      now = this.#find(now.schema['$ref'], now)
    }
    return now
  }

  #find(reference: string, from: Placed): Placed {
    const found = this.#library.find(reference, from)
    if (found === undefined || !isObject(found.schema)) throw new Error(`"$ref": "${reference}" means nothing`)
    return found
  }

  #copy(node: unknown, around: JsonSchema): unknown {
    if (Array.isArray(node)) return node.map((item) => (isObject(item) ? this.#copy(item, around) : item))
    if (!isObject(node)) return node
    const root = rootOf(node, around)
    const copied: JsonSchema = {}
    for (const [key, value] of Object.entries(node)) {
      if (dropped.has(key)) continue
      if (key === '$ref' && typeof value === 'string') copied[key] = this.#refer(value, { schema: node, root })
      else if (holdingSchemas.has(key)) copied[key] = this.#copy(value, root)
      else if (named.has(key) && isObject(value)) copied[key] = mapped(value, (schema) => this.#copy(schema, root))
      else copied[key] = value
    }
    if (!this.#asks) return promisedNull(copied)
    askLess(copied)
    return askedNull(copied)
  }

  #refer(reference: string, from: Placed): string {
    const found = this.#find(reference, from)
    let name = this.#names.get(found.schema)
    if (name === undefined) {
      name = this.#fresh(reference)
      this.#names.set(found.schema, name)
      this.definitions[name] = {}
      this.definitions[name] = this.copy(found)
    }
    return `#/$defs/${name}`
  }

  #fresh(reference: string): string {
    const last =
      reference
        .replace(/[#/]+$/, '')
        .split(/[#/]/)
        .at(-1) ?? ''
    const name = last.replace(/[^A-Za-z0-9_.-]/g, '_') || 'root'
    let fresh = name
    for (let count = 2; Object.hasOwn(this.definitions, fresh); count += 1) fresh = `${name}_${count}`
    return fresh
  }
}

/** Takes names that have a default out of `required`. */
function askLess(schema: JsonSchema): void {
  const { required, properties } = schema
  if (!Array.isArray(required) || !isObject(properties)) return
  const asked = required.filter((name: string) => {
    const property = properties[name]
    return !isObject(property) || property['default'] === undefined
  })
  if (asked.length > 0) schema['required'] = asked
  else delete schema['required']
}

/** Every schema in a schema, with its resource. */
function* inside(node: unknown, around: JsonSchema): Generator<Placed> {
  if (Array.isArray(node)) {
    for (const item of node) yield* inside(item, around)
    return
  }
  if (!isObject(node)) return
  const root = rootOf(node, around)
  yield { schema: node, root }
  for (const [key, value] of Object.entries(node)) {
    if (holdingSchemas.has(key)) yield* inside(value, root)
    else if (named.has(key) && isObject(value)) for (const schema of Object.values(value)) yield* inside(schema, root)
  }
}

function rootOf(node: JsonSchema, around: JsonSchema): JsonSchema {
  const id = node['$id']
  return typeof id === 'string' && !id.startsWith('#') ? node : around
}

function pointed(resource: Placed, pointer: string): Placed | undefined {
  let schema: unknown = resource.schema
  let root = resource.root
  for (const part of pointer.slice(1).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, key)) return undefined
    schema = (schema as JsonSchema)[key]
    if (isObject(schema)) root = rootOf(schema, root)
  }
  return isObject(schema) ? { schema, root } : undefined
}

function anchored({ root }: Placed, name: string): Placed | undefined {
  for (const placed of inside(root, root)) {
    if (placed.schema['$anchor'] === name || placed.schema['$id'] === `#${name}`) return placed
  }
  return undefined
}

/** Whether nothing beside `$ref` says anything of a value. */
function onlyRefers(schema: JsonSchema): boolean {
  return Object.keys(schema).every(
    (key) => /^(\$ref|\$comment|title|description|examples)$/.test(key) || dropped.has(key)
  )
}

const bare = (id: string): string => id.replace(/#$/, '')

function resolve(address: string, base: string): string {
  return URL.canParse(address, base) ? new URL(address, base).href : address
}

/** By definition, so that a property named `__proto__` stays one. */
function mapped(object: JsonSchema, change: (value: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))
}
