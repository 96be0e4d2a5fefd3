/** Faults of what a protected server publishes of itself (RFC 9728), and of the authorization server it names. */
import { answers, atEndpoint, challenges, documents, together } from '../door-hooks.ts'
import { type Exchange, type Fault, guarded, must, only, should } from '../fault.ts'
import { jsonAnswer, overHttp } from '../hooks.ts'

const asksForMetadata = ({ path }: Exchange): boolean => path.startsWith('/.well-known/oauth-protected-resource')
const nothing = { status: 404, headers: {}, body: '' }

/** Sets, or with undefined takes away, a member of the document. */
const says = (name: string, value: unknown): ReturnType<typeof documents> =>
  documents((document) => {
    document[name] = value
  })
const resource = (edit: (resource: string) => string): ReturnType<typeof documents> =>
  documents((document) => {
    document['resource'] = edit(String(document['resource']))
  })
const server = (edit: (url: string) => string): ReturnType<typeof documents> =>
  documents((document) => {
    document['authorization_servers'] = (document['authorization_servers'] as string[]).map(edit)
  })

const place: Fault[] = [
  must(
    'metadata-is-not-there',
    'AUTH-10 AUTH-14',
    'Nothing is where the challenge leads.',
    answers(asksForMetadata, () => nothing)
  ),
  should(
    'metadata-is-elsewhere',
    'AUTH-16',
    'The metadata is where the challenge says, and not at the well-known place.',
    together(
      challenges((text) => text.replace(/resource_metadata="([^"]*)"/, 'resource_metadata="$1?document"')),
      answers(
        (exchange) => asksForMetadata(exchange) && !exchange.path.endsWith('?document'),
        () => nothing
      )
    )
  ),
  must(
    'metadata-is-text',
    'AUTH-17',
    'The metadata is sent as text/plain.',
    overHttp({
      head(head, exchange) {
        if (!atEndpoint(exchange)) head.headers['content-type'] = 'text/plain'
      }
    })
  ),
  must(
    'metadata-is-a-page',
    'AUTH-10 AUTH-17',
    'The place of the metadata has a page for people.',
    answers(asksForMetadata, () => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<p>Welcome</p>'
    }))
  ),
  must(
    'metadata-is-created',
    'AUTH-17',
    'The metadata is sent with the status 201.',
    overHttp({
      head(head, exchange) {
        if (!atEndpoint(exchange)) head.status = 201
      }
    })
  ),
  must(
    'metadata-is-moved',
    'AUTH-10 AUTH-17',
    'The place of the metadata redirects.',
    answers(asksForMetadata, () => ({ status: 302, headers: { location: '/metadata' }, body: '' }))
  ),
  should(
    'metadata-wants-a-token',
    'AUTH-22',
    'The metadata is for those who have a token.',
    answers(asksForMetadata, () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '' }))
  )
]

const members: Fault[] = [
  must(
    'resource-with-a-slash',
    'AUTH-18',
    'The resource has a slash too many.',
    resource((url) => `${url}/`)
  ),
  should(
    'resource-ends-in-a-slash',
    'AUTH-36',
    'The resource has a slash at the end that means nothing.',
    resource((url) => `${url}/`)
  ),
  must(
    'resource-is-the-origin',
    'AUTH-18',
    'The resource is the origin of the endpoint.',
    resource((url) => new URL(url).origin)
  ),
  must(
    'resource-of-another-name',
    'AUTH-18',
    'The resource is the endpoint under another name of its host.',
    resource((url) => url.replace('127.0.0.1', 'localhost'))
  ),
  must(
    'resource-with-a-fragment',
    'AUTH-19',
    'The resource has a fragment.',
    resource((url) => `${url}#mcp`)
  ),
  must(
    'resource-without-a-scheme',
    'AUTH-19',
    'The resource has no scheme.',
    resource((url) => url.replace(/^https?:\/\//, ''))
  ),
  must('resource-is-missing', 'AUTH-19 AUTH-18', 'The metadata has no resource.', says('resource', undefined)),
  must(
    'servers-are-missing',
    'AUTH-15',
    'The metadata names no authorization server.',
    says('authorization_servers', undefined)
  ),
  must(
    'servers-are-none',
    'AUTH-15 AUTH-20',
    'The list of authorization servers is empty.',
    says('authorization_servers', [])
  ),
  must(
    'servers-are-a-text',
    'AUTH-15',
    'The authorization server is no list.',
    says('authorization_servers', 'https://login.example')
  ),
  must(
    'servers-by-http',
    'AUTH-65',
    'The authorization server is not behind https.',
    says('authorization_servers', ['http://login.example'])
  ),
  must('scopes-are-none', 'AUTH-20', 'The list of scopes is empty.', says('scopes_supported', [])),
  should('scopes-are-everything', 'SECBP-57', 'The only scope is a wildcard.', says('scopes_supported', ['*'])),
  should(
    'scopes-of-everything-below',
    'SECBP-57',
    'A scope is a wildcard for all below it.',
    says('scopes_supported', ['read', 'files:*'])
  ),
  should(
    'bearer-in-the-query',
    'AUTH-21',
    'Tokens are taken from the query, it says.',
    says('bearer_methods_supported', ['header', 'query'])
  ),
  should(
    'bearer-in-the-body',
    'AUTH-21',
    'Tokens are not taken from the header, it says.',
    says('bearer_methods_supported', ['body'])
  )
]

/** The path at which the server itself would be an authorization server, its issuer being the endpoint. */
const asksForServer = ({ path }: Exchange): boolean => path.startsWith('/.well-known/oauth-authorization-server')

/** The server says that it issues tokens itself, and publishes that. */
const ownServer = (more: Record<string, string>): ReturnType<typeof together> => {
  let issuer = ''
  return (front) => ({
    http: {
      request: (exchange) => (asksForServer(exchange) ? jsonAnswer(200, { issuer, ...more }) : undefined),
      body(text, exchange) {
        if (!asksForMetadata(exchange)) return text
        const document = JSON.parse(text) as Record<string, string>
        issuer = front.tokens['valid'] === undefined ? '' : String(document['resource'])
        return JSON.stringify({ ...document, authorization_servers: [issuer] })
      }
    }
  })
}

const servers: Fault[] = [
  must(
    'issuer-with-a-slash',
    'AUTH-12',
    'The authorization server calls itself by another name than it is listed under.',
    server((url) => `${url}/`)
  ),
  should(
    'issuer-says-nothing',
    'AUTH-12',
    'The authorization server publishes nothing.',
    server((url) => `${url}/tenant`)
  ),
  must(
    'issuer-is-a-page',
    'AUTH-12',
    'What the authorization server publishes has no issuer.',
    ownServer({ issuer: undefined as never, token_endpoint: 'https://login.example/token' })
  ),
  must(
    'issuer-endpoints-by-http',
    'AUTH-65',
    'An endpoint of the authorization server is not behind https.',
    ownServer({ token_endpoint: 'http://login.example/token' })
  )
]

export const metadata: Fault[] = only('http', ...guarded(...place, ...members, ...servers))
