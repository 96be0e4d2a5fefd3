/**
 * One client's connection and its counterpart to the server: bytes go through as they are, and what they mean is noted on
 * the way.
 *
 * Rules of this file:
 * - nothing is changed but the value of Host, which must name the target or a server that checks it refuses, and of an
 *   Origin that is the proxy's own. The tape has what the client said;
 * - a side that cannot write makes the other side wait; who ends or resets one side ends or resets the other;
 * - an exchange that is not over when its connection is gone was broken off by whoever left first.
 */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { HeaderList } from './capture.ts'
import type { Mark, Tape } from './tape.ts'
import { type Ending, endingOf, type Head, type WireListener, WireReader } from './wire.ts'

interface OpenExchange {
  number: number
  method: string
  target: string
  headers: HeaderList
  chunks: Buffer[]
  noted: boolean
}

export interface Passage {
  near: Socket
  far: Socket
  /** Where far leads. */
  target: URL
  tape: Tape
}

export class Connection {
  readonly #near: Socket
  readonly #far: Socket
  readonly #target: URL
  readonly #tape: Tape
  /** Requests whose answers are not over, in their order. */
  readonly #open: OpenExchange[] = []
  /** The one whose request is not over. */
  #arriving: OpenExchange | undefined
  #interim = false
  #nearLeft: Mark | undefined
  #farLeft: Mark | undefined

  constructor({ near, far, target, tape }: Passage) {
    this.#near = near
    this.#far = far
    this.#target = target
    this.#tape = tape
    this.#join()
  }

  /** Lets go of both sides. What is still open stays open on the tape, unless one side had left. */
  close(): void {
    if (this.#nearLeft !== undefined || this.#farLeft !== undefined) this.#settle()
    this.#open.length = 0
    this.#near.destroy()
    this.#far.destroy()
  }

  #join(): void {
    const [near, far] = [this.#near, this.#far]
    const asked = new WireReader(this.#requests())
    const answered = new WireReader(this.#answers())
    near.on('data', (bytes) => asked.push(bytes))
    far.on('data', (bytes) => {
      pass(bytes, near, far)
      answered.push(bytes)
    })
    near.on('end', () => {
      asked.end()
      this.#nearLeft ??= this.#tape.mark()
      far.end()
    })
    far.on('end', () => {
      answered.end()
      this.#farLeft ??= this.#tape.mark()
      near.end()
    })
    near.on('error', () => {
      this.#nearLeft ??= this.#tape.mark()
      reset(far)
    })
    far.on('error', (error) => {
      if (far.bytesRead === 0 && this.#nearLeft === undefined)
        this.#tape.trouble(
          `${this.#target.host} did not answer: ${(error as NodeJS.ErrnoException).code ?? error.message}`
        )
      this.#farLeft ??= this.#tape.mark()
      reset(near)
    })
    near.on('close', () => {
      this.#nearLeft ??= this.#tape.mark()
      this.#settle()
      far.destroySoon()
    })
    far.on('close', () => {
      this.#farLeft ??= this.#tape.mark()
      this.#settle()
      near.destroySoon()
    })
  }

  #requests(): WireListener {
    return {
      head: (head, bytes) => {
        const [, method = '', target = ''] = /^(\S+) (\S+) HTTP\/1\.[01]$/.exec(head.start) ?? []
        pass(method === '' ? bytes : this.#readdressed(head, bytes), this.#far, this.#near)
        if (method === '') return 'unknown'
        this.#arriving = { number: this.#tape.begin(), method, target, headers: head.headers, chunks: [], noted: false }
        this.#open.push(this.#arriving)
        return endingOf(head.headers, { bytes: 0 })
      },
      wire: (bytes) => pass(bytes, this.#far, this.#near),
      data: (bytes) => this.#arriving?.chunks.push(bytes),
      over: () => {
        if (this.#arriving !== undefined) this.#noteRequest(this.#arriving)
        this.#arriving = undefined
      },
      lost: (why) => this.#lost('request', why)
    }
  }

  #answers(): WireListener {
    return {
      head: (head) => this.#answer(head),
      wire: () => undefined,
      data: (bytes) => {
        const [exchange] = this.#open
        if (exchange !== undefined) this.#tape.note(exchange.number, { chunk: bytes })
      },
      over: (trailers) => {
        if (this.#interim) {
          this.#interim = false
          return
        }
        const exchange = this.#open.shift()
        const also = trailers.length === 0 ? {} : { trailers }
        if (exchange !== undefined) this.#tape.note(exchange.number, { end: true, ...also })
      },
      lost: (why) => this.#lost('answer', why)
    }
  }

  #answer({ start, headers }: Head): Ending {
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(start)?.[1])
    if (Number.isNaN(status)) return 'unknown'
    this.#interim = status < 200 && status !== 101
    if (this.#interim) return { bytes: 0 }
    const [exchange] = this.#open
    if (exchange !== undefined) {
      this.#noteRequest(exchange, exchange === this.#arriving)
      this.#tape.note(exchange.number, { answer: { status, headers } })
    }
    if (status === 101 || (exchange?.method === 'CONNECT' && status < 300)) return 'unknown'
    if (exchange?.method === 'HEAD' || status === 204 || status === 304) return { bytes: 0 }
    return endingOf(headers, 'connection')
  }

  #noteRequest(exchange: OpenExchange, cut = false, at?: Mark): void {
    if (exchange.noted) return
    exchange.noted = true
    const { number, method, target, headers, chunks } = exchange
    const request = { method, target, headers, body: Buffer.concat(chunks), ...(cut ? { cut: true as const } : {}) }
    this.#tape.note(number, { request }, at)
  }

  /** Notes what was broken off, as of when the first side left. */
  #settle(): void {
    const [near, far] = [this.#nearLeft, this.#farLeft]
    const client = far === undefined || (near !== undefined && near.place < far.place)
    for (const exchange of this.#open.splice(0)) {
      this.#noteRequest(exchange, exchange === this.#arriving, client ? near : far)
      this.#tape.note(exchange.number, { abort: client ? 'client' : 'server' }, client ? near : far)
    }
  }

  #lost(what: string, why: string): void {
    this.#tape.trouble(`a connection was passed on without being read from one ${what} on: ${why}`)
  }

  /** The head with the Host of the target, and with its Origin where the client gave the proxy's. */
  #readdressed({ headers }: Head, bytes: Buffer): Buffer {
    const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
    if (host === undefined) return bytes
    const own = `http://${host}`.toLowerCase()
    const text = bytes
      .toString('latin1')
      .replace(/^(host:[ \t]*)[^\r\n]*/im, (_, name: string) => `${name}${this.#target.host}`)
      .replace(/^(origin:[ \t]*)([^\r\n]*)/im, (line, name: string, origin: string) =>
        origin.trim().toLowerCase() === own ? `${name}${this.#target.origin}` : line
      )
    return Buffer.from(text, 'latin1')
  }
}

/** Ends a connection the hard way, so that the other side learns that it was broken off. Under TLS there is only the soft way. */
function reset(socket: Socket): void {
  if (socket.destroyed) return
  if (socket instanceof TLSSocket) socket.destroy()
  else socket.resetAndDestroy()
}

/** Hands bytes on; a side that cannot take more makes the other one wait. */
function pass(bytes: Buffer, to: Socket, from: Socket): void {
  if (to.destroyed || to.writableEnded || to.write(bytes)) return
  from.pause()
  to.once('drain', () => from.resume())
}
