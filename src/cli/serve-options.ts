/** The command line of handwire serve. */
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { StaticToken } from '../auth/index.ts'
import { privilege } from './privileged.ts'
import { readTokens } from './token.ts'
import { UsageError } from './usage.ts'

export const serveHelp = `handwire serve: the reference server

  --port N         port of the HTTP endpoint; PORT, else 3000; 0 takes a free one
  --host H         address to bind; HOST, else 127.0.0.1
  --path P         path of the endpoint; /mcp
  --public-url U   address that clients use, as https://mcp.example/mcp; HANDWIRE_PUBLIC_URL
  --allow-host N   further name of this server in Host, as mcp.example:8443; HANDWIRE_HOSTS; may be repeated
  --allow-origin O further origin of browsers, as https://app.example; HANDWIRE_ORIGINS; may be repeated
  --token T        lets in whoever sends it, and nobody without; may be repeated; HANDWIRE_TOKENS has hashes instead
  --auth-server    an OAuth authorization server beside the endpoint: clients register, people log in and allow them
  --people FILE    who may log in there, a line each: handwire token password makes one; without it, one person is made up
  --auth-store S   where it keeps what it knows: an SQLite file, redis://… or rediss://…, or :memory:, which forgets;
                   HANDWIRE_AUTH_STORE, else handwire-auth.db
  --grace-ms N     how long running calls may go on after a signal; 1000
  --stdio          serve standard input and output instead of HTTP
  --log-level L    silent, fatal, error, warn, info, debug or trace; info (stdio: warn)

Requests under another name than those of this machine are answered 403: behind a proxy give --public-url. In the
environment several hosts or origins have commas between them; an option takes the place of its variable.

Over HTTP, GET /healthz tells whether it lives and GET /readyz whether it takes new work.
`

const levels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']
/** Where the health checks are. */
const checks: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export interface ServeOptions {
  port: number
  host: string
  path: string
  /** The address that clients use, when it is another than that of the socket. */
  publicUrl: URL | undefined
  /** Further names in Host. */
  hosts: string[]
  /** Further origins of browsers. */
  origins: string[]
  /** Tokens that let in, by their hashes. */
  tokens: StaticToken[]
  /** The authorization server, when there is one; `store` is a file, an address of Redis, or `:memory:`. */
  authServer: { people: string | undefined; store: string } | undefined
  stdio: boolean
  /** Milliseconds that running calls have when the server ends; the limit's own default when undefined. */
  graceMs: number | undefined
  level: string | undefined
}

/** Options from the command line and the environment. Throws a UsageError. */
export function readServeOptions(args: string[], environment: NodeJS.ProcessEnv): ServeOptions {
  let values: {
    port?: string
    host?: string
    path?: string
    'public-url'?: string
    'allow-host'?: string[]
    'allow-origin'?: string[]
    token?: string[]
    'auth-server'?: boolean
    people?: string
    'auth-store'?: string
    stdio?: boolean
    'grace-ms'?: string
    'log-level'?: string
  }
  try {
    values = parseArgs({
      args,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        path: { type: 'string' },
        'public-url': { type: 'string' },
        'allow-host': { type: 'string', multiple: true },
        'allow-origin': { type: 'string', multiple: true },
        token: { type: 'string', multiple: true },
        'auth-server': { type: 'boolean' },
        people: { type: 'string' },
        'auth-store': { type: 'string' },
        stdio: { type: 'boolean' },
        'grace-ms': { type: 'string' },
        'log-level': { type: 'string' }
      }
    }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See handwire serve --help`)
  }
  const port = values.port ?? (values.stdio === true ? undefined : environment['PORT']) ?? '3000'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new UsageError(`"${port}" is no port: give a number from 0 to 65535`)
  const path = values.path ?? '/mcp'
  if (!/^\/[^\s?#*:]*$/.test(path))
    throw new UsageError(`"${path}" is no path: it begins with / and holds none of ? # * :`)
  if (checks.has(path)) throw new UsageError(`"${path}" is a health check of this server: choose another path`)
  const grace = values['grace-ms']
  if (grace !== undefined && !/^\d{1,7}$/.test(grace))
    throw new UsageError(`"${grace}" is no time: give a number of milliseconds`)
  const level = values['log-level']
  if (level !== undefined && !levels.includes(level))
    throw new UsageError(`"${level}" is no log level: choose one of ${levels.join(', ')}`)
  const host = values.host ?? environment['HOST'] ?? '127.0.0.1'
  if (host === '') throw new UsageError('the host is empty: leave it out to bind 127.0.0.1')
  const graceMs = grace === undefined ? undefined : Number(grace)
  const publicUrl = readPublicUrl(values['public-url'] ?? environment['HANDWIRE_PUBLIC_URL'])
  const hosts = (values['allow-host'] ?? listed(environment['HANDWIRE_HOSTS'])).map(readHost)
  const origins = (values['allow-origin'] ?? listed(environment['HANDWIRE_ORIGINS'])).map(readOrigin)
  const stdio = values.stdio === true
  const tokens = [
    ...(values.token ?? []).map(plainToken),
    ...configuredTokens(stdio ? undefined : environment['HANDWIRE_TOKENS'])
  ]
  const authServer =
    values['auth-server'] === true
      ? {
          people: values.people,
          store: values['auth-store'] ?? (environment['HANDWIRE_AUTH_STORE'] || 'handwire-auth.db')
        }
      : undefined
  if (authServer === undefined && (values.people ?? values['auth-store']) !== undefined)
    throw new UsageError('--people and --auth-store are for --auth-server')
  if (stdio && (values.token !== undefined || authServer !== undefined))
    throw new UsageError('--token and --auth-server are for HTTP: on stdio whoever starts the server may use it')
  if (authServer !== undefined && publicUrl === undefined && port === '0')
    throw new UsageError('--auth-server has to know its address before it listens: give --port N or --public-url U')
  return { port: Number(port), host, path, publicUrl, hosts, origins, tokens, authServer, stdio, graceMs, level }
}

/** A token of the command line. It may do everything: there is only one kind of caller. */
function plainToken(token: string, index: number): StaticToken {
  if (!/^[A-Za-z0-9\-._~+/]{16,}=*$/.test(token))
    throw new UsageError('--token is no token: at least 16 of A-Z a-z 0-9 - . _ ~ + /, as handwire token new makes one')
  const sha256 = createHash('sha256').update(token).digest('hex')
  return { name: `token-${index + 1}`, sha256, scopes: [privilege] }
}

function configuredTokens(text: string | undefined): StaticToken[] {
  // a variable that is set and empty was to hold tokens: nobody is to find the door open for it
  return text === undefined ? [] : readTokens(text)
}

/** What a variable lists; a variable that is empty lists nothing. */
function listed(text = ''): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '')
}

function readPublicUrl(text: string | undefined): URL | undefined {
  if (text === undefined || text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || /[?#]/.test(text))
    throw new UsageError(`"${text}" is no address of an endpoint: give one like https://mcp.example/mcp`)
  return url
}

/** A name as clients spell it in Host: the port only where it is not that of the scheme. */
function readHost(text: string): string {
  if (!URL.canParse(`http://${text}`) || /[/?#@\s]/.test(text))
    throw new UsageError(`"${text}" is no name of a host: give one like mcp.example or mcp.example:8443`)
  return text
}

function readOrigin(text: string): string {
  if (!URL.canParse(text) || !/^https?:\/\/[^/?#@\s]+\/?$/.test(text))
    throw new UsageError(`"${text}" is no origin: give scheme and name, like https://app.example`)
  return text
}
