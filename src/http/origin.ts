/**
 * Who may reach the server from a browser (basic/transports#security-warning). A page of a foreign site can send
 * requests to a local server, or make its own name point at it: the first shows in Origin, the second in Host.
 */
import type { IncomingMessage } from 'node:http'
import { ProtocolError } from '../protocol/errors.ts'

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

/** The check for these doors. The local names are always let in, with the port that is served. */
export function doorCheck({ origins, hosts, resource }: Doors): DoorCheck {
  const own = resource === undefined ? [] : [new URL(resource)]
  const byPort = new Map<number | undefined, { hosts: Set<string>; origins: Set<string> }>()
  return (request) => {
    const port = request.socket.localPort
    let known = byPort.get(port)
    if (known === undefined) {
      known = {
        hosts: new Set([
          ...hosts.map((host) => host.toLowerCase()),
          ...own.map(({ host }) => host),
          ...localHosts(port)
        ]),
        origins: new Set([...origins.map(normal), ...own.map(({ origin }) => origin), ...localOrigins(port)])
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

/** An origin as browsers send it: in lower case, without a slash at its end. */
function normal(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin.toLowerCase()
}
