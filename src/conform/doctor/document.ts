/** The metadata document of the protected resource (RFC 9728 section 2), member by member. */
import { isLoopback, shown, type Visit } from './visit.ts'

/** What clients go on with. */
export interface Resource {
  /** What tokens have to be for: the document's, or the URL itself where the document has none. */
  identifier: string
  issuers: string[]
  scopes: string[]
}

export function judgeDocument(visit: Visit, document: Readonly<Record<string, unknown>>, place: URL): Resource {
  const { url, findings } = visit
  const { resource } = document
  judgeResource(visit, resource, place)
  const issuers = judgeServers(visit, document['authorization_servers'], place)
  judgeMembers(visit, document, place)
  const scopes = document['scopes_supported']
  return {
    identifier: typeof resource === 'string' && !findings.wrong('metadata/resource') ? resource : url.href,
    issuers,
    scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : []
  }
}

/** `resource` has to be the URL that clients use, character by character. */
function judgeResource({ url, local, findings }: Visit, resource: unknown, place: URL): void {
  const where = `resource in ${place.href}`
  const expected = canonical(url)
  if (typeof resource !== 'string' || !URL.canParse(resource)) {
    findings.problem('metadata/resource', 'The metadata does not say of which URL it is', {
      where,
      expected,
      received: resource === undefined ? 'no such member' : JSON.stringify(resource),
      mend: 'set it to the URL that clients use',
      requirements: ['AUTH-19']
    })
    return
  }
  // of a host alone the slash is no part of the name, and URLs come without what clients add to authenticate
  if (resource === url.href || resource === expected || (url.pathname === '/' && resource === url.origin)) {
    findings.ok('metadata/resource', 'The metadata is of exactly this URL', { where, received: resource })
    return
  }
  const [says, mend] = difference(url, new URL(resource), resource, local)
  findings.problem('metadata/resource', says, {
    where,
    expected,
    received: resource,
    mend,
    requirements: ['AUTH-18', 'AUTH-27']
  })
}

function canonical({ origin, pathname, search }: URL): string {
  return `${origin}${pathname === '/' ? '' : pathname}${search}`
}

/** In what two URLs differ, and what to do about it. */
function difference(url: URL, told: URL, resource: string, local: boolean): [says: string, mend: string] {
  const configure = 'configure the public URL of the server (`resource` in handwire) to what clients use'
  if (told.hash !== '') return ['The metadata names a URL with a fragment', `${configure}, without a fragment`]
  if (canonical(told) === canonical(url))
    return ['The metadata writes the URL in another way, as with capital letters', `${configure}, written like this`]
  if (told.host === url.host && told.pathname === url.pathname && told.protocol !== url.protocol)
    return told.protocol === 'http:'
      ? [
          'The metadata says http where clients use https',
          `${configure}: behind a proxy that ends TLS it believes that it is http`
        ]
      : ['The metadata says https where http was asked', `give clients ${shown(resource)}`]
  if (told.origin === url.origin && told.pathname.replace(/\/$/, '') === url.pathname.replace(/\/$/, ''))
    return [
      'The metadata and the URL differ by a slash at the end',
      `give clients ${shown(resource)}, or configure the server to say ${canonical(url)}: strict clients compare each character`
    ]
  if (!local && isLoopback(told))
    return [
      'The metadata says the name that the server has on its own machine',
      `${configure}; never derive it from Host`
    ]
  if (told.origin === url.origin && url.pathname.startsWith(told.pathname))
    return [
      'The metadata is of a wider URL than the endpoint',
      `${configure}, path and all: some clients put up with it, strict ones throw the document away`
    ]
  if (told.hostname !== url.hostname)
    return ['The metadata is of another host', `${configure}, or give clients ${shown(resource)}`]
  return ['The metadata is of another URL', `${configure}, or give clients ${shown(resource)}`]
}

function judgeServers({ findings }: Visit, servers: unknown, place: URL): string[] {
  const where = `authorization_servers in ${place.href}`
  const issuers = Array.isArray(servers) ? servers.filter((issuer): issuer is string => typeof issuer === 'string') : []
  if (issuers.length === 0) {
    findings.problem('metadata/authorization-servers', 'The metadata names no authorization server', {
      where,
      expected: 'a list of at least one issuer',
      received: servers === undefined ? 'no such member' : JSON.stringify(servers),
      mend: 'name the issuer of the tokens that the server takes, as it stands in `iss`',
      requirements: ['AUTH-15']
    })
    return []
  }
  findings.ok(
    'metadata/authorization-servers',
    issuers.length === 1
      ? 'The metadata names an authorization server'
      : `The metadata names ${issuers.length} authorization servers`,
    { where, received: issuers.map((issuer) => shown(issuer)).join(', ') }
  )
  return [...new Set(issuers)]
}

function judgeMembers({ findings }: Visit, document: Readonly<Record<string, unknown>>, place: URL): void {
  const empty = Object.keys(document).filter((name) => {
    const value = document[name]
    return name !== 'authorization_servers' && Array.isArray(value) && value.length === 0
  })
  if (empty.length > 0)
    findings.warning('metadata/empty', 'The metadata has empty lists', {
      where: place.href,
      expected: 'members that have no values are left out',
      received: empty.join(', '),
      mend: 'leave them out',
      requirements: ['AUTH-20']
    })
  const methods = document['bearer_methods_supported']
  if (!Array.isArray(methods) || methods.length === 0) return
  if (methods.includes('header') && !methods.includes('query')) return
  findings.warning('metadata/bearer-methods', 'The metadata does not send tokens by the header alone', {
    where: `bearer_methods_supported in ${place.href}`,
    expected: '["header"]',
    received: JSON.stringify(methods),
    mend: 'say header, and never query: clients of MCP send tokens in the header only',
    requirements: ['AUTH-21']
  })
}
