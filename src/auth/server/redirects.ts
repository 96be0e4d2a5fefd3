/** Where clients may have people sent back to: web addresses, this machine, and the private schemes of native programs. */

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Schemes by which a browser runs something, opens files or starts a part of the system, and no program of a client's. */
const dangerous =
  /^(?:javascript|vbscript|data|blob|file|filesystem|about|view-source|wss?|ftps?|sftp|ssh|telnet|ldaps?|smb|nfs|dav|mailto|tel|sms|jar|content|intent|android-app|resource|chrome|chrome-extension|moz-extension|edge|brave|opera|mhtml|mk|res|shell|search|search-ms|help|hcp|x-apple\..*|applescript|msdt|ms-[a-z-]*|urn|tag):$/

/** Schemes of browsers and pages, which lead into the web though they look like those of a program. */
const webward =
  /^(?:googlechromes?(?:-x-callback)?|microsoft-edge(?:-.*)?|firefox(?:-.*)?|x-safari-.*|x-web-search|touch-https?|ddgquicklink|duckduckgo|vivaldi|web\+.*|ext\+.*|https?\+.*|https?-.*|itms(?:-.*)?|market|jnlps?):$/

const longest = 2048
const most = 20

/** What is wrong with the redirect URIs of a client, in words; undefined when nothing is (AUTH-71). */
export function faultOfRedirects(uris: unknown): string | undefined {
  if (!Array.isArray(uris) || uris.length === 0) return 'redirect_uris must be a list of at least one URI'
  if (uris.length > most) return `redirect_uris may hold at most ${most} URIs`
  for (const uri of uris) {
    const fault = faultOfRedirect(uri)
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultOfRedirect(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || uri.length > longest || !URL.canParse(uri))
    return 'redirect_uris must hold absolute URIs'
  const { protocol, hostname, username, password } = new URL(uri)
  if (uri.includes('#')) return 'redirect_uris must not have fragments'
  if (username !== '' || password !== '') return 'redirect_uris must not have credentials'
  if (protocol === 'http:' && !loopback.has(hostname)) return 'redirect_uris may use http for loopback addresses alone'
  if (dangerous.test(protocol) || webward.test(protocol))
    return `redirect_uris must not use the scheme ${protocol.slice(0, -1)}`
  return undefined
}

/**
 * Whether redirect URIs are those of a native program: this machine or a private scheme among them. Such a client may come
 * back to any port of this machine (RFC 8252 section 7.3), and is asked for consent every time, because any program can
 * claim to be it.
 */
export function isNative(uris: readonly string[]): boolean {
  return uris.some((uri) => {
    const { protocol, hostname } = new URL(uri)
    return protocol !== 'https:' || loopback.has(hostname)
  })
}

/** Where people will be sent back to, so that they can judge it: the place, and what is there when that is no web site. */
export function describeRedirect(uri: string): { place: string; note: string } {
  const { protocol, host, hostname } = new URL(uri)
  if (loopback.has(hostname)) return { place: host, note: 'a program on this computer' }
  if (protocol === 'https:') return { place: host, note: '' }
  // all but the query: what stands behind the scheme may be an address in the web
  const [place = ''] = uri.replace(/[\p{C}\p{Z}]+/gu, ' ').split('?')
  return { place: [...place].slice(0, 200).join(''), note: 'the program on this computer for such links' }
}
