/** The front on stdio: lines between a runner, or a process's own stdin and stdout, and the reference server in this process. */
import { PassThrough } from 'node:stream'
import { instructions, offerReference, pageSize } from '../../src/cli/reference.ts'
import { readJson } from '../../src/conform/json.ts'
import { type MessageChannel, messageTarget } from '../../src/conform/message-peer.ts'
import type { Exit, Target } from '../../src/conform/peer.ts'
import { isObject } from '../../src/protocol/frame.ts'
import type { Logger } from '../../src/protocol/ports.ts'
import { stdio } from '../../src/stdio/index.ts'
import { offerExtended } from '../support/extended.ts'
import type { Fault, Front, Hooks, LineHooks } from './fault.ts'
import { idOf, type Message } from './message.ts'
import { Session } from './session.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** One server on stdio with that fault, or with none. Lines go in one after the other. */
export class LineFront implements Front {
  readonly talks: ReadonlySet<Session>
  readonly streams = new Set<never>()
  readonly tokens = {}
  readonly exited: Promise<Exit>
  readonly #session: Session
  readonly #lines: LineHooks
  readonly #input = new PassThrough()
  #queue = Promise.resolve()
  #say: (line: string) => void = () => undefined

  constructor(fault: Fault | undefined) {
    const hooks: Hooks = fault?.hooks(this) ?? {}
    this.#lines = hooks.stdio ?? {}
    this.#session = new Session('stdio', hooks)
    this.#session.tell = (message) => {
      if ('id' in message && 'method' in message) this.#session.questions.set(idOf(message), message)
      this.#out(message)
    }
    this.#session.slip = async (message) => this.#pass(JSON.stringify(message))
    this.talks = new Set([this.#session])
    const output = new PassThrough()
    const limits = { pageSize }
    const server = stdio({
      name: 'handwire-reference',
      version: '0',
      instructions,
      teach: true,
      limits,
      logger: silent,
      input: this.#input,
      output
    })
    offerReference(server)
    if (fault?.extended === true) offerExtended(server)
    this.#read(output)
    this.exited = server
      .serve()
      .then((): Exit => this.#lines.exit?.({ code: 0, signal: null }) ?? { code: 0, signal: null })
  }

  /** Called once, before anything comes in. */
  onLine(say: (line: string) => void): void {
    this.#say = say
  }

  /** A line of the client. */
  line(text: string): void {
    this.#queue = this.#queue.then(async () => {
      for (const line of this.#lines.line?.(text, this.#session) ?? [text]) await this.#receive(line)
    })
  }

  /** The end of the client's lines. */
  eof(): void {
    this.#queue = this.#queue.then(() => {
      if (this.#lines.ended?.() !== true) this.#input.end()
    })
  }

  /** Ends the server whatever it does. */
  kill(): void {
    this.#input.end()
  }

  call(): Promise<never> {
    return Promise.reject(new Error('there is no HTTP on stdio'))
  }

  async #receive(line: string): Promise<void> {
    const message = readJson(line)
    if (!isObject(message)) return this.#pass(line)
    const before = JSON.stringify(message)
    const passage = await this.#session.receive(message as Message)
    if (passage === undefined) return
    if ('answers' in passage) for (const answer of passage.answers as Message[]) this.#out(answer)
    else this.#pass(JSON.stringify(passage) === before ? line : JSON.stringify(passage))
  }

  #pass(line: string): void {
    if (!this.#input.writableEnded) this.#input.write(`${line}\n`)
  }

  #read(output: PassThrough): void {
    let rest = ''
    output.setEncoding('utf8')
    output.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#sent(line)
    })
  }

  #sent(line: string): void {
    const message = readJson(line)
    if (!isObject(message)) {
      this.#write(line)
      return
    }
    const before = JSON.stringify(message)
    for (const out of this.#session.send(message as Message)) {
      const text = JSON.stringify(out)
      this.#write(text === before ? line : text)
    }
  }

  #out(message: Message): void {
    this.#write(JSON.stringify(message))
  }

  #write(text: string): void {
    for (const line of this.#lines.text?.(text, this.#session) ?? [text]) this.#say(line)
  }
}

/** A target whose every session is a fresh server with that fault, or with none. */
export function lineTarget(fault: Fault | undefined): Target {
  return messageTarget({
    name: `stdio ${fault?.name ?? 'without a fault'}`,
    connect(): MessageChannel {
      const front = new LineFront(fault)
      const line = (text: string): void => {
        for (const part of text.split('\n')) front.line(part)
      }
      return {
        send: line,
        onMessage: (listener) => front.onLine(listener),
        async close() {
          front.kill()
          await front.exited
        },
        raw: { line, eof: () => front.eof(), exited: front.exited }
      }
    }
  })
}
