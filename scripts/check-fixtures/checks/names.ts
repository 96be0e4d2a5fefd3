/** What a case calls by name stands among its needs, so that a server without it is skipped and not blamed. */
import { PatternError } from '../../../src/conform/captures.ts'
import type { Fixture, Needs, Step } from '../../../src/conform/fixture.ts'
import { at, type Json } from '../../../src/conform/json.ts'
import { judge, trial } from '../../../src/conform/stage.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'
import { type Message, messagesOf, placeOf } from '../step.ts'

const kinds = ['tools', 'resources', 'templates', 'prompts'] as const
type Kind = (typeof kinds)[number]

/** Something called by its name, or a resource by its URI. */
interface Call {
  /** Where it may stand among the needs. */
  kinds: Kind[]
  name: string
}

/**
 * A step that takes an error for an answer, or skips, may call what it likes. A name that no case of the corpus needs is one
 * that servers lack, or that comes and goes while a case runs: a case that breaks a rule on purpose may call it, and one that
 * needs something of that kind.
 */
export function callsAreNeeded({ fixtures }: Corpus): Finding[] {
  const needed = needsOf(fixtures)
  return fixtures.flatMap((fixture) => {
    const { needs = {}, kind } = fixture
    return fixture.steps.flatMap((step) =>
      messagesOf(step)
        .flatMap((message) => callOf(message) ?? [])
        .filter((call) => !covers(needs, call) && !takesAnError(step))
        .filter((call) => covers(needed, call) || (kind === 'positive' && !call.kinds.some((one) => needs[one])))
        .map(({ kinds: [first], name }) =>
          fault(
            fileOf(fixture),
            `${placeOf(fixture, step)} names ${name}, which it does not need`,
            `add it to needs.${first}`
          )
        )
    )
  })
}

/** Whether a server that lacks what a request names gets past its step. */
function takesAnError(step: Step): boolean {
  if (step.orSkip !== undefined) return true
  if (!('request' in step) || (step.expect === undefined && step.accept === undefined)) return false
  const answer = (code: number): Json => ({
    jsonrpc: '2.0',
    id: step.request['id'] ?? null,
    error: { code, message: 'Not found' }
  })
  return [-32602, -32002].some((code) => {
    try {
      return judge(step.expect, step.accept, answer(code), trial({ captures: new Map() })) === undefined
    } catch (error) {
      // it asks for what an earlier step remembered
      if (error instanceof PatternError) return false
      throw error
    }
  })
}

/** All that the cases of a corpus need by name. */
export function needsOf(fixtures: readonly Fixture[]): Record<Kind, string[]> {
  const all = (kind: Kind): string[] => [...new Set(fixtures.flatMap(({ needs }) => needs?.[kind] ?? []))]
  return { tools: all('tools'), resources: all('resources'), templates: all('templates'), prompts: all('prompts') }
}

function callOf({ method, params }: Message): Call | undefined {
  const text = (pointer: string): string | undefined => {
    const value = at(pointer, params)
    return typeof value === 'string' && !value.includes('${') ? value : undefined
  }
  const call = (pointer: string, ...of: Kind[]): Call | undefined => {
    const name = text(pointer)
    return name === undefined ? undefined : { kinds: of, name }
  }
  switch (method) {
    case 'tools/call':
      return call('/name', 'tools')
    case 'prompts/get':
      return call('/name', 'prompts')
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return call('/uri', 'resources', 'templates')
    case 'completion/complete':
      if (text('/ref/type') === 'ref/prompt') return call('/ref/name', 'prompts')
      return text('/ref/type') === 'ref/resource' ? call('/ref/uri', 'templates', 'resources') : undefined
  }
  return undefined
}

function covers(needs: Pick<Needs, Kind>, call: Call): boolean {
  return call.kinds.some((kind) =>
    (needs[kind] ?? []).some((name) => name === call.name || expands(kind, name, call.name))
  )
}

/** Whether a URI may come from a template: it begins and ends like it. */
function expands(kind: Kind, template: string, uri: string): boolean {
  if (kind !== 'templates' || !template.includes('{')) return false
  return (
    uri.startsWith(template.slice(0, template.indexOf('{'))) &&
    uri.endsWith(template.slice(template.lastIndexOf('}') + 1))
  )
}
