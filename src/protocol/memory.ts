/** Session store and event log kept in this process: the default, and the measure for every other store. */
import type { Limits } from './limits.ts'
import type { Clock, EventLog, Ids, LoggedEvent, Replay, SessionStore } from './ports.ts'
import { applyChange, type Session, type SessionChange } from './session.ts'

/** Time of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    // a timer cannot be set further ahead, and what is as far away as that never comes
    if (!(ms < 2 ** 31)) return () => undefined
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  }
}

/**
 * Random names: 192 bits for sessions, 72 for streams; requests of ours count up behind a prefix of this process.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { randomIds } from 'handwire/protocol'
 *
 * const ids = randomIds()
 * assert.equal(ids.session().length, 32)
 * assert.notEqual(ids.request(), ids.request())
 * ```
 */
export function randomIds(): Ids {
  const random = (bytes: number): string =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64url')
  const prefix = random(6)
  let requests = 0
  return {
    session: () => random(24),
    stream: () => random(9),
    request: () => {
      requests += 1
      return `${prefix}-${requests}`
    }
  }
}

/** Sessions in a map; a look at all of them now and then finds those that ran out. */
export class MemorySessions implements SessionStore {
  readonly #clock: Clock
  readonly #max: number
  readonly #idleMs: number
  readonly #kept = new Map<string, { session: Session; usedAt: number }>()
  readonly #listeners = new Set<(id: string) => void>()
  #stopTimer: (() => void) | undefined

  constructor(clock: Clock, max: number, idleMs: number) {
    this.#clock = clock
    this.#max = max
    this.#idleMs = idleMs
  }

  create(session: Session): boolean {
    if (this.#kept.size >= this.#max) return false
    this.#kept.set(session.id, { session, usedAt: this.#clock.now() })
    this.#watch()
    return true
  }

  read(id: string): Session | undefined {
    const kept = this.#kept.get(id)
    if (kept === undefined) return undefined
    kept.usedAt = this.#clock.now()
    return kept.session
  }

  change(id: string, change: SessionChange): undefined {
    const kept = this.#kept.get(id)
    if (kept !== undefined) applyChange(kept.session, change)
  }

  remove(id: string): boolean {
    return this.#kept.delete(id)
  }

  touch(id: string): void {
    this.read(id)
  }

  onExpired(listener: (id: string) => void): void {
    this.#listeners.add(listener)
  }

  close(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#kept.clear()
  }

  #watch(): void {
    this.#stopTimer ??= this.#clock.after(Math.max(this.#idleMs / 4, 1), () => {
      this.#stopTimer = undefined
      const now = this.#clock.now()
      for (const [id, { usedAt }] of this.#kept) {
        if (now - usedAt < this.#idleMs) continue
        for (const listener of this.#listeners) listener(id)
        // a listener may have touched the session because work is still going on in it
        if (now - (this.#kept.get(id)?.usedAt ?? now) >= this.#idleMs) this.#kept.delete(id)
      }
      if (this.#kept.size > 0) this.#watch()
    })
  }
}

interface KeptStream {
  id: string
  /** Number of the next event; ids are `<stream>.<number>`. */
  next: number
  events: LoggedEvent[]
  bytes: number
  ended: boolean
  forget: (() => void) | undefined
}

type LogBounds = Pick<Limits, 'logEvents' | 'logBytes' | 'logStreams' | 'logKeptMs'>

/** Events of each stream, at most so many and so many bytes; an ended stream goes after a while. */
export class MemoryLog implements EventLog {
  readonly #clock: Clock
  readonly #bounds: LogBounds
  readonly #sessions = new Map<string, Map<string, KeptStream>>()

  constructor(clock: Clock, bounds: LogBounds) {
    this.#clock = clock
    this.#bounds = bounds
  }

  append(session: string, stream: string, text: string): string {
    const kept = this.#stream(session, stream)
    const id = `${stream}.${kept.next}`
    kept.next += 1
    kept.events.push({ id, text })
    kept.bytes += Buffer.byteLength(text)
    // the newest event is kept whatever its size: it may be the result
    const { logEvents, logBytes } = this.#bounds
    while (kept.events.length > 1 && (kept.events.length > logEvents || kept.bytes > logBytes)) {
      kept.bytes -= Buffer.byteLength(kept.events.shift()?.text ?? '')
    }
    return id
  }

  end(session: string, stream: string): void {
    const kept = this.#sessions.get(session)?.get(stream)
    if (kept === undefined || kept.ended) return
    kept.ended = true
    kept.forget = this.#clock.after(this.#bounds.logKeptMs, () => this.#drop(session, stream))
    this.#giveUp(session)
  }

  after(session: string, eventId: string): Replay | undefined {
    const dot = eventId.lastIndexOf('.')
    const kept = this.#sessions.get(session)?.get(eventId.slice(0, dot))
    const number = Number(eventId.slice(dot + 1))
    const minted = kept !== undefined && number >= 1 && number < kept.next && eventId === `${kept.id}.${number}`
    if (!minted) return undefined
    const first = kept.next - kept.events.length
    if (number + 1 < first) return undefined
    return { stream: kept.id, events: kept.events.slice(number + 1 - first), ended: kept.ended }
  }

  forget(session: string): void {
    for (const kept of this.#sessions.get(session)?.values() ?? []) kept.forget?.()
    this.#sessions.delete(session)
  }

  #stream(session: string, stream: string): KeptStream {
    let streams = this.#sessions.get(session)
    if (streams === undefined) {
      streams = new Map()
      this.#sessions.set(session, streams)
    }
    let kept = streams.get(stream)
    if (kept === undefined) {
      kept = { id: stream, next: 1, events: [], bytes: 0, ended: false, forget: undefined }
      streams.set(stream, kept)
    }
    return kept
  }

  /** Forgets the oldest ended streams of a session that has too many of them, or too much in them. */
  #giveUp(session: string): void {
    const { logStreams, logBytes } = this.#bounds
    const ended = [...(this.#sessions.get(session)?.values() ?? [])].filter((kept) => kept.ended)
    let bytes = ended.reduce((sum, kept) => sum + kept.bytes, 0)
    for (const [place, kept] of ended.slice(0, -1).entries()) {
      if (ended.length - place <= logStreams && bytes <= logStreams * logBytes) return
      bytes -= kept.bytes
      this.#drop(session, kept.id)
    }
  }

  #drop(session: string, stream: string): void {
    const streams = this.#sessions.get(session)
    streams?.get(stream)?.forget?.()
    streams?.delete(stream)
    if (streams?.size === 0) this.#sessions.delete(session)
  }
}
