/** The resource identifier of an endpoint (basic/authorization#canonical-server-uri), and the metadata it is described by (RFC 9728). */
import { DeclarationError } from '../protocol/errors.ts'
import type { Issued } from './verifier.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

/**
 * The canonical form of an endpoint's public URL: scheme and host in lower case, no slash at the end (AUTH-36).
 * Throws a DeclarationError for what is no https URL, http being for loopback alone, or has a query, a fragment or credentials.
 */
export function canonicalResource(resource: unknown): string {
  const wrong = (why: string): never => {
    throw new DeclarationError(
      'auth-resource',
      `auth: resource ${JSON.stringify(resource)} ${why}: give the public URL of the endpoint, such as "https://mcp.example/mcp"`
    )
  }
  if (typeof resource !== 'string' || !URL.canParse(resource)) return wrong('is no URL')
  const url = new URL(resource)
  if (!secure(url)) wrong('is not https')
  if (url.hash !== '' || url.search !== '' || resource.includes('#') || resource.includes('?'))
    wrong('has a query or a fragment')
  if (url.username !== '' || url.password !== '') wrong('has credentials')
  if (url.pathname.includes('*')) wrong('has an asterisk, which no route can spell')
  return `${url.origin}${url.pathname === '/' ? '' : url.pathname.replace(/\/+$/, '')}`
}

/** Whether a URL may be trusted with tokens: https, or http to this machine itself (AUTH-65). */
export function secure({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true
  return (
    protocol === 'http:' && (hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname))
  )
}

/** Whether an audience names the resource; scheme and host in any case, a slash at the end or not (AUTH-35, AUTH-36). */
export function namesResource(audience: unknown, resource: string): boolean {
  const names = Array.isArray(audience) ? audience : [audience]
  return names.some((name) => name === resource || (typeof name === 'string' && sameUrl(name, resource)))
}

/** Compared as text and not as URLs: what a parser takes away, such as a detour or a tabulator, makes it another name. */
function sameUrl(name: string, resource: string): boolean {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)(.*)$/i.exec(name) ?? []
  return `${origin.toLowerCase()}${path}`.replace(/\/$/, '') === resource
}

/** The path of the metadata document: the well-known path with the resource's own behind it (RFC 9728 section 3.1, AUTH-16). */
export function metadataPath(resource: string): string {
  const { pathname } = new URL(resource)
  return pathname === '/' ? wellKnown : `${wellKnown}${pathname}`
}

/** Where the document is, as a challenge names it. */
export function metadataUrl(resource: string): string {
  return `${new URL(resource).origin}${metadataPath(resource)}`
}

/** The document (RFC 9728 section 2): no member without a value (AUTH-20), and the header as the only way for a token (AUTH-21). */
export function metadataDocument({ resource, issuers, scopes = [] }: Issued, name: string): object {
  return {
    resource,
    authorization_servers: issuers,
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    resource_name: name
  }
}
