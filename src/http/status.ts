/** The HTTP status each named error earns when it refuses an exchange. An error that answers a request travels in a 200 (HTTP-18). */
import type { ErrorName } from '../protocol/errors.ts'

const statuses: Partial<Record<ErrorName, number>> = {
  incompleteInitialize: 200,
  unknownMethod: 200,
  notOffered: 200,
  invalidParams: 200,
  wrongLevel: 200,
  wrongCursor: 200,
  internal: 500,
  unauthorized: 401,
  invalidToken: 401,
  insufficientScope: 403,
  cannotVerify: 503,
  foreignOrigin: 403,
  foreignHost: 403,
  unknownSession: 404,
  wrongHttpMethod: 405,
  streamOver: 405,
  notAcceptable: 406,
  notEventStream: 406,
  tooLarge: 413,
  wrongMediaType: 415,
  tooManyRequests: 429,
  tooManyStreams: 429,
  tooManySessions: 503,
  closing: 503
}

/** 400 for every error that the table does not name. */
export function statusOf(error: ErrorName): number {
  return statuses[error] ?? 400
}

/** Seconds after which it makes sense to try again, for the statuses that ask for it. */
export function retryAfter(status: number): string | undefined {
  return status === 429 || status === 503 ? '1' : undefined
}
