/** The progress in a talk: whose it is, and which of it is judged all at once when its request is answered. */
import { at, type Json } from '../json.ts'
import type { Part } from './exchange.ts'
import type { Talk, Told } from './talk.ts'

export const progressMethod = 'notifications/progress'

export class Progress {
  readonly #gathered = new Map<Told, Part[]>()
  readonly #parts = new Set<Part>()

  /**
   * Gathered is what came for requests that were answered and not left, but not what has to be awaited by itself: on a
   * stream the client resumed, or in an event it resumed after.
   */
  constructor(talk: Talk, isResumed: (told: Told) => boolean, resumedAfter: Set<string>) {
    for (const told of talk.exchanges) {
      if (isResumed(told)) continue
      for (const part of told.parts) {
        if (at('/method', part.message) !== progressMethod || resumedAfter.has(part.sse?.id ?? '')) continue
        const owner = ownerOf(part, told, talk)
        const left = owner?.end === 'client' || owner?.end === 'broken'
        if (owner === undefined || left || !talk.answered.has(at('/id', owner.request.message))) continue
        this.#parts.add(part)
        this.#gathered.set(owner, [...(this.#gathered.get(owner) ?? []), part])
      }
    }
  }

  gathers(part: Part): boolean {
    return this.#parts.has(part)
  }

  /** What is gathered for a request, in the order it came. */
  of(asked: Told): Part[] {
    return this.#gathered.get(asked) ?? []
  }
}

export function tokenOf(message: Json | undefined): Json | undefined {
  return at('/params/_meta/progressToken', message)
}

/** Tokens may be used again: a request owns what came on its own exchange, else the last one with the token does. */
function ownerOf(part: Part, told: Told, talk: Talk): Told | undefined {
  const token = at('/params/progressToken', part.message)
  if (token === undefined) return undefined
  if (tokenOf(told.request.message) === token) return told
  return talk.exchanges.findLast(({ request }) => tokenOf(request.message) === token)
}
