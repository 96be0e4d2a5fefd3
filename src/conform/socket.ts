/**
 * The exchange over real sockets, by node:http and node:https. It adds `host`, `connection` and the length of the body and
 * nothing else, so a case may send any other header, also a foreign Host or Origin, and leave out Content-Type.
 */
import { Agent, type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps, Agent as SecureAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Exchange, ExchangeAnswer } from './http-peer.ts'
import { UnreachableError } from './peer.ts'

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'ENOENT'
])

/** A kept connection that is idle for so long is not used again: servers that say no time of their own close theirs after five seconds. */
const idleMs = 1500

export interface SocketExchange {
  readonly exchange: Exchange
  /** Closes the kept connections. */
  close(): void
}

/**
 * Connections are kept and shared by everything that uses this exchange; each concurrent request has its own. `connect`
 * makes one by other means than a socket.
 */
export function socketExchange(connect?: () => Duplex): SocketExchange {
  // what is no socket has no keep-alive to be set
  const agent = new Agent({ keepAlive: connect === undefined, timeout: idleMs })
  if (connect !== undefined) agent.createConnection = connect
  const secureAgent = new SecureAgent({ keepAlive: true, timeout: idleMs })
  const exchange: Exchange = ({ method, url, headers, body, signal, onSent }) =>
    new Promise<ExchangeAnswer>((resolve, reject) => {
      const ownHost = Object.keys(headers).some((name) => name.toLowerCase() === 'host')
      const options = { method, headers, setHost: !ownHost }
      const request: ClientRequest = url.startsWith('https:')
        ? overHttps(url, { ...options, agent: secureAgent })
        : overHttp(url, { ...options, agent })
      // Not the option `signal`: it would destroy the socket even when the answer is complete and the agent has it back.
      const leave = (): unknown => request.destroy()
      const over = (): void => signal.removeEventListener('abort', leave)
      signal.addEventListener('abort', leave)
      request.on('finish', onSent)
      request.on('close', over)
      request.on('error', (error) => reject(explained(error, url)))
      request.on('response', (response: IncomingMessage) => {
        response.on('end', over)
        // Whoever reads the body learns of an error there; without a listener it would end the process when nobody reads.
        response.on('error', () => undefined)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response })
      })
      if (signal.aborted) leave()
      else request.end(body)
    })
  const close = (): void => {
    agent.destroy()
    secureAgent.destroy()
  }
  return { exchange, close }
}

function explained(error: NodeJS.ErrnoException, url: string): Error {
  if (!unreachable.has(error.code ?? '')) return error
  return new UnreachableError(`${url} cannot be reached: ${error.message || error.code}`, { cause: error })
}
