/** What a recorded client said in its headers that a runner would not say by itself. */
import type { Asked } from './exchange.ts'

/** What a runner knows when it sends: the session's id and revision, once it has them. */
export interface Standing {
  session?: string | undefined
  revision?: string | undefined
}

/** The headers in which a request differs from what the runner fills in, as a raw exchange gives them; null for one that was missing. */
export function quirksOf({ method, headers, message, text }: Asked, standing: Standing): Record<string, string | null> {
  const hasBody = message !== undefined || text !== undefined
  const accept = { POST: 'application/json, text/event-stream', GET: 'text/event-stream' }[method]
  const usual: Record<string, string | undefined> = {
    accept,
    'content-type': hasBody ? 'application/json' : undefined,
    'mcp-session-id': standing.session,
    'mcp-protocol-version': standing.revision,
    origin: undefined
  }
  const quirks: Record<string, string | null> = {}
  for (const [name, expected] of Object.entries(usual)) {
    const given = headers[name]
    if (given === expected || alike(name, given, expected)) continue
    // what DELETE and others accept means nothing
    if (name === 'accept' && expected === undefined) continue
    quirks[name] = given ?? null
  }
  return quirks
}

function alike(name: string, given: string | undefined, expected: string | undefined): boolean {
  if (given === undefined || expected === undefined) return false
  if (name === 'content-type') return given.split(';')[0] === expected
  if (name !== 'accept') return false
  const types = (value: string): string =>
    value
      .split(/\s*,\s*/)
      .sort()
      .join()
  return types(given) === types(expected)
}
