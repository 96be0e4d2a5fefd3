/** What all checks of one server share. */
import type { Findings } from './findings.ts'
import type { Answer, Failure, Reply, Wire } from './wire.ts'

export interface Visit {
  /** The endpoint; another when it redirected. */
  url: URL
  readonly wire: Wire
  readonly findings: Findings
  /** Sent to the endpoint alone. */
  readonly token: string | undefined
  /** Sent to the origin of the endpoint alone. */
  readonly headers: Readonly<Record<string, string>>
  /** The origin of a page that is to use the server. */
  readonly origin: string | undefined
  readonly register: boolean
  /** How long a stream is listened to, in milliseconds. */
  readonly listenMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What was learned and must not be shown. */
  readonly secrets: Set<string>
  /** Whether the endpoint is on this machine. */
  local: boolean
  /** Whether the endpoint is at a public address. */
  public: boolean
}

export function isFailure(reply: Reply): reply is Failure {
  return 'failure' in reply
}

/** A URL fit to be shown: what stands in its query may be a key. */
export function shown(url: URL | string): string {
  const text = typeof url === 'string' ? url : url.href
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]+@/i, '$1…@').replace(/([?&#][^=&#\s]+=)[^&#\s]+/g, '$1…')
}

/** `POST https://mcp.example/mcp`. */
export function asked({ method, url }: Reply): string {
  return `${method} ${shown(url)}`
}

/** The media type of an answer, in lower case and without parameters. */
export function mediaType({ headers }: Answer): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** Whether a page for people came. */
export function isPage(answer: Answer): boolean {
  return mediaType(answer) === 'text/html' || /^\s*<(!doctype html|html)\b/i.test(answer.text)
}

/** What came: status, type, and the body, which is cut only when it holds no secrets any more. */
export function came(answer: Answer): string {
  const type = mediaType(answer)
  const title = /<title[^>]*>([^<]+)/i.exec(answer.text)?.[1]?.trim()
  const begin = isPage(answer) ? title : answer.text.trim()
  const body = begin === undefined || begin === '' ? '' : `: ${isPage(answer) ? `“${begin}”` : begin}`
  return `${answer.status}${type === '' ? '' : ` ${type}`}${body}`
}

/** Who answered, where a header says so. */
export function answerer({ headers }: Answer): string {
  const said = [headers['server'], headers['via']].filter((name) => name !== undefined)
  return said.length === 0 ? '' : ` (it says it is ${said.join(' via ')})`
}

/** The JSON object of an answer; undefined when it holds none. */
export function objectOf({ text }: Pick<Answer, 'text'>): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    // no JSON is as good as none
    return undefined
  }
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
