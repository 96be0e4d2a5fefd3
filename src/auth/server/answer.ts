/** Answers that the server gives itself, before oidc-provider is asked. */
import type { ServerResponse } from 'node:http'

/** Sends JSON that nobody keeps. */
export function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text)
  })
  response.end(text)
}

/** Sends an error of OAuth, and in how many seconds to try again. */
export function refuse(response: ServerResponse, status: number, error: string, retryAfter?: number): void {
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
  // what was not read of the body is not waited for
  if (status === 413) response.setHeader('connection', 'close')
  sendJson(response, status, { error })
}
