/**
 * Discovery: what a server that knows nothing of the corpus has, so that a case can use any tool, resource or prompt
 * (spec-fixtures/README.md, Needs). Nothing is called to find out; the lists are read.
 */
import type { Captures } from './captures.ts'
import type { AnyKind } from './fixture.ts'
import { at, type Json } from './json.ts'

/** Something that can be called or got, and with what. */
export interface Choice {
  name: string
  arguments: { [name: string]: Json }
}

/** One of each kind, by which the captures of `needs.any` are set. */
export interface Choices {
  tool?: Choice
  /** A URI. */
  resource?: string
  prompt?: Choice
}

/** In the name of a tool: what it returns does not belong in a report. */
const revealing = /env|secret|token|passw|credential/i
/** In the name of a tool that does not call itself read-only: a stranger had better not call it. */
const destroying = /delete|remove|drop|reset|clear|purge|stop|shutdown|restart|kill|exit/i

/** Chooses from the items of the lists. A tool that calls itself destructive, or is called so, is never chosen. */
export function choose(lists: { tools: Json[]; resources: Json[]; prompts: Json[] }): Choices {
  const tool = lists.tools.filter(harmless).sort((one, other) => rank(one) - rank(other))[0]
  const uri = at('/uri', lists.resources[0])
  const prompt = lists.prompts.find(asksNothing)
  return {
    ...(tool === undefined ? {} : { tool: { name: String(at('/name', tool)), arguments: {} } }),
    ...(typeof uri === 'string' ? { resource: uri } : {}),
    ...(prompt === undefined ? {} : { prompt: { name: String(at('/name', prompt)), arguments: {} } })
  }
}

/** What a case that needs any of these kinds finds captured. */
export function capturesOf(kinds: readonly AnyKind[], choices: Choices, captures: Captures): void {
  for (const kind of kinds) {
    const choice = choices[kind]
    if (choice === undefined) continue
    if (typeof choice === 'string') captures.set(kind, choice)
    else captures.set(kind, choice.name).set(`${kind}Arguments`, choice.arguments)
  }
}

/** A tool that needs no arguments and does not say that it destroys. */
function harmless(tool: Json): boolean {
  const required = at('/inputSchema/required', tool)
  const asks = Array.isArray(required) && required.length > 0
  const name = at('/name', tool)
  if (asks || typeof name !== 'string' || at('/annotations/destructiveHint', tool) === true) return false
  return !revealing.test(name) && (reads(tool) || !destroying.test(name))
}

/** Read-only tools first, then those with few properties; the order of the list decides between equals. */
function rank(tool: Json): number {
  return (reads(tool) ? 0 : 1000) + Object.keys(at('/inputSchema/properties', tool) ?? {}).length
}

function reads(tool: Json): boolean {
  return at('/annotations/readOnlyHint', tool) === true
}

function asksNothing(prompt: Json): boolean {
  const taken = at('/arguments', prompt)
  return (
    typeof at('/name', prompt) === 'string' &&
    !(Array.isArray(taken) && taken.some((one) => at('/required', one) === true))
  )
}
