/** JSON from whoever the operator trusts with tokens: bounded in time and size, and never led elsewhere. */
import { secure } from './resource.ts'
import { UnreachableError } from './verifier.ts'

/** Longest answer that is read, in bytes. */
const longestAnswer = 512 * 1024

/** An answer and its status; the value is undefined for a status that is no success. */
export interface JsonAnswer {
  status: number
  value: unknown
}

/**
 * Fetches a JSON object. Throws an UnreachableError for whatever keeps it from being read: no connection, no answer within
 * `timeoutMs`, a redirect, a failure of the server (5xx, 429), an answer that is too long or no JSON, a URL that is not https.
 */
export async function fetchJson(url: string, timeoutMs: number, init: RequestInit = {}): Promise<JsonAnswer> {
  try {
    if (!secure(new URL(url))) throw new Error('only https may be asked, or http on this machine')
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', ...(init.headers as Record<string, string> | undefined) },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs)
    })
    const { status } = response
    if (status >= 500 || status === 429) throw new Error(`it answered with status ${status}`)
    if (!response.ok) {
      await response.body?.cancel()
      return { status, value: undefined }
    }
    return { status, value: JSON.parse(await readText(response)) }
  } catch (error) {
    throw new UnreachableError(`${url} cannot be used`, { cause: error })
  }
}

async function readText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    if (bytes > longestAnswer) throw new Error(`its answer is longer than ${longestAnswer} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}
