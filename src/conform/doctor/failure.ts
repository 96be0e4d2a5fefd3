/** Why there was no answer at all, by the codes of Node and OpenSSL, and what to do about it. */
import type { Failure } from './wire.ts'

export type FailureKind = 'name' | 'refused' | 'time' | 'route' | 'cut' | 'certificate' | 'tls' | 'words' | 'private'

const kinds: Readonly<Record<string, FailureKind>> = {
  ENOTFOUND: 'name',
  EAI_AGAIN: 'name',
  EAI_FAIL: 'name',
  EAI_NODATA: 'name',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'time',
  EHOSTUNREACH: 'route',
  ENETUNREACH: 'route',
  EHOSTDOWN: 'route',
  EADDRNOTAVAIL: 'route',
  ECONNRESET: 'cut',
  EPIPE: 'cut',
  EPROTO: 'tls',
  EPRIVATE: 'private'
}

/** The kind of failure that an error's code stands for. */
export function kindOf(code: string): FailureKind {
  const known = Object.hasOwn(kinds, code) ? kinds[code] : undefined
  if (known !== undefined) return known
  if (/CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|CRL/.test(code)) return 'certificate'
  if (/^(ERR_SSL|ERR_TLS)/.test(code)) return 'tls'
  return code.startsWith('HPE_') || code.startsWith('ERR_HTTP') ? 'words' : 'cut'
}

const certificates: Readonly<Record<string, [what: string, mend: string]>> = {
  CERT_HAS_EXPIRED: ['the certificate has expired', 'renew it, and see why it was not renewed by itself'],
  CERT_NOT_YET_VALID: ['the certificate is not valid yet', 'look at the clocks of this machine and of the server'],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'the certificate is signed by itself',
    'get one of a public authority (Let’s Encrypt, your host’s), or have every client trust yours (NODE_EXTRA_CA_CERTS)'
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'the certificate is signed by an authority that is not known here',
    'get one of a public authority, or have every client trust yours (NODE_EXTRA_CA_CERTS)'
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'the certificate of the authority in between is not sent along',
    'serve the full chain: browsers find what is missing, clients of MCP do not'
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'the certificate of the authority in between is not sent along, or not known',
    'serve the full chain: browsers find what is missing, clients of MCP do not'
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'the certificate is for another name',
    'get one that names this host, or give clients the URL with the name that it is for'
  ]
}

/** What happened and what to do, for a URL that nobody answered at. */
export function explain({ failure, code, message, url }: Failure): { received: string; mend: string } {
  const [what, how] = certificates[code] ?? [`the certificate cannot be trusted (${code})`, 'mend the certificate']
  const words: Record<FailureKind, [received: string, mend: string]> = {
    name: [`the name ${url.hostname} has no address (${code})`, 'check the spelling, and that its DNS record is there'],
    refused: [
      `nobody listens at ${url.host}`,
      'start the server, check the port, and that it binds the address that clients reach (0.0.0.0 in a container)'
    ],
    time: [message, 'look for a firewall that drops the packets, or for a server that hangs on the request'],
    route: [`there is no way to ${url.host} (${code})`, 'check the network, a VPN, and the address of the name'],
    cut: [
      `the connection was closed without an answer (${code})`,
      'look into the logs of the server and of the proxy before it: one of them crashed, or speaks another protocol'
    ],
    certificate: [what, how],
    tls: [
      `no TLS was agreed on (${code})`,
      'the port may speak plain HTTP: give clients http://, or let what ends TLS listen there'
    ],
    words: [
      `what came is no HTTP (${code})`,
      'the port may speak TLS: try https://; or it is the port of something else'
    ],
    private: [
      `${message}, while the server itself is public`,
      'publish a URL that clients can reach: they refuse to be led into private networks'
    ]
  }
  const [received, mend] = words[failure]
  return { received, mend }
}
