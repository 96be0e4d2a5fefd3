/**
 * The replay of one case against one target: handshake, steps, teardown, verdict (format page, 2, 3, 5 and 6).
 *
 * Rules of this file:
 * - a failed step ends the case; its level decides what that is called: MUST fail, SHOULD warn, MAY info;
 * - what the case needs and the target lacks is a skip with a reason, never a pass;
 * - a target that cannot be reached or says nothing at all, and a fixture that cannot be judged, are errors, never a pass.
 */
import { PatternError } from './captures.ts'
import { collect } from './collect.ts'
import { capturesOf } from './discovery.ts'
import { type Alternative, type ClientSide, type Fixture, type Step, type Verb as VerbName, verbOf } from './fixture.ts'
import { firstOwnId, type Hello, handshake, type Introduction } from './handshake.ts'
import type { Json } from './json.ts'
import type { Definitions, Mismatch } from './matcher.ts'
import * as messages from './message-verbs.ts'
import { type Hints, inSession, offerOf, shutOut, unmet } from './needs.ts'
import { type Frame, type Peer, type Target, UnreachableError } from './peer.ts'
import { NotOfferedError, type Stage, type Verb } from './stage.ts'
import { judgeStructure, type StructureVerdict } from './structure.ts'
import { captureTokens } from './tokens.ts'
import * as transports from './transport-verbs.ts'

export interface ReplayOptions {
  /** For `$def` and the structure verdict; see definitionsOf. */
  definitions?: Definitions
  /** Multiplies every deadline; default 1. */
  timeFactor?: number
  /** The revision the handshake asks for; default 2025-06-18. */
  revision?: string
  /** What the client calls itself. */
  client?: { name: string; version: string }
  /** What is known of the target and need not be found out. */
  hints?: Hints
  /** Whether a case may ask other servers that the target names; default only those on loopback, if the target is there. */
  follow?: boolean
}

export interface Outcome {
  id: string
  title: string
  outcome: 'pass' | 'fail' | 'warn' | 'info' | 'skip' | 'error'
  /** Why it is no pass. */
  reason?: string
  /** The step that decided, from 1; 0 is the implicit handshake. */
  step?: number
  /** Where in the judged value, what was asked, what was there. */
  path?: string
  expected?: Json
  actual?: Json
  requirements: string[]
  /** Every message the server sent against the schema: a verdict of its own, whatever the case says. */
  structure: StructureVerdict
  server?: Hello
  frames: Frame[]
  ms: number
}

/** A verdict before the case's own data are added. */
type Verdict = Pick<Outcome, 'outcome' | 'reason' | 'step' | 'path' | 'expected' | 'actual'>

const table: { [name in VerbName]: Verb<never> } = { ...messages, collect, ...transports }
const mainSession = 'main'
const defaultWithinMs = 3000

/** Replays a case. Never rejects: whatever goes wrong is an outcome. */
export async function replay(fixture: Fixture, target: Target, options: ReplayOptions = {}): Promise<Outcome> {
  const began = performance.now()
  const play = new Play(fixture, target, options, began)
  const verdict = await play.verdict()
  await play.tearDown()
  const { id, title, requirements } = fixture
  const structure = judgeStructure(play.inboxes(), options.definitions)
  const server = play.server === undefined ? {} : { server: play.server }
  return {
    id,
    title,
    ...verdict,
    requirements,
    structure,
    ...server,
    frames: play.frames,
    ms: performance.now() - began
  }
}

/** How the runner introduces itself. */
export function introductionOf(target: Target, options: ReplayOptions): Introduction {
  return {
    revision: options.revision ?? '2025-06-18',
    client: options.client ?? { name: 'handwire-conform', version: '1' },
    withinMs: defaultWithinMs * (options.timeFactor ?? 1) + startMsOf(target, options)
  }
}

function startMsOf({ startMs = 0 }: Target, { timeFactor = 1 }: ReplayOptions): number {
  return startMs * timeFactor
}

class Play implements Stage {
  readonly captures = new Map<string, Json>()
  readonly definitions: Definitions | undefined
  readonly timeFactor: number
  readonly follows: boolean
  readonly frames: Frame[] = []
  server: Hello | undefined
  readonly #fixture: Fixture
  readonly #target: Target
  readonly #introduction: Introduction
  readonly #hints: Hints
  readonly #startMs: number
  readonly #began: number
  readonly #sessions = new Map<string, Peer>()
  readonly #graded: (Alternative & { step: number })[] = []
  #step = 0
  #lastId = firstOwnId

  constructor(fixture: Fixture, target: Target, options: ReplayOptions, began: number) {
    this.#fixture = fixture
    this.#target = target
    this.#began = began
    this.definitions = options.definitions
    this.timeFactor = options.timeFactor ?? 1
    this.follows = options.follow ?? false
    this.#hints = options.hints ?? {}
    this.#startMs = startMsOf(target, options)
    if (target.endpoint !== undefined) addresses(target.endpoint, this.captures)
    this.#introduction = introductionOf(target, options)
  }

  get graceMs(): number {
    return this.#startMs > 0 && this.inboxes().some(({ heard }) => !heard) ? this.#startMs : 0
  }

  async verdict(): Promise<Verdict> {
    try {
      return (await this.#unmet()) ?? (await this.#begin()) ?? (await this.#steps())
    } catch (error) {
      return this.#thrown(error)
    }
  }

  async open(name: string, side: ClientSide): Promise<Mismatch | undefined> {
    if (this.#sessions.has(name)) throw new PatternError(`there is a session "${name}" already`)
    const peer = await this.#target.connect((frame) => {
      this.frames.push({ atMs: performance.now() - this.#began, session: name, ...frame })
    })
    this.#sessions.set(name, peer)
    if (side.handshake === false) return undefined
    const hello = await handshake(peer, side, this.#introduction)
    if ('message' in hello) return hello
    this.server ??= hello
    return undefined
  }

  graded(alternative: Alternative): void {
    this.#graded.push({ ...alternative, step: this.#step })
  }

  nextId(): number {
    return ++this.#lastId
  }

  inboxes(): Peer['inbox'][] {
    return [...this.#sessions.values()].map((peer) => peer.inbox)
  }

  async tearDown(): Promise<void> {
    const leave = this.#fixture.teardown !== false
    await Promise.all([...this.#sessions.values()].map((peer) => peer.close(leave)))
  }

  async #unmet(): Promise<Verdict | undefined> {
    const { transports: own, needs, client = {} } = this.#fixture
    if (!own.includes(this.#target.transport)) return skip(`the case is not for ${this.#target.transport}`)
    if (needs === undefined) return undefined
    const shut =
      (await shutOut(needs, this.#target, this.#introduction, this.#hints)) ??
      captureTokens(needs.tokens ?? [], this.#target, this.#hints.tokens ?? {}, this.captures)
    if (shut !== undefined) return skip(shut)
    if (Object.keys(inSession(needs)).length === 0) return undefined
    const offer = await offerOf(this.#target, client, this.#introduction, this.#hints)
    if ('message' in offer) return this.#failed(offer, 'the handshake was refused: ')
    const reason = unmet(needs, offer)
    if (reason !== undefined) return skip(reason)
    capturesOf(needs.any ?? [], offer.any, this.captures)
    return undefined
  }

  async #begin(): Promise<Verdict | undefined> {
    const mismatch = await this.open(mainSession, this.#fixture.client ?? {})
    if (mismatch !== undefined) return this.#failed(mismatch, 'the handshake was refused: ')
    const { server } = this
    if (server === undefined || this.#fixture.revision.includes(server.revision)) return undefined
    return skip(`the server speaks revision ${server.revision || 'unknown'}`)
  }

  async #steps(): Promise<Verdict> {
    for (const step of this.#fixture.steps) {
      this.#step++
      const peer = this.#sessions.get(step.in ?? mainSession)
      if (peer === undefined) throw new PatternError(`there is no session "${step.in}"`)
      const verb = table[verbOf(step)] as Verb<Step>
      const mismatch = await verb(step, this, peer)
      const { fault } = peer.inbox
      if (fault !== undefined) throw fault
      if (mismatch === undefined) continue
      return step.orSkip === undefined || mismatch.firm === true
        ? this.#failed(mismatch)
        : { ...skip(step.orSkip), step: this.#step }
    }
    if (!this.inboxes().some((inbox) => inbox.heard)) throw new UnreachableError('nothing was heard from the target')
    const worst = this.#graded.find(({ grade }) => grade === 'warn') ?? this.#graded[0]
    if (worst === undefined) return { outcome: 'pass' }
    const outcome = worst.grade === 'warn' ? 'warn' : 'info'
    return { outcome, reason: worst.why ?? `a ${outcome} alternative was met`, step: worst.step }
  }

  #failed({ path, expected, actual, message }: Mismatch, lead = ''): Verdict {
    const outcome = ({ MUST: 'fail', SHOULD: 'warn', MAY: 'info' } as const)[this.#fixture.level]
    const seen = actual === undefined ? {} : { actual }
    return {
      outcome,
      reason: `${lead}${path === '' ? '' : `${path} `}${message}`,
      step: this.#step,
      path,
      expected,
      ...seen
    }
  }

  #thrown(error: unknown): Verdict {
    if (error instanceof NotOfferedError) return { ...skip(error.message), step: this.#step }
    if (error instanceof UnreachableError) return { outcome: 'error', reason: error.message, step: this.#step }
    if (error instanceof PatternError)
      return { outcome: 'error', reason: `the fixture is wrong: ${error.message}`, step: this.#step }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { outcome: 'error', reason: `the runner failed: ${text}`, step: this.#step }
  }
}

/** What a case can say of the address it is replayed against. */
function addresses(endpoint: string, captures: Map<string, Json>): void {
  const { origin, host, pathname, search } = new URL(endpoint)
  const path = `${pathname}${search}`
  captures.set('endpoint', endpoint).set('origin', origin).set('host', host).set('path', path)
  // a bare origin is known without the slash that an address ends in
  captures.set('canonical', path === '/' ? origin : endpoint)
}

function skip(reason: string): Verdict {
  return { outcome: 'skip', reason }
}
