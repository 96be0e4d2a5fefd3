/** Where clients look for the metadata of the protected resource, and what they find there (RFC 9728 section 3). */
import { metadataUrl } from '../../auth/resource.ts'
import type { Challenged } from './challenged.ts'
import { judgeDocument, type Resource } from './document.ts'
import { explain } from './failure.ts'
import { asked, came, isFailure, isPage, mediaType, objectOf, shown, type Visit } from './visit.ts'
import type { Answer, Reply } from './wire.ts'

interface Found {
  place: URL
  answer: Answer
  document: Record<string, unknown>
}

const forEverybody = 'let everybody read it: it is what tells clients where to log in'

/** A page on another origin, as a client that runs in a browser. */
const page = 'https://inspector.example'
const versionHeader = 'mcp-protocol-version'

/**
 * Looks for the metadata as clients do: where the challenge says, then at the well-known place with the path of the endpoint in
 * it, then without. Resolves with what is of use of it; undefined when there is none.
 */
export async function judgeMetadata(visit: Visit, challenged: Challenged): Promise<Resource | undefined> {
  const { url, findings } = visit
  const inserted = new URL(metadataUrl(url.href))
  const root = new URL('/.well-known/oauth-protected-resource', url)
  const named = challenged.metadata
  const atNamed = named === undefined ? undefined : await look(visit, named)
  if (named !== undefined && atNamed !== undefined && !('document' in atNamed)) blame(visit, named, atNamed.reply)
  const atInserted =
    named?.href === inserted.href || (named !== undefined && named.origin !== url.origin)
      ? atNamed
      : await look(visit, inserted)
  const atRoot = foundIn(atNamed, atInserted) !== undefined ? undefined : await look(visit, root)
  const found = foundIn(atNamed, atInserted, atRoot)
  if (found === undefined) {
    const closed = closedOf(atNamed, atInserted, atRoot)
    if (closed === undefined) nothing(visit, challenged, inserted)
    else guarded(visit, challenged, closed)
    return undefined
  }
  if (challenged.readable && challenged.named === undefined)
    findings.problem('challenge/resource-metadata', 'The challenge does not say where the metadata is', {
      where: 'WWW-Authenticate of the 401',
      expected: `resource_metadata="${found.place.href}"`,
      received: 'no resource_metadata',
      mend: 'add resource_metadata to the challenge: clients need not guess well-known places',
      requirements: ['AUTH-23', 'AUTH-24']
    })
  if (atInserted !== undefined && !('document' in atInserted))
    findings.warning('metadata/place', 'The metadata is not where its path belongs', {
      where: `GET ${inserted.href}`,
      expected: '200 and the document: the path of the endpoint stands behind the well-known one',
      received: `it is at ${shown(found.place)}; here ${isFailure(atInserted.reply) ? 'nothing' : came(atInserted.reply)}`,
      mend: 'serve it there, too, at the root of the host: some clients do not look elsewhere',
      requirements: ['AUTH-16']
    })
  else findings.ok('metadata/place', 'The metadata is where clients look for it', { where: `GET ${found.place.href}` })
  judgeAnswer(visit, found)
  await judgeBrowsers(visit, found)
  return judgeDocument(visit, found.document, found.place)
}

/** Whether an open server publishes metadata all the same. */
export async function publishesMetadata(visit: Visit): Promise<boolean> {
  const found = await look(visit, new URL(metadataUrl(visit.url.href)))
  return 'document' in found
}

async function look(visit: Visit, place: URL): Promise<Found | { reply: Reply }> {
  const { wire, url } = visit
  const own = place.origin === url.origin ? visit.headers : {}
  const headers = { ...own, accept: 'application/json', [versionHeader]: '2025-06-18' }
  const reply = await wire.ask({ method: 'GET', url: place, headers })
  if (isFailure(reply) || reply.status !== 200) return { reply }
  const document = objectOf(reply)
  return document === undefined ? { reply } : { place, answer: reply, document }
}

function foundIn(...places: (Found | { reply: Reply } | undefined)[]): Found | undefined {
  return places.find((place): place is Found => place !== undefined && 'document' in place)
}

/** The first answer of those that let nobody see whether there is a document. */
function closedOf(...places: (Found | { reply: Reply } | undefined)[]): Answer | undefined {
  const replies = places.flatMap((place) => (place === undefined || 'document' in place ? [] : [place.reply]))
  return replies.find((reply): reply is Answer => !isFailure(reply) && (reply.status === 401 || reply.status === 403))
}

/** A place that the challenge names and that has no document. */
function blame({ findings }: Visit, place: URL, reply: Reply): void {
  const where = `GET ${shown(place)}, named by the challenge`
  const expected = '200 and a JSON document'
  const requirements = ['AUTH-17', 'AUTH-23']
  if (isFailure(reply)) {
    findings.problem('metadata/answer', 'The metadata cannot be reached', {
      where,
      expected,
      ...explain(reply),
      requirements
    })
    return
  }
  const says =
    reply.status === 200
      ? `The metadata is no JSON${isPage(reply) ? ' but a page for people' : ''}`
      : `The metadata is answered ${reply.status}`
  const mend = {
    401: forEverybody,
    403: forEverybody,
    404: 'serve it at that place, at the root of the host; a proxy has to pass /.well-known/ to the server'
  }[reply.status]
  findings.problem('metadata/answer', says, {
    where,
    expected,
    received: came(reply),
    mend:
      mend ??
      (isPage(reply)
        ? 'let the proxy pass /.well-known/ to the server: the page of a website comes from there'
        : 'serve the document there'),
    requirements
  })
}

/** The metadata, if there is any, asks for what only it could tell how to get. */
function guarded({ findings }: Visit, { named }: Challenged, closed: Answer): void {
  const detail = {
    where: asked(closed),
    expected: '200 and the document, or 404 where there is none',
    received: came(closed),
    mend: `${forEverybody}; a hook or a proxy that asks everybody to log in has to let /.well-known/oauth-* through`,
    requirements: ['AUTH-16', 'AUTH-17']
  }
  const says = `The metadata is guarded itself (${closed.status})`
  if (named !== undefined) findings.problem('metadata/place', says, detail)
  // a server of handed out tokens that answers so on every path needs no metadata
  else findings.warning('metadata/place', `Where the metadata would be is guarded itself (${closed.status})`, detail)
}

/** No metadata at all: right for a server whose tokens are handed out by people, wrong for every other. */
function nothing({ findings }: Visit, { named }: Challenged, inserted: URL): void {
  if (named !== undefined) {
    if (!findings.wrong('metadata/answer') && !findings.wrong('challenge/resource-metadata')) return
    findings.problem('metadata/place', 'There is no metadata anywhere', {
      where: `GET ${inserted.href}`,
      expected: '200 and the document',
      mend: 'serve the document where clients look for it',
      requirements: ['AUTH-10', 'AUTH-16']
    })
    return
  }
  findings.note('metadata/place', 'The server promises no OAuth: clients need a token that somebody gives them', {
    where: `no resource_metadata in the challenge, and nothing at ${inserted.href}`,
    mend: 'fine for machines; people who are to log in need the metadata of RFC 9728 (`auth: jwt(…)` or an authorization server)'
  })
}

function judgeAnswer({ findings }: Visit, { place, answer }: Found): void {
  const type = mediaType(answer)
  if (type !== 'application/json')
    findings.problem('metadata/type', 'The metadata does not say that it is JSON', {
      where: `Content-Type of ${asked(answer)}`,
      expected: 'application/json',
      received: type === '' ? 'no Content-Type' : type,
      mend: 'send Content-Type: application/json',
      requirements: ['AUTH-17']
    })
  if (place.protocol !== 'https:' || answer.headMs < 3000) return
  findings.warning('metadata/answer', 'The metadata comes slowly', {
    where: asked(answer),
    mend: 'answer it without work'
  })
}

/** Clients in browsers read the document from another origin, and name their revision in a header, which needs a preflight. */
async function judgeBrowsers({ findings, wire, url, headers }: Visit, { place }: Found): Promise<void> {
  const own = place.origin === url.origin ? headers : {}
  const read = await wire.ask({ method: 'GET', url: place, headers: { ...own, origin: page } })
  const preflight = await wire.ask({
    method: 'OPTIONS',
    url: place,
    headers: {
      ...own,
      origin: page,
      'access-control-request-method': 'GET',
      'access-control-request-headers': versionHeader
    }
  })
  const where = `GET ${place.href} with Origin: ${page}`
  const mend = 'answer with Access-Control-Allow-Origin: *, on this path alone; it is for everybody'
  if (!allows(read, page)) {
    findings.warning('metadata/cors', 'Clients in browsers cannot read the metadata', {
      where,
      expected: 'Access-Control-Allow-Origin: *',
      received: allowed(read),
      mend,
      requirements: ['AUTH-22']
    })
    return
  }
  const lets = isFailure(preflight) ? '' : (preflight.headers['access-control-allow-headers'] ?? '')
  const names = lets.split(',').map((name) => name.trim().toLowerCase())
  const passes = !isFailure(preflight) && preflight.status < 300 && allows(preflight, page)
  if (passes && (names.includes('*') || names.includes(versionHeader))) {
    findings.ok('metadata/cors', 'Clients in browsers can read the metadata')
    return
  }
  findings.warning('metadata/cors', 'Clients in browsers fail at the preflight of the metadata', {
    where: `OPTIONS ${place.href} with Access-Control-Request-Headers: ${versionHeader}`,
    expected: '204 with Access-Control-Allow-Headers: MCP-Protocol-Version',
    received: `${allowed(preflight)}; Access-Control-Allow-Headers: ${lets === '' ? 'none' : lets}`,
    mend: 'answer OPTIONS on this path, too, and let MCP-Protocol-Version through',
    requirements: ['AUTH-22']
  })
}

/** Whether an answer may be read by a page of an origin. */
export function allows(reply: Reply, origin: string): boolean {
  if (isFailure(reply)) return false
  const allowedOrigin = reply.headers['access-control-allow-origin']
  return allowedOrigin === '*' || allowedOrigin === origin
}

export function allowed(reply: Reply): string {
  if (isFailure(reply)) return `no answer: ${reply.message}`
  return `${reply.status}, Access-Control-Allow-Origin: ${reply.headers['access-control-allow-origin'] ?? 'none'}`
}
