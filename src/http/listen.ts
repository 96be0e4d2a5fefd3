/** A GET on the endpoint: a stream of its own, or the rest of one that broke (basic/transports#listening-for-messages-from-the-server). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Guard } from '../auth/guard.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { Host } from '../protocol/host.ts'
import type { Logger } from '../protocol/ports.ts'
import { ownerOf } from '../protocol/principal.ts'
import { Connection } from './connection.ts'
import { claimsOf, principalOf } from './principal.ts'

/** How often whoever listens is verified again, in milliseconds: a token may be revoked long before it ends. */
const againMs = 60_000

/**
 * Opens the stream, which ends with the token that opened it: nobody listens longer than they were let in. The client comes
 * back with a fresh token and its Last-Event-ID, and what came meanwhile waits in the log.
 */
export async function listen(
  host: Host,
  guard: Guard | undefined,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const stream = await host.listen(claimsOf(request), request.headers['last-event-id'] as string | undefined)
  const connection = new Connection(reply, host.limits, host.clock, (gone) => stream.detach(gone), true)
  stream.attach(connection)
  if (guard === undefined) return reply
  const end = (): void => {
    stream.detach(connection)
    connection.end()
  }
  const { expiresAt = Number.POSITIVE_INFINITY } = principalOf(request) ?? {}
  const stopEnd = host.clock.after(expiresAt * 1000 - Date.now(), end)
  let stopLook = (): void => undefined
  const look = (): void => {
    stopLook = host.clock.after(againMs, async () => {
      const welcome = await isWelcome(guard, request)
      if (connection.gone) return
      if (welcome) look()
      else end()
    })
  }
  look()
  reply.raw.once('close', () => {
    stopEnd()
    stopLook()
  })
  return reply
}

/** Whether the sender of a request would still be let in, as the same. Who cannot be judged now was good a moment ago. */
async function isWelcome(guard: Guard, request: FastifyRequest): Promise<boolean> {
  try {
    const logger = request.log as unknown as Logger
    const principal = await guard.verify({ raw: request.raw, lent: request, logger })
    return ownerOf(principal) === ownerOf(principalOf(request))
  } catch (error) {
    return error instanceof ProtocolError && error.kind === 'cannotVerify'
  }
}
