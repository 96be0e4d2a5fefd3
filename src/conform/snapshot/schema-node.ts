/** One schema as it is compared: references followed, and the different spellings of one thing made the same. */
import { isObject } from '../../protocol/frame.ts'
import { at, equal, type Json, token } from '../json.ts'

/** A schema that is an object. */
export type Node = { [keyword: string]: Json }

/** Lets everything through. One object, so that it is known again. */
export const anything: Node = {}

/** Keywords that say nothing of which values fit; those of the second line are only told apart. */
const plain = new Set(['$defs', 'definitions', '$id', '$anchor', '$schema', '$comment'])
const told = new Set(['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'])
/** Keywords that are no assertion. */
export const isAnnotation = (keyword: string): boolean => plain.has(keyword) || told.has(keyword)
/** Annotations whose change is worth a line. */
export const toldAnnotations: readonly string[] = [...told]

/** Types as they overlap: a number is an integer or has a fraction. */
const types: Readonly<Record<string, readonly string[]>> = {
  null: ['null'],
  boolean: ['boolean'],
  integer: ['integer'],
  number: ['integer', 'fraction'],
  string: ['string'],
  array: ['array'],
  object: ['object']
}

/** A document that schemas refer into. */
export class SchemaDocument {
  readonly root: Json
  /** The names of all properties of all its objects. */
  readonly names = new Set<string>()
  readonly #named = new Map<string, Json>()

  constructor(root: Json) {
    this.root = root
    this.#collect(root)
  }

  /** The schema that a chain of plain references leads to; undefined for one that leads nowhere, or round in a ring. */
  follow(schema: Json): Json | undefined {
    let found: Json | undefined = schema
    for (let steps = 0; steps < 100; steps += 1) {
      if (!isObject(found) || !onlyRefers(found as Node)) return found
      found = this.#target((found as Node)['$ref'] as string)
    }
    return undefined
  }

  #target(reference: string): Json | undefined {
    if (reference === '#') return this.root
    if (reference.startsWith('#/')) return at(unescaped(reference.slice(1)), this.root)
    return this.#named.get(reference)
  }

  #collect(value: Json): void {
    if (typeof value !== 'object' || value === null) return
    for (const child of Object.values(value)) this.#collect(child)
    if (!isObject(value)) return
    const { $id, $anchor, properties } = value as Node
    if (isObject(properties)) for (const name of Object.keys(properties)) this.names.add(name)
    if (typeof $id === 'string') this.#named.set($id, value as Node)
    if (typeof $anchor === 'string') this.#named.set(`#${$anchor}`, value as Node)
  }
}

function unescaped(pointer: string): string {
  try {
    return decodeURIComponent(pointer)
  } catch {
    // a per cent sign that escapes nothing is one
    return pointer
  }
}

function onlyRefers(node: Node): boolean {
  return typeof node['$ref'] === 'string' && Object.keys(node).every((key) => key === '$ref' || isAnnotation(key))
}

/** A followed schema as an object; undefined where it lets nothing through. */
export function nodeOf(schema: Json): Node | undefined {
  if (schema === false) return undefined
  if (!isObject(schema)) return anything
  const node = schema as Node
  if (node['not'] === true || (isObject(node['not']) && Object.keys(node['not'] as Node).length === 0)) return undefined
  const { $ref, allOf } = node
  if (typeof $ref !== 'string') return node
  const { $ref: _, ...rest } = node
  return { ...rest, allOf: [...(Array.isArray(allOf) ? allOf : []), { $ref }] }
}

/** The only values that fit, where they are counted up: by `enum`, `const`, or alternatives that each are such. */
export function valuesOf(node: Node): readonly Json[] | undefined {
  const lists = [
    ...(Object.hasOwn(node, 'const') ? [[node['const'] as Json]] : []),
    ...(Array.isArray(node['enum']) ? [node['enum']] : [])
  ]
  const [first, ...more] = [...lists, valuesOfAlternatives(node)].filter((values) => values !== undefined)
  const said = saidTypes(node)
  return first
    ?.filter((value) => more.every((values) => values.some((other) => equal(value, other))))
    .filter((value) => said === undefined || said.includes(typeOf(value)))
}

/** Whether the alternatives of a schema are only values. */
export function valuesOfAlternatives({ anyOf }: Node): readonly Json[] | undefined {
  if (!Array.isArray(anyOf) || anyOf.length === 0) return undefined
  const values = anyOf.map((one) => {
    if (!isObject(one)) return undefined
    const only = Object.keys(one).every((key) => ['const', 'enum', 'type'].includes(key) || isAnnotation(key))
    return only ? valuesOf(one as Node) : undefined
  })
  return values.includes(undefined) ? undefined : (values.flat() as Json[])
}

/** The types that fit; undefined for all. Where values are counted up, theirs. */
export function typesOf(node: Node): readonly string[] | undefined {
  const values = valuesOf(node)
  return values === undefined ? saidTypes(node) : [...new Set(values.map(typeOf))]
}

function saidTypes({ type }: Node): readonly string[] | undefined {
  return type === undefined ? undefined : [type].flat().flatMap((name) => types[String(name)] ?? [])
}

/** Names of types, as a schema says them. */
export function typeNames(found: readonly string[] | undefined): string {
  if (found === undefined) return 'any'
  const whole = found.includes('fraction') ? found.filter((type) => type !== 'integer') : found
  return whole.map((type) => (type === 'fraction' ? 'number' : type)).join(' or ') || 'none'
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction'
  return typeof value
}

/** The schemas of which one has to fit, where a schema says nothing else that counts; itself, where it is no such list. */
export function alternativesOf(node: Node): readonly Json[] {
  const { anyOf, ...rest } = node
  return Array.isArray(anyOf) && Object.keys(rest).every(isAnnotation) ? anyOf : [node]
}

/** A schema whose `oneOf` is said as `anyOf`, where its alternatives exclude each other: then one of them fits, or none. */
export function asAnyOf(node: Node, document: SchemaDocument): Node {
  const { oneOf, ...rest } = node
  if (!Array.isArray(oneOf) || rest['anyOf'] !== undefined) return node
  const all = oneOf.map((one) => document.follow(one))
  const distinct = all.every((one, index) => all.slice(index + 1).every((more) => apart(one, more)))
  return distinct ? { ...rest, anyOf: oneOf } : node
}

/** Whether no value fits both, as far as can be told: by their types, their values, or a member that tells them apart. */
function apart(one: Json | undefined, other: Json | undefined): boolean {
  if (!isObject(one) || !isObject(other)) return false
  const [first, second] = [one as Node, other as Node]
  const [types, others] = [typesOf(first), typesOf(second)]
  if (types !== undefined && others !== undefined && !types.some((type) => others.includes(type))) return true
  const [values, rest] = [valuesOf(first), valuesOf(second)]
  if (values !== undefined && rest !== undefined)
    return !values.some((value) => rest.some((more) => equal(value, more)))
  const objects = [types, others].every((found) => found?.length === 1 && found[0] === 'object')
  const shared = namesIn(first['required']).filter((name) => namesIn(second['required']).includes(name))
  const property = (node: Node, name: string): Json | undefined => at(`/properties/${token(name)}`, node)
  return objects && shared.some((name) => apart(property(first, name), property(second, name)))
}

/** The names that a list has. */
export function namesIn(list: Json | undefined): string[] {
  return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
}
