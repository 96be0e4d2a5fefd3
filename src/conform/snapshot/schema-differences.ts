/**
 * What changed between two JSON Schemas, place by place, and which way each change turns: the core of every verdict on what
 * breaks.
 *
 * Rules of this file:
 * - a schema is a list of demands that all hold, so each keyword is compared with itself; where none of them turns narrower,
 *   every value that fitted fits still;
 * - members that an object does not name count as not sent while `additionalProperties` is left out; so a new optional
 *   property takes nothing away. Where it is there, true included, it counts as said;
 * - local references are followed. What is not judged (a changed `pattern`, conditions, references to elsewhere) is `unknown`.
 */
import { isObject } from '../../protocol/frame.ts'
import { equal, type Json, token } from '../json.ts'
import { annotationDifferences, keywordDifferences, list } from './keyword-differences.ts'
import {
  alternativesOf,
  anything,
  asAnyOf,
  type Node,
  namesIn,
  nodeOf,
  SchemaDocument,
  typeNames,
  typesOf,
  valuesOf,
  valuesOfAlternatives
} from './schema-node.ts'
import { addsNothing, both, type Difference, keeps, shown, type Turn, unknown } from './turn.ts'

/** How many places are compared before it is given up. */
const placesAtMost = 20_000
const depthAtMost = 200

/** Everything that changed. Both are whole documents: references lead to places in them. */
export function schemaDifferences(before: Json, after: Json): Difference[] {
  if (equal(before, after)) return []
  return new Comparison(new SchemaDocument(before), new SchemaDocument(after)).at(before, after, '')
}

class Comparison {
  readonly #before: SchemaDocument
  readonly #after: SchemaDocument
  /** Pairs that are being compared: a recursive schema comes back to them. */
  readonly #open = new Map<Json, Set<Json>>()
  #places = 0
  #depth = 0
  /** How many schemas stand around that have a say in the same value, so that a name may be said elsewhere. */
  #shared = 0
  /** Above 0, nothing counts as not sent. */
  #strict = 0

  constructor(before: SchemaDocument, after: SchemaDocument) {
    this.#before = before
    this.#after = after
  }

  at(one: Json, other: Json, path: string): Difference[] {
    const [from, to] = [this.#before.follow(one), this.#after.follow(other)]
    if (from === undefined || to === undefined) return [unknown(path, 'refers to a schema that is not at hand')]
    this.#places += 1
    if (this.#places > placesAtMost || this.#depth > depthAtMost) return [unknown(path, 'is too large to be compared')]
    const open = this.#open.get(from) ?? new Set()
    this.#open.set(from, open)
    if (open.has(to)) return []
    open.add(to)
    this.#depth += 1
    try {
      const [before, after] = [nodeOf(from), nodeOf(to)]
      if (before === undefined) return after === undefined ? [] : [{ path, turn: 'wider', text: 'takes values now' }]
      if (after === undefined) return [{ path, turn: 'narrower', text: 'takes no value any more' }]
      return this.#nodes(asAnyOf(before, this.#before), asAnyOf(after, this.#after), path)
    } finally {
      this.#depth -= 1
      open.delete(to)
    }
  }

  #nodes(before: Node, after: Node, path: string): Difference[] {
    const [from, to] = [alternativesOf(before), alternativesOf(after)]
    const counted = valuesOf(before) !== undefined && valuesOf(after) !== undefined
    if (!counted && (from.length > 1 || to.length > 1))
      return [...annotationDifferences(before, after, path), ...this.#alternatives(from, to, path)]
    return [
      ...annotationDifferences(before, after, path),
      ...keywordDifferences(before, after, path),
      ...this.#object(before, after, path),
      ...this.#array(before, after, path),
      ...this.#combined(before, after, path)
    ]
  }

  /** Each alternative from before has to find one that takes all its values, and the other way round. */
  #alternatives(from: readonly Json[], to: readonly Json[], path: string): Difference[] {
    const lost = from.filter((one) => !to.some((other) => this.at(one, other, path).every(keeps)))
    const gained = to.filter((other) => !from.some((one) => this.at(one, other, path).every(addsNothing)))
    if (lost.length === gained.length) return lost.flatMap((one, index) => this.at(one, gained[index] as Json, path))
    const smaller = (one: Json): Difference[] | undefined =>
      to.map((other) => this.at(one, other, path)).find((found) => found.every(addsNothing))
    const larger = (other: Json): Difference[] | undefined =>
      from.map((one) => this.at(one, other, path)).find((found) => found.every(keeps))
    return [
      ...lost.flatMap(
        (one) => smaller(one) ?? [{ path, turn: 'narrower', text: `no longer takes ${named(one)}` } as const]
      ),
      ...gained.flatMap((one) => larger(one) ?? [{ path, turn: 'wider', text: `also takes ${named(one)}` } as const])
    ]
  }

  #object(before: Node, after: Node, path: string): Difference[] {
    const [own, now] = [membersOf(before, 'properties'), membersOf(after, 'properties')]
    const [needed, needs] = [namesIn(before['required']), namesIn(after['required'])]
    const found: Difference[] = []
    for (const name of new Set([...own.keys(), ...now.keys()])) {
      const place = `${path}/${token(name)}`
      const [was, is] = [own.get(name), now.get(name)]
      if (was !== undefined && is !== undefined) found.push(...this.at(was, is, place))
      else if (is !== undefined)
        found.push(...this.#added(before, after, is, { name, required: needs.includes(name), path: place }))
      else if (was !== undefined) found.push(...this.#removed(before, after, was, place))
    }
    for (const name of needs)
      if (!needed.includes(name) && (own.has(name) || !now.has(name)))
        found.push({ path: `${path}/${token(name)}`, turn: 'narrower', text: 'is required now' })
    for (const name of needed)
      if (!needs.includes(name) && (now.has(name) || !own.has(name)))
        found.push({ path: `${path}/${token(name)}`, turn: 'wider', text: 'is no longer required' })
    return [...found, ...this.#otherMembers(before, after, path)]
  }

  #added(
    before: Node,
    after: Node,
    schema: Json,
    { name, required, path }: { name: string; required: boolean; path: string }
  ): Difference[] {
    const text = required ? 'was added and is required' : 'was added'
    if (patterned(before) || patterned(after)) return [unknown(path, `${text} beside patternProperties`)]
    const { additionalProperties: others } = before
    const need: Turn = required ? 'narrower' : 'none'
    if (others === false) return [{ path, turn: both('wider', need), text }]
    const added: Difference = { path, turn: need, text }
    // where other schemas have a say, one of them may have asked for the name
    const elsewhere = (this.#shared > 0 || combines(before)) && this.#before.names.has(name)
    const unsaid = others === undefined && this.#strict === 0 && !elsewhere
    return unsaid ? [added] : [added, ...this.at(others ?? true, schema, path)]
  }

  #removed(before: Node, after: Node, schema: Json, path: string): Difference[] {
    const text = 'was removed'
    if (patterned(before) || patterned(after)) return [unknown(path, `${text} beside patternProperties`)]
    const { additionalProperties: others } = after
    if (others === false) return [{ path, turn: 'other', text: `${text}, and no members are taken that are not named` }]
    const removed: Difference = { path, turn: 'wider', text }
    return others === undefined || others === true ? [removed] : [removed, ...this.at(schema, others, path)]
  }

  /** Members that are not named, or not by their name. */
  #otherMembers(before: Node, after: Node, path: string): Difference[] {
    const [others = true, now = true] = [before['additionalProperties'], after['additionalProperties']]
    const found: Difference[] = []
    if (others !== false && now === false)
      found.push({ path, turn: 'narrower', text: 'no longer takes members that are not named' })
    else if (others === false && now !== false)
      found.push({ path, turn: 'wider', text: 'also takes members that are not named' })
    else if (others !== now) found.push(...this.at(others, now, `${path}/*`))
    const [patterns, nowPatterns] = [membersOf(before, 'patternProperties'), membersOf(after, 'patternProperties')]
    for (const pattern of new Set([...patterns.keys(), ...nowPatterns.keys()])) {
      const [was, is] = [patterns.get(pattern), nowPatterns.get(pattern)]
      if (was === undefined || is === undefined)
        found.push(unknown(path, `patternProperties ${shown(pattern)} changed`))
      else found.push(...this.at(was, is, `${path}/*`))
    }
    const { propertyNames: names } = before
    const { propertyNames: nowNames } = after
    if (names !== undefined || nowNames !== undefined)
      for (const { turn, text } of this.at(names ?? anything, nowNames ?? anything, path))
        found.push({ path, turn, text: `names of members: ${text}` })
    return found
  }

  #array(before: Node, after: Node, path: string): Difference[] {
    const [from, to] = [elementsOf(before), elementsOf(after)]
    const found = this.at(from.rest, to.rest, `${path}/*`)
    for (const index of Array(Math.max(from.first.length, to.first.length)).keys())
      found.push(...this.at(from.first[index] ?? from.rest, to.first[index] ?? to.rest, `${path}/${index}`))
    const [counted, counts] = [containsOf(before), containsOf(after)]
    if (counted === undefined && counts === undefined) return found
    if (counted !== undefined && counts !== undefined && equal(counted.count, counts.count)) {
      const within = this.at(counted.schema, counts.schema, path)
      if (within.length > 0) found.push(unknown(path, 'contains changed'))
    } else if (counted === undefined) found.push({ path, turn: 'narrower', text: 'contains was added' })
    else if (counts === undefined) found.push({ path, turn: 'wider', text: 'contains was taken away' })
    else found.push(unknown(path, 'how many elements have to fit contains changed'))
    return found
  }

  /** What several schemas say of one value. */
  #combined(before: Node, after: Node, path: string): Difference[] {
    this.#shared += 1
    try {
      const [all, nowAll] = [listOf(before['allOf']), listOf(after['allOf'])]
      return [
        ...pairs(all, nowAll, anything).flatMap(([was, is]) => this.at(was, is, path)),
        ...this.#anyOf(before, after, path),
        ...this.#conditions(before, after, path)
      ]
    } finally {
      this.#shared -= 1
    }
  }

  /** Alternatives beside other keywords; those that are only values have been compared as such. */
  #anyOf(before: Node, after: Node, path: string): Difference[] {
    const [any, nowAny] = [listOf(before['anyOf']), listOf(after['anyOf'])]
    const [counted, counts] = [valuesOfAlternatives(before), valuesOfAlternatives(after)]
    if (counted !== undefined && counts !== undefined) return []
    if (any.length > 0 && nowAny.length > 0) return this.#alternatives(any, nowAny, path)
    if (any.length > 0 && counted === undefined) return [{ path, turn: 'wider', text: 'anyOf was taken away' }]
    if (nowAny.length > 0 && counts === undefined) return [{ path, turn: 'narrower', text: 'anyOf was added' }]
    return []
  }

  /** Schemas of which it is only told whether they are the same. */
  #conditions(before: Node, after: Node, path: string): Difference[] {
    const found: Difference[] = []
    if (!this.#same(listOf(before['oneOf']), listOf(after['oneOf']))) found.push(unknown(path, 'oneOf changed'))
    const [not, nowNot] = [before['not'] ?? false, after['not'] ?? false]
    if (!this.#same([not], [nowNot])) found.push(unknown(path, 'what must not fit changed'))
    const conditions = (node: Node): Json[] => ['if', 'then', 'else'].map((keyword) => node[keyword] ?? true)
    if (!this.#same(conditions(before), conditions(after))) found.push(unknown(path, 'if, then or else changed'))
    for (const keyword of ['dependentSchemas', 'dependencies']) {
      const [depends, now] = [membersOf(before, keyword), membersOf(after, keyword)]
      const names = [...new Set([...depends.keys(), ...now.keys()])]
      const alike = names.every((name) => {
        const [was, is] = [depends.get(name), now.get(name)]
        if (was === undefined || is === undefined) return false
        return Array.isArray(was) || Array.isArray(is) ? equal(was, is) : this.#same([was], [is])
      })
      if (!alike) found.push(unknown(path, `${keyword} changed`))
    }
    for (const keyword of ['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', '$recursiveRef']) {
      if (before[keyword] === undefined && after[keyword] === undefined) continue
      // what they see depends on all that stands beside them
      const refers = keyword.startsWith('$') || JSON.stringify(before).includes('"$ref"')
      if (refers || !equal(before, after)) found.push(unknown(path, `stands beside ${keyword}`))
    }
    return found
  }

  #same(from: readonly Json[], to: readonly Json[]): boolean {
    this.#strict += 1
    try {
      const found = pairs(from, to, false).flatMap(([was, is]) => this.at(was, is, ''))
      return from.length === to.length && found.every(({ turn }) => turn === 'none')
    } finally {
      this.#strict -= 1
    }
  }
}

/** Elements by their place, and all others. */
function elementsOf(node: Node): { first: readonly Json[]; rest: Json } {
  const { items, prefixItems, additionalItems } = node
  if (Array.isArray(items)) return { first: items, rest: additionalItems ?? anything }
  return { first: listOf(prefixItems), rest: items ?? anything }
}

function containsOf(node: Node): { schema: Json; count: Json } | undefined {
  const { contains, minContains = 1, maxContains = null } = node
  return contains === undefined ? undefined : { schema: contains, count: [minContains, maxContains] }
}

function membersOf(node: Node, keyword: string): ReadonlyMap<string, Json> {
  const members = node[keyword]
  return new Map(isObject(members) ? (Object.entries(members) as [string, Json][]) : [])
}

const patterned = (node: Node): boolean => membersOf(node, 'patternProperties').size > 0
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
const combines = (node: Node): boolean =>
  ['allOf', 'anyOf', 'oneOf', 'if'].some((keyword) => node[keyword] !== undefined)

/** Both lists side by side; the shorter one goes on with the filling. */
function pairs(one: readonly Json[], other: readonly Json[], filling: Json): [Json, Json][] {
  const indices = [...Array(Math.max(one.length, other.length)).keys()]
  return indices.map((index) => [one[index] ?? filling, other[index] ?? filling])
}

/** An alternative by what tells it best. */
function named(schema: Json): string {
  if (!isObject(schema)) return 'any value'
  const { title, $ref } = schema as Node
  if (typeof title === 'string') return title
  if (typeof $ref === 'string') return $ref
  const only = valuesOf(schema as Node)
  return only === undefined ? typeNames(typesOf(schema as Node)) : list(only)
}
