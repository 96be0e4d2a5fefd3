/** What bounds the calls of one tool, or of all tools of an endpoint: declared in words, read once. */
import { DeclarationError } from '../protocol/errors.ts'
import type { Context } from '../protocol/handler.ts'
import { checkMembers, type Members } from '../protocol/members.ts'

/**
 * Limits of calls. A call that may not run yet waits in a bounded queue, where it can be cancelled without any work having
 * begun; past the queue it fails with a text that says which limit it met. Callers are served in turn, so that one who sends
 * many calls keeps nobody else waiting for all of them.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * app.mcp.tool('search', { limits: { concurrency: 2, total: 8, rate: '1/m', queue: 0 } }, () => 'found')
 *
 * const client = await app.mcp.test()
 * assert.equal(await client.text('search'), 'found')
 * await assert.rejects(client.text('search')) // one a minute, and nobody may wait
 * await app.close()
 * ```
 */
export interface CallLimits {
  /** Calls of one caller that run at one time; any number by default. */
  concurrency?: number
  /** Calls of all callers that run at one time, such as what an upstream bears; any number by default. */
  total?: number
  /**
   * How often one caller may call: `'60/m'` (or `/s`, `/h`, `/d`), or a number of calls in milliseconds. Unused calls are
   * saved up to that number; any rate by default.
   */
  rate?: string | { max: number; perMs: number }
  /** Calls of one caller that may wait; 16 by default, 0 refuses at once. Of all callers together 1000 may. */
  queue?: number
  /** Longest wait in milliseconds, 10,000 by default. A call that the rate would keep longer is refused at once. */
  queueMs?: number
  /**
   * Milliseconds after which a running call is stopped: its signal fires, and the model is told. Waiting in the queue and for
   * the client's answers does not count. The endpoint's `limits.callMs` holds as well, queue included; the shorter one wins.
   */
  timeoutMs?: number
  /** Who the caller is: by default issuer and subject of the principal, on all of its sessions; where nobody is verified the session. */
  key?: (context: Context) => string
}

/** Limits as they are kept: what is not limited is Infinity. */
export interface Bounds {
  concurrency: number
  total: number
  rate: { max: number; perMs: number } | undefined
  queue: number
  queueMs: number
  timeoutMs: number | undefined
  key: (context: Context) => string
}

const members: Members<CallLimits> = {
  concurrency: true,
  total: true,
  rate: true,
  queue: true,
  queueMs: 'number',
  timeoutMs: 'number',
  key: 'function'
}

const rateMembers: Members<Exclude<CallLimits['rate'], string | undefined>> = { max: 'number', perMs: 'number' }

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads declared limits. Throws a DeclarationError for a number or a rate that cannot work; `of` says whose they are. */
export function readLimits(of: string, limits: CallLimits): Bounds {
  checkMembers(`${of}: limits`, limits, members)
  const count = (name: 'concurrency' | 'total' | 'queue', least: number, unset: number): number => {
    const value = limits[name]
    if (value === undefined) return unset
    if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= least)) return value
    throw new DeclarationError('limits', `${of}: limits.${name} is a whole number from ${least} on`)
  }
  const { key = callerOf, queueMs = 10_000, timeoutMs } = limits
  if (timeoutMs !== undefined) checkMs(of, 'limits.timeoutMs', timeoutMs)
  if (!(queueMs >= 0)) throw new DeclarationError('limits', `${of}: limits.queueMs is a number of milliseconds`)
  return {
    concurrency: count('concurrency', 1, Number.POSITIVE_INFINITY),
    total: count('total', 1, Number.POSITIVE_INFINITY),
    rate: readRate(of, limits.rate),
    queue: count('queue', 0, 16),
    queueMs,
    timeoutMs,
    key
  }
}

/** Throws a DeclarationError for a time that is not above zero. */
export function checkMs(of: string, name: string, ms: number): void {
  if (!(typeof ms === 'number' && ms > 0))
    throw new DeclarationError('limits', `${of}: ${name} is a number of milliseconds above 0`)
}

function readRate(of: string, rate: CallLimits['rate']): Bounds['rate'] {
  if (rate === undefined) return undefined
  if (typeof rate !== 'string') checkMembers(`${of}: limits.rate`, rate, rateMembers)
  const [, count, unit = ''] = (typeof rate === 'string' ? /^(\d+)\/([smhd])$/.exec(rate) : null) ?? []
  const read = typeof rate === 'string' ? { max: Number(count), perMs: units[unit] ?? 0 } : rate
  if (Number.isInteger(read.max) && read.max > 0 && Number.isFinite(read.perMs) && read.perMs > 0) return { ...read }
  throw new DeclarationError('limits', `${of}: limits.rate is such as '60/m' or { max: 60, perMs: 60_000 }`)
}

/** Who a call is counted for where nobody says otherwise. */
function callerOf(context: Context): string {
  const { principal } = context
  // whatever client acts for them: a new one is registered in no time
  return principal === undefined ? context.session.id : JSON.stringify([principal.issuer, principal.subject])
}
