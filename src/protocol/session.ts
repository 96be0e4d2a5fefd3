/** The session record: what a handshake leaves. Plain JSON, so that a store can keep it, and the named changes to it. */
import type { Revision } from './revisions.ts'
import type { ClientCapabilities, Implementation, LoggingLevel, ServerCapabilities } from './types/index.ts'

export interface Session {
  id: string
  /** Identity of the principal it belongs to; left out where nobody is verified. */
  owner?: string | undefined
  revision: Revision
  client: { info: Implementation; capabilities: ClientCapabilities }
  /** What was registered when the session began: the capabilities that were negotiated (LIFE-22). */
  offered: ServerCapabilities
  /** Whether notifications/initialized has arrived. */
  ready: boolean
  /** Least severe log level that is sent (LOG-07). */
  level: LoggingLevel
  /** Subscribed resource URIs, each once. */
  subscriptions: string[]
  /** What handlers keep for this session; plain JSON. */
  data: Record<string, unknown>
}

/** A change by name, so that a store can apply it in one step. */
export type SessionChange =
  | { change: 'ready' }
  | { change: 'level'; level: LoggingLevel }
  | { change: 'subscribe'; uri: string }
  | { change: 'unsubscribe'; uri: string }
  | { change: 'data'; data: Record<string, unknown> }

/**
 * Applies one change in place. Subscribing and unsubscribing are idempotent (RES-20, RES-22).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { applyChange, type Session } from 'handwire/protocol'
 *
 * const session: Session = {
 *   id: 's',
 *   revision: '2025-06-18',
 *   client: { info: { name: 'client', version: '1' }, capabilities: {} },
 *   offered: { tools: {} },
 *   ready: true,
 *   level: 'info',
 *   subscriptions: [],
 *   data: {}
 * }
 * applyChange(session, { change: 'subscribe', uri: 'todo://home' })
 * applyChange(session, { change: 'data', data: { cart: ['tea'] } })
 * assert.deepEqual([session.subscriptions, session.data], [['todo://home'], { cart: ['tea'] }])
 * ```
 */
export function applyChange(session: Session, change: SessionChange): void {
  switch (change.change) {
    case 'ready':
      session.ready = true
      return
    case 'level':
      session.level = change.level
      return
    case 'subscribe':
      if (!session.subscriptions.includes(change.uri)) session.subscriptions.push(change.uri)
      return
    case 'unsubscribe':
      session.subscriptions = session.subscriptions.filter((uri) => uri !== change.uri)
      return
    case 'data':
      session.data = { ...session.data, ...change.data }
  }
}
