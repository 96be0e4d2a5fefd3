import { DeclarationError } from './errors.ts'
import { checkMembers } from './members.ts'

/** What bounds a server: sizes in bytes, times in milliseconds, the rest counts. Every one has a default. */
export interface Limits {
  /** Longest request body or stdio line. Past it: 413, or a JSON-RPC error on stdio. */
  bodyBytes: number
  /** Live sessions. Past it `initialize` is answered 503. */
  sessions: number
  /** A session nobody uses ends after this. */
  sessionIdleMs: number
  /** GET streams open at one time in a session. Past it: 429. */
  streams: number
  /** Events kept for one stream, so that it can be resumed. */
  logEvents: number
  /** Bytes kept for one stream. */
  logBytes: number
  /** Ended streams kept for one session; the oldest goes first. */
  logStreams: number
  /** How long the events of an ended or abandoned stream are kept. */
  logKeptMs: number
  /** Resources a session may be subscribed to. Past it the subscription is answered with an error. */
  subscriptions: number
  /** Requests running at one time in a session. Past it: 429. */
  inFlight: number
  /**
   * A handler that takes longer is stopped; time spent waiting for the client's answers does not count. A client that
   * reads nothing of a large resource for so long is cut off.
   */
  callMs: number
  /** A question to the client that is not answered in this time is cancelled. */
  askMs: number
  /** Pause between keep-alive comments on a quiet stream. */
  keepAliveMs: number
  /** Unread bytes after which a slow reader is cut off; its events wait in the log. */
  backlogBytes: number
  /** How long running calls may go on when the server closes. */
  graceMs: number
  /** Entries on one page of a list. */
  pageSize: number
}

export const defaultLimits: Readonly<Limits> = Object.freeze({
  bodyBytes: 1024 * 1024,
  sessions: 10_000,
  sessionIdleMs: 30 * 60_000,
  streams: 8,
  subscriptions: 1000,
  logEvents: 256,
  logBytes: 1024 * 1024,
  logStreams: 32,
  logKeptMs: 5 * 60_000,
  inFlight: 64,
  callMs: 60_000,
  askMs: 5 * 60_000,
  keepAliveMs: 15_000,
  backlogBytes: 1024 * 1024,
  graceMs: 1000,
  pageSize: 50
})

/** What cannot be 0: nothing would come through, or end. */
const above: ReadonlySet<string> = new Set<keyof Limits>([
  'bodyBytes',
  'sessionIdleMs',
  'callMs',
  'askMs',
  'keepAliveMs',
  'pageSize'
])

/** Limits with the defaults for what is left out. Throws a DeclarationError for a name or a number that bounds nothing. */
export function readLimits(given: Partial<Limits> = {}): Limits {
  const members = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, true as const]))
  checkMembers('limits', given, members)
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [name, value] of set) {
    if (typeof value !== 'number' || !(value >= (above.has(name) ? 1 : 0)))
      throw new DeclarationError('limits', `limits.${name} is a number${above.has(name) ? ' above 0' : ' from 0 on'}`)
    if (!name.endsWith('Ms') && value !== Number.POSITIVE_INFINITY && !Number.isInteger(value))
      throw new DeclarationError('limits', `limits.${name} is a whole number`)
  }
  return { ...defaultLimits, ...Object.fromEntries(set) }
}
