/**
 * Health checks: whether the process lives, and whether new work may be sent to it. They lie beside the endpoint and not
 * behind its Host and Origin checks, because a prober comes with any Host; they say one word, the same to everybody.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Host } from '../protocol/host.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import { hidden } from './hidden.ts'
import { checkPath } from './options.ts'
import { retryAfter } from './status.ts'

/**
 * Where the health checks are: `true` is `/healthz` for the process and `/readyz` for its readiness, a text is the path of
 * one check of readiness for balancers that have only one, an object names either or both. Paths are below the prefix of
 * the scope, beside the plugin's own `prefix`.
 */
export type HealthOption = boolean | string | HealthPaths

interface HealthPaths {
  live?: string
  ready?: string
}

const members: Members<HealthPaths> = { live: true, ready: true }

/**
 * Mounts the checks, for GET and HEAD. Live is always 200. Ready is 503 with Retry-After while one of the endpoints closes
 * or cannot reach a store.
 */
export function mountHealth(scope: FastifyInstance, option: HealthOption, hosts: ReadonlySet<Host>): void {
  const { live, ready } = pathsOf(option)
  if (live !== undefined) mount(scope, live, async (reply) => answer(reply, 200, 'ok'))
  if (ready === undefined) return
  mount(scope, ready, async (reply) => {
    const all = await Promise.all([...hosts].map((host) => host.ready()))
    return all.every(Boolean) ? answer(reply, 200, 'ok') : answer(reply, 503, 'unavailable')
  })
}

function pathsOf(option: HealthOption): HealthPaths {
  if (option === true) return { live: '/healthz', ready: '/readyz' }
  if (option === false) return {}
  const paths = typeof option === 'string' ? { ready: option } : option
  checkMembers('health', paths, members)
  const { live, ready } = paths
  checkPath('health.live', live)
  checkPath('health.ready', ready)
  return { ...(live === undefined ? {} : { live }), ...(ready === undefined ? {} : { ready }) }
}

function mount(scope: FastifyInstance, url: string, check: (reply: FastifyReply) => Promise<FastifyReply>): void {
  // a prober comes every few seconds: only what is wrong is worth a line
  scope.route({
    method: ['GET', 'HEAD'],
    url,
    schema: hidden,
    logLevel: 'warn',
    handler: (_request, reply) => check(reply)
  })
}

function answer(reply: FastifyReply, status: 200 | 503, word: string): FastifyReply {
  const seconds = retryAfter(status)
  if (seconds !== undefined) reply.header('retry-after', seconds)
  return reply.code(status).header('cache-control', 'no-store').send({ status: word })
}
