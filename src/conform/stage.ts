/**
 * The stage: what the steps of one case share, and how a step judges a value (format page, 3).
 */
import type { Alternative, ClientSide } from './fixture.ts'
import type { Json } from './json.ts'
import { type MatchContext, type Mismatch, match } from './matcher.ts'
import type { Peer } from './peer.ts'

/** What judging a value needs, and changes. */
export interface Judge extends MatchContext {
  /** Notes that a graded alternative other than ok was met. */
  graded(alternative: Alternative): void
}

export interface Stage extends Judge {
  /** How much slower than usual the target may be. */
  readonly timeFactor: number
  /** Milliseconds every deadline is longer for: a process that has said nothing yet is still starting. */
  readonly graceMs: number
  /** Whether URLs on other servers, which the one under test names, may be asked. */
  readonly follows: boolean
  /** Opens a further session under a name. Returns the mismatch of its handshake. */
  open(name: string, side: ClientSide): Promise<Mismatch | undefined>
  /** A fresh id for a request that the case does not number itself. */
  nextId(): number
}

/** What a verb does: sends, waits, judges. Returns nothing, or why the step fails. */
export type Verb<S> = (step: S, stage: Stage, peer: Peer) => Promise<Mismatch | undefined>

/** The step cannot be taken on this transport: the case is skipped. */
export class NotOfferedError extends Error {
  override readonly name = 'NotOfferedError'
}

const defaultWithinMs = 3000

/** A deadline that runs from now: `left()` says how many milliseconds remain. */
export function deadline(
  step: { withinMs?: number },
  stage: Stage,
  withinMs = defaultWithinMs
): { left(): number; ms: number } {
  const ms = (step.withinMs ?? withinMs) * stage.timeFactor + stage.graceMs
  const end = performance.now() + ms
  return { ms, left: () => Math.max(0, end - performance.now()) }
}

/** Judges a value by a pattern, or by graded alternatives of which the first that fits counts. */
export function judge(
  pattern: Json | undefined,
  accept: Alternative[] | undefined,
  value: Json | undefined,
  stage: Judge
): Mismatch | undefined {
  if (accept === undefined) return pattern === undefined ? undefined : match(pattern, value, stage)
  for (const alternative of accept) {
    if (match(alternative.match, value, stage) !== undefined) continue
    if (alternative.grade !== 'ok') stage.graded(alternative)
    return undefined
  }
  const expected = { $any: accept.map((alternative) => alternative.match) }
  return (
    match(expected, value, stage) ?? { path: '', expected, actual: value, message: 'fits none of the alternatives' }
  )
}

/** The same context for a trial: what it captures and grades is forgotten. */
export function trial({ captures, definitions }: MatchContext): Judge {
  return { captures: new Map(captures), definitions, graded: () => undefined }
}

/** A failure that no pattern speaks of. */
export function failure(message: string, expected: Json = null, actual?: Json): Mismatch {
  return { path: '', expected, actual, message }
}
