/**
 * One HTTP exchange of the doctor.
 *
 * Rules of this file:
 * - every exchange has its own connection, ends within its time, and keeps at most `longest` of the body;
 * - no redirect is followed: whoever asks sees it;
 * - when the server under test is public, nothing is sent to an address of this machine or of a private network (SECBP-27):
 *   the address is judged where the connection is made, so that a name cannot change in between.
 */
import { lookup as systemLookup } from 'node:dns/promises'
import { type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { isPrivate, literal } from './address.ts'
import { type FailureKind, kindOf } from './failure.ts'

/** Most of a body that is kept, in characters. */
const longest = 1_048_576

export interface Sending {
  method: string
  url: URL
  headers?: Readonly<Record<string, string>>
  body?: string
  /** Whether what came of the body is all that is needed. */
  enough?(text: string): boolean
  /** How long the body may take after the head, in milliseconds; by default as long as the head. */
  bodyMs?: number
}

/** An answer, whatever its status. */
export interface Answer {
  method: string
  url: URL
  status: number
  /** By names in lower case; several of one name are joined by a comma. */
  headers: Readonly<Record<string, string>>
  text: string
  /** Why nothing more of the body was read. */
  end: 'whole' | 'enough' | 'time' | 'size' | 'broken'
  /** Milliseconds until the head was there, and until the first byte of the body was. */
  headMs: number
  firstByteMs: number | undefined
  /** When the certificate ends. */
  certificateEnds: Date | undefined
}

/** No answer. */
export interface Failure {
  method: string
  url: URL
  failure: FailureKind
  code: string
  message: string
}

export type Reply = Answer | Failure

/** How names and addresses are reached: the system's way, unless a test lends another. */
export interface Network {
  /** The addresses of a name. */
  resolve(name: string): Promise<string[]>
  /** The address that is connected to in place of another. */
  dial?(address: string): string
}

const system: Network = {
  resolve: async (name) => (await systemLookup(name, { all: true })).map(({ address }) => address)
}

export class Wire {
  readonly #timeoutMs: number
  readonly #network: Network
  readonly #pinned = new Map<string, readonly string[]>()
  #publicOnly = false

  constructor(timeoutMs: number, network: Network = system) {
    this.#timeoutMs = timeoutMs
    this.#network = network
  }

  /** From now on only public addresses are connected to. */
  keepPublic(): void {
    this.#publicOnly = true
  }

  /** From now on a name has these addresses: what was judged is what is connected to. */
  pin(name: string, addresses: readonly string[]): void {
    this.#pinned.set(name, addresses)
  }

  /** The addresses of a URL's host. Rejects with an error of the name service. */
  async addresses(url: URL): Promise<string[]> {
    const address = literal(url)
    return address === undefined ? [...(await this.#resolve(url.hostname))] : [address]
  }

  /** Sends one request. Never rejects. */
  ask(sending: Sending): Promise<Reply> {
    const { method, body } = sending
    const url = new URL(sending.url)
    url.username = ''
    url.password = ''
    const address = literal(url)
    if (address !== undefined && this.#refuses([address]))
      return Promise.resolve(failed(method, url, refusal(url.hostname)))
    return new Promise((resolve) => {
      const headers = { 'user-agent': 'handwire-doctor', 'accept-encoding': 'identity', ...sending.headers }
      const own = Object.keys(headers).some((name) => name.toLowerCase() === 'host')
      const options = { method, headers, setHost: !own, agent: false as const, lookup: this.#lookup }
      const started = performance.now()
      const request: ClientRequest = url.protocol === 'https:' ? overHttps(url, options) : overHttp(url, options)
      const timer = setTimeout(() => {
        request.destroy(Object.assign(new Error(`no answer within ${this.#timeoutMs} ms`), { code: 'ETIMEDOUT' }))
      }, this.#timeoutMs)
      request.on('error', (error) => {
        clearTimeout(timer)
        resolve(failed(method, url, error))
      })
      request.on('response', (response: IncomingMessage) => {
        clearTimeout(timer)
        read(response, started, sending, this.#timeoutMs).then(
          (rest) => resolve({ method, url, ...rest }),
          (error: Error) => resolve(failed(method, url, error))
        )
      })
      request.end(body)
    })
  }

  async #resolve(name: string): Promise<readonly string[]> {
    return this.#pinned.get(name) ?? (await this.#network.resolve(name))
  }

  #refuses(addresses: readonly string[]): boolean {
    return this.#publicOnly && addresses.some(isPrivate)
  }

  readonly #lookup: LookupFunction = (name, options, done) => {
    this.#resolve(name).then(
      (found) => {
        const allowed = found.filter((address) => !this.#refuses([address]))
        if (allowed.length === 0 && found.length > 0) return done(refusal(name), '')
        const addresses = allowed.map((address) => this.#network.dial?.(address) ?? address)
        const all = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first] = all
        if (first === undefined)
          return done(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), '')
        return options.all === true ? done(null, all) : done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, '')
    )
  }
}

function refusal(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} is an address of a private network`), { code: 'EPRIVATE' })
}

function failed(method: string, url: URL, error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? error.name
  return { method, url, failure: kindOf(code), code, message: error.message || code }
}

async function read(
  response: IncomingMessage,
  started: number,
  { enough = () => false, bodyMs }: Sending,
  timeoutMs: number
): Promise<Omit<Answer, 'method' | 'url'>> {
  const headMs = performance.now() - started
  const decoder = new TextDecoder()
  let text = ''
  let end: Answer['end'] = 'whole'
  let firstByteMs: number | undefined
  const { certificateEnds } = tlsOf(response)
  const timer = setTimeout(() => {
    end = 'time'
    response.destroy()
  }, bodyMs ?? timeoutMs)
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      firstByteMs ??= performance.now() - started
      text += decoder.decode(chunk, { stream: true })
      if (text.length > longest) end = 'size'
      else if (enough(text)) end = 'enough'
      else continue
      response.destroy()
      break
    }
  } catch {
    // what came before the connection broke, or was left, is what there is
    if (end === 'whole') end = 'broken'
  } finally {
    clearTimeout(timer)
  }
  const headers = Object.fromEntries(
    Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(', ')])
  )
  const status = response.statusCode ?? 0
  return { status, headers, text: text.slice(0, longest), end, headMs, firstByteMs, certificateEnds }
}

function tlsOf({ socket }: IncomingMessage): { certificateEnds: Date | undefined } {
  if (!('getPeerCertificate' in socket)) return { certificateEnds: undefined }
  const { valid_to } = (socket as TLSSocket).getPeerCertificate()
  return { certificateEnds: valid_to === undefined ? undefined : new Date(valid_to) }
}
