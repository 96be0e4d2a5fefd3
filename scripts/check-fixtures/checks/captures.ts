/**
 * Captures are set before they are read (corpus README, Patterns), whichever way a server takes: what only one of several
 * alternatives remembers, or an element of an array that may be empty, is not there for every server.
 */
import type { AnyKind, Fixture } from '../../../src/conform/fixture.ts'
import type { Json } from '../../../src/conform/json.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'
import { judgedBy, placeOf, sentBy } from '../step.ts'

/** What is remembered from the start when a case needs any of a kind. */
const ofAny: Record<AnyKind, string[]> = {
  tool: ['tool', 'toolArguments'],
  resource: ['resource'],
  prompt: ['prompt', 'promptArguments']
}
const overHttp = ['endpoint', 'canonical', 'origin', 'host', 'path']

/** Names by how far they can be relied on: `sure` on every way, `perhaps` on some. */
interface Known {
  sure: Set<string>
  perhaps: Set<string>
}

/** Told of every name that is read where it is not surely known. */
type Complain = (name: string, known: Known) => void

export function capturesAreSet({ fixtures }: Corpus): Finding[] {
  return fixtures.flatMap(faultsOf)
}

function faultsOf(fixture: Fixture): Finding[] {
  const findings: Finding[] = []
  const onlyHttp = !fixture.transports.includes('stdio')
  const tokens = (fixture.needs?.tokens ?? []).map((name) => `token.${name}`)
  const any = (fixture.needs?.any ?? []).flatMap((kind) => ofAny[kind])
  const initial = [...any, ...tokens, ...(onlyHttp ? overHttp : [])]
  const known: Known = { sure: new Set(initial), perhaps: new Set([...initial, ...overHttp]) }
  for (const step of fixture.steps) {
    const complain: Complain = (name, { perhaps }) => {
      const place = placeOf(fixture, step)
      findings.push(
        perhaps.has(name)
          ? fault(
              fileOf(fixture),
              `${place} reads ${name}, which not every way to it remembers`,
              'remember it in each alternative, or outside of them'
            )
          : fault(
              fileOf(fixture),
              `${place} reads ${name}, which nothing remembers before`,
              'add its $set, or mend the name'
            )
      )
    }
    for (const template of sentBy(step)) readSent(template, known, complain)
    for (const { patterns, keeps, overHttp: sometimes } of judgedBy(step)) {
      const after = eitherOf(patterns, known, complain)
      if (!keeps) continue
      add(known.perhaps, after.perhaps)
      if (sometimes === undefined || onlyHttp) add(known.sure, after.sure)
    }
  }
  return findings
}

/** What filling a template reads; see fill in src/conform/captures.ts. */
function readSent(template: Json, known: Known, complain: Complain): void {
  if (typeof template === 'string') readText(template, known, complain)
  if (typeof template !== 'object' || template === null) return
  const entries = Object.entries(template)
  const only = !Array.isArray(template) && entries.length === 1 ? entries[0] : undefined
  if (only?.[0] === '$lit') return
  if (only?.[0] === '$get' && typeof only[1] === 'string') read(only[1], known, complain)
  else for (const [, value] of entries) readSent(value as Json, known, complain)
}

/** What a pattern reads and remembers, in the order in which it is judged. Changes `known`. */
function walk(pattern: Json, known: Known, complain: Complain): void {
  if (typeof pattern === 'string') readText(pattern, known, complain)
  if (typeof pattern !== 'object' || pattern === null) return
  for (const [key, value] of Object.entries(pattern)) {
    const operand = value as Json
    if (key === '$set') add(known.sure, [operand as string])
    else if (key === '$get') read(operand as string, known, complain)
    else if (key === '$any') become(known, eitherOf(operand as Json[], known, complain))
    else if (key === '$not') walk(operand, copy(known), complain)
    else if (key === '$each' || key === '$deep') {
      // there may be no element at all
      const inner = copy(known)
      for (const one of key === '$deep' ? Object.values(operand as object) : [operand])
        walk(one as Json, inner, complain)
      add(known.perhaps, [...inner.sure, ...inner.perhaps])
    } else if (!leaves.includes(key)) walk(operand, known, complain)
  }
}

/** Matchers whose operand is no pattern. */
const leaves = ['$is', '$re', '$num', '$len', '$absent', '$distinct', '$rising', '$def', '$lit']

/** What is known after one of several patterns fitted: surely what all of them remember, perhaps what any does. */
function eitherOf(patterns: readonly Json[], known: Known, complain: Complain): Known {
  const ways = patterns.map((pattern) => {
    const way = copy(known)
    walk(pattern, way, complain)
    return way
  })
  const sure = [...(ways[0]?.sure ?? known.sure)].filter((name) => ways.every((way) => way.sure.has(name)))
  return { sure: new Set(sure), perhaps: new Set(ways.flatMap((way) => [...way.sure, ...way.perhaps])) }
}

function readText(text: string, known: Known, complain: Complain): void {
  for (const [, name] of text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}/g)) read(name as string, known, complain)
}

function read(name: string, known: Known, complain: Complain): void {
  if (!known.sure.has(name)) complain(name, known)
}

function copy({ sure, perhaps }: Known): Known {
  return { sure: new Set(sure), perhaps: new Set(perhaps) }
}

function become(known: Known, after: Known): void {
  add(known.sure, after.sure)
  add(known.perhaps, after.perhaps)
}

function add(names: Set<string>, more: Iterable<string>): void {
  for (const name of more) names.add(name)
}
