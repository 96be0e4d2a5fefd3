/**
 * Who may reach the server from a browser (basic/transports#security-warning). A page of a foreign site can send
 * requests to a local server, or make its own name point at it: the first shows in Origin, the second in Host.
 */
import type { IncomingMessage } from 'node:http'
import { DeclarationError, ProtocolError } from '../protocol/errors.ts'

const localNames = ['localhost', '127.0.0.1', '[::1]']

export interface Doors {
  /** Further origins that may use the server, such as `https://app.example`. */
  origins: readonly string[]
  /** Further names of this server in Host, such as `mcp.example` or `mcp.example:8443`. */
  hosts: readonly string[]
  /** The endpoint's public URL, where tokens are issued for it: one more name and origin of this server. */
  resource?: string | undefined
}

/** Checks one request; throws foreignHost or foreignOrigin. A missing Origin is let through: only browsers send it. */
export type DoorCheck = (request: IncomingMessage) => void

/**
 * The check for these doors. The local names are always let in, with the port that is served.
 * Throws a DeclarationError for an origin or a name that no client would send.
 */
export function doorCheck({ origins, hosts, resource }: Doors): DoorCheck {
  const further = () => ({ hosts: read('hosts', hosts, readHost), origins: read('origins', origins, readOrigin) })
  // at boot for what is wrong, and with the first request for names that are known once the port is
  further()
  const own = resource === undefined ? [] : [new URL(resource)]
  const byPort = new Map<number | undefined, { hosts: Set<string>; origins: Set<string> }>()
  return (request) => {
    const port = request.socket.localPort
    let known = byPort.get(port)
    if (known === undefined) {
      const told = further()
      known = {
        hosts: new Set([...told.hosts, ...own.map(({ host }) => host), ...localHosts(port)]),
        origins: new Set([...told.origins, ...own.map(({ origin }) => origin), ...localOrigins(port)])
      }
      byPort.set(port, known)
    }
    const host = request.headers.host ?? (request.headers[':authority'] as string | undefined)
    if (host === undefined || !(known.hosts.has(host) || known.hosts.has(host.toLowerCase()))) {
      throw new ProtocolError('foreignHost', {
        expected: 'the name under which this server is reached; `hosts` lets further ones in',
        received: host ?? 'no Host'
      })
    }
    const { origin } = request.headers
    if (origin !== undefined && !(known.origins.has(origin) || known.origins.has(origin.toLowerCase()))) {
      throw new ProtocolError('foreignOrigin', {
        expected: 'no Origin, or one of this server; `origins` lets further ones in',
        received: origin
      })
    }
  }
}

/** The names with the port; the ports of http and https may be left out, and an injected request has none. */
function localHosts(port: number | undefined): string[] {
  return localNames.flatMap((name) =>
    port === undefined || port === 80 || port === 443 ? [name, `${name}:${port ?? 80}`] : [`${name}:${port}`]
  )
}

function localOrigins(port: number | undefined): string[] {
  return localHosts(port).flatMap((host) => [`http://${host}`, `https://${host}`])
}

/** A list of an option, each entry as it is compared. */
function read(option: string, list: readonly string[], entry: (text: string) => string): string[] {
  if (Array.isArray(list) && list.every((text) => typeof text === 'string')) return list.map(entry)
  throw new DeclarationError('doors', `${option} is a list of texts`)
}

/** A name as clients send it in Host. */
function readHost(text: string): string {
  if (URL.canParse(`http://${text}`) && !/[/?#@*\s]/.test(text)) return text.toLowerCase()
  throw new DeclarationError('doors', `hosts: "${text}" is no name: give one like "mcp.example" or "mcp.example:8443"`)
}

/** An origin as browsers send it: in lower case, without a slash at its end. */
function readOrigin(text: string): string {
  const [, plain] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+)\/?$/i.exec(text) ?? []
  if (plain === undefined || !URL.canParse(plain))
    throw new DeclarationError(
      'doors',
      `origins: "${text}" is no origin: give scheme and name, like "https://app.example"`
    )
  const { origin } = new URL(plain)
  // of schemes that it does not know, as those of extensions, a URL says `null`: what frames of every site send
  return origin === 'null' ? plain.toLowerCase() : origin
}
