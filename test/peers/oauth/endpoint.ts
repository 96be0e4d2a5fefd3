/** Requests to an endpoint that no client would send: with the token of one and the session of another. */
import type { Place } from './visitor.ts'

/** Asks for the tools, or listens, or ends the session; the answer's status and challenge. */
export async function ask(
  { url }: Place,
  token: string,
  session: string | undefined,
  method: 'POST' | 'GET' | 'DELETE' = 'POST',
  message: object = { id: 1, method: 'tools/list' }
): Promise<{ status: number; challenge: string | null; text: string }> {
  const headers = {
    accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    'mcp-protocol-version': '2025-06-18',
    ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    ...(session === undefined ? {} : { 'mcp-session-id': session })
  }
  const body = method === 'POST' ? JSON.stringify({ jsonrpc: '2.0', ...message }) : null
  const response = await fetch(url, { method, headers, body })
  const { status } = response
  const challenge = response.headers.get('www-authenticate')
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await response.body?.cancel()
    return { status, challenge, text: '' }
  }
  return { status, challenge, text: await response.text() }
}

/** Revokes a token of a public client (RFC 7009), where the issuer's metadata says. */
export async function revoke({ issuer }: Place, client: string, token: string): Promise<void> {
  const { origin, pathname } = new URL(issuer)
  const place = `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`
  const { revocation_endpoint: endpoint } = (await (await fetch(place)).json()) as { revocation_endpoint: string }
  const response = await fetch(endpoint, { method: 'POST', body: new URLSearchParams({ client_id: client, token }) })
  if (response.status !== 200) throw new Error(`revocation was answered ${response.status}: ${await response.text()}`)
}
