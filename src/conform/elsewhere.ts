/**
 * URLs that a server names: where the runner goes that was told to test another address, and what it does not take along.
 *
 * Rules of this file:
 * - a URL on the origin under test is asked; so is one on loopback, when the server under test is on loopback, too;
 * - any other is asked only where the user allows it: what a server names may be somebody's else, or behind a firewall;
 * - redirects are never followed.
 */
import type { Json } from './json.ts'

/** Whether a host is this machine. */
const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** The URL, when it is an absolute one of HTTP. */
export function httpUrl(text: Json): URL | undefined {
  if (typeof text !== 'string' || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  return new URL(text)
}

/** Whether the runner may ask a URL by itself, when it tests that endpoint. */
export function isNear(url: URL, endpoint: string): boolean {
  const own = new URL(endpoint)
  return url.origin === own.origin || (loopback.test(url.hostname) && loopback.test(own.hostname))
}

/**
 * The well-known place of a document about a URL: between its host and its path (RFC 8414 section 3.1, RFC 9728 section 3.1).
 * A slash that only ends the host falls away.
 */
export function wellKnown(about: string, name: string): string {
  const { origin, pathname, search } = new URL(about)
  return `${origin}/.well-known/${name}${pathname === '/' ? '' : pathname}${search}`
}
