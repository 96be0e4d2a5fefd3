/** One line of the API's own log for each exchange: what it was and how it ended, and nothing of what was said in it. */
import { createHash } from 'node:crypto'
import type { ErrorName } from '../protocol/errors.ts'
import { isObject } from '../protocol/frame.ts'
import type { Logger, ObservedCall, ObservedOutcome, ObservedRefusal, Observer } from '../protocol/ports.ts'

type Level = 'info' | 'error'

/** Ends that are the server's fault and not the peer's. */
const ours: ReadonlySet<ErrorName | undefined> = new Set<ErrorName>(['internal', 'timedOut'])

/**
 * Logs each request, notification and refusal as `{ mcp: { id, method, tool, session, subject, outcome, error, code, ms } }`: at
 * `error` when the fault is the server's, else at `info`. Fastify's request id is on the same line. Arguments, headers,
 * URIs and session ids are never on it; `session` is the digest of the id.
 * @param fallback for exchanges without a log of their own
 */
export function exchangeLog(fallback: Logger): Observer {
  const line = (logger: Logger | undefined, level: Level, message: string, fields: () => object): void => {
    const log = logger ?? fallback
    if (enabled(log, level)) log[level]({ mcp: fields() }, message)
  }
  return {
    ended(call, outcome) {
      line(call.logger, levelOf(outcome.error), 'mcp request', () => callFields(call, outcome))
    },
    refused(refusal) {
      line(refusal.logger, levelOf(refusal.error), 'mcp refusal', () => refusalFields(refusal))
    },
    notified({ method, logger }) {
      line(logger, 'info', 'mcp notification', () => ({ method, outcome: 'accepted' }))
    }
  }
}

/** What stands for a session where its id must not be: twelve hexadecimal digits of its SHA-256. */
export function sessionDigest(session: string): string {
  return createHash('sha256').update(session).digest('hex').slice(0, 12)
}

/**
 * The API's own way to log a request, without the query of its address: the endpoint has none, and a client that is wrong may
 * have put a token there (AUTH-43, AUTH-61).
 */
export function withoutQueries(logger: Logger): { req: (request: unknown) => unknown } | undefined {
  const own = (logger as { [serializers]?: { req?: (request: unknown) => unknown } })[serializers]?.req
  if (own === undefined) return undefined
  return {
    req(request) {
      const shown = own(request)
      if (!isObject(shown) || typeof shown['url'] !== 'string') return shown
      const [path, query] = shown['url'].split('?', 2)
      return query === undefined ? shown : { ...shown, url: `${path}?…` }
    }
  }
}

/** Where pino keeps the serializers of a logger. */
const serializers = Symbol.for('pino.serializers')

/** The logger of an API that logs nothing: all of its levels are the same empty function. */
export function logsNothing(logger: Logger): boolean {
  return logger.info === logger.error
}

function callFields({ id, method, tool, prompt, session, principal }: ObservedCall, outcome: ObservedOutcome): object {
  const { is, error, code, ms } = outcome
  return {
    id: short(id),
    method,
    tool: short(tool),
    prompt: short(prompt),
    session: sessionDigest(session),
    subject: short(principal?.subject),
    outcome: is,
    error,
    code,
    ms: Math.round(ms * 100) / 100
  }
}

function refusalFields({ id, method, error, code }: ObservedRefusal): object {
  return { id: short(id), method, outcome: 'refused', error, code }
}

function levelOf(error: ErrorName | undefined): Level {
  return ours.has(error) ? 'error' : 'info'
}

/** Names and ids are the peer's, without bounds. */
function short<T>(value: T): T | string {
  return typeof value === 'string' ? value.slice(0, 100) : value
}

/** Loggers that do not tell are asked for every line. */
function enabled(logger: Logger & { isLevelEnabled?: (level: string) => boolean }, level: Level): boolean {
  return logger.isLevelEnabled?.(level) ?? true
}
