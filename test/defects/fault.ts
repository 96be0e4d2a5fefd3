/**
 * A fault: one thing that a server gets wrong, and how a front makes the reference server get it wrong.
 *
 * Rules of this folder:
 * - a fault breaks the requirements it names and, as far as that goes, nothing else;
 * - it is written from the requirement, not from the cases that should see it;
 * - what it waits for is an event, never a time.
 */
import type { SseEvent } from '../../src/http/sse.ts'
import type { Message } from './message.ts'

export type Transport = 'http' | 'stdio'

export interface Fault {
  /** Unique; how it is switched on. */
  name: string
  /** What the server does wrong, in a sentence. */
  says: string
  /** Ids of `spec-fixtures/requirements.json`. */
  requirements: string[]
  /** MUST stands for MUST NOT and SCHEMA too. */
  level: 'MUST' | 'SHOULD'
  transports: Transport[]
  /** It shows in items that only the extended server of test/support has. */
  extended?: true
  /** It shows at a door: the extended server wants tokens of an issuer. Over HTTP alone. */
  guarded?: true
  /** A fresh set for each server that has the fault; what they remember belongs to that server alone. */
  hooks(front: Front): Hooks
}

type Hooking = Fault['hooks']

/** A fault that breaks a MUST, a MUST NOT or the schema. `requirements` are ids with blanks between. */
export function must(name: string, requirements: string, says: string, hooks: Hooking): Fault {
  return { name, says, requirements: requirements.split(' '), level: 'MUST', transports: ['http', 'stdio'], hooks }
}

/** A fault that breaks a SHOULD or a SHOULD NOT. */
export function should(name: string, requirements: string, says: string, hooks: Hooking): Fault {
  return { ...must(name, requirements, says, hooks), level: 'SHOULD' }
}

/** The same faults, of one transport. */
export function only(transport: Transport, ...faults: Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, transports: [transport] }))
}

/** The same faults, of the extended server. */
export function extended(...faults: Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, extended: true }))
}

/** The same faults, of the server behind a door. */
export function guarded(...faults: Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, guarded: true }))
}

/** What a fault hooks into. What is left out goes its way unchanged. */
export interface Hooks {
  /** A message of the client, before the server has it. */
  received?(message: Message, talk: Talk): Passage | Promise<Passage>
  /** A message of the server, before the client has it: what goes out in its place, in order. */
  sent?(message: Message, talk: Talk): Message[]
  http?: HttpHooks
  stdio?: LineHooks
}

/**
 * What becomes of a message of the client: it goes on, it is swallowed (`undefined`; over HTTP a request then stays
 * open and the rest is answered 202), or the front answers it itself, over HTTP in a 200; with no answers in a 202.
 */
export type Passage = Message | undefined | { answers: Message[] }

/** One session, as the front sees it. */
export interface Talk {
  readonly transport: Transport
  /** Every request of the client by id; see idOf. */
  readonly asked: Map<string, Message>
  /** Those that are not answered yet. */
  readonly running: Map<string, Message>
  /** Every question of the server by id. */
  readonly questions: Map<string, Message>
  /** Tells the client something on its own: on stdio a line, over HTTP on the GET stream, when there is one. */
  tell(message: Message): void
  /** Hands the server a message in the client's name. The client sees nothing of it, nor of the answer. */
  slip(message: Message): Promise<void>
  /** Resolves as soon as `test` holds; looked at whenever a message has crossed. */
  until(test: () => boolean): Promise<void>
}

/** The front a fault stands in: one server with all its sessions. */
export interface Front {
  readonly talks: ReadonlySet<Talk>
  /** Over HTTP: the streams that are open. */
  readonly streams: ReadonlySet<Exchange>
  /** Behind a door: tokens by the names that cases know them by. Elsewhere there are none. */
  readonly tokens: Readonly<Record<string, string>>
  /** Over HTTP: a request to the reference server, past all hooks. */
  call(request: { method: string; headers: Record<string, string>; body?: string }): Promise<Answer>
}

/** The head and the whole body of an HTTP answer. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string | Buffer
}

export interface Head {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
}

/** One HTTP request and its answer. */
export interface Exchange {
  method: string
  /** Path and query at the reference server: the endpoint is `/mcp`, the rest is below `/.well-known`. */
  path: string
  /** Names in lower case. What is changed here is what the reference server gets. */
  headers: Record<string, string>
  body: Buffer
  /** The names of the headers as they were spelled. */
  readonly names: string[]
  /** The body, when it is JSON. */
  readonly json: unknown
  /** The session that the request names, or that it is about to begin. */
  readonly talk: Talk
  /** Whether it is a GET stream. */
  readonly standalone: boolean
  /** Writes an event on the stream of this exchange. */
  write(event: SseEvent): void
  /** Writes text on the stream of this exchange as it stands. */
  writeText(text: string): void
  /** Ends the stream of this exchange. */
  end(): void
}

export interface HttpHooks {
  /** A request, before anything is done with it; an answer that is returned takes the place of everything else. */
  request?(exchange: Exchange): Answer | undefined | Promise<Answer | undefined>
  /** The head of the answer; with its body unless it is a stream. */
  head?(head: Head, exchange: Exchange, body: string | undefined): void
  /** The body of an answer that is no stream. */
  body?(text: string, exchange: Exchange): string | Buffer
  /** A stream has begun. */
  opened?(exchange: Exchange): void
  /** An event of a stream: what goes out in its place. */
  event?(event: SseEvent, exchange: Exchange): SseEvent[]
  /** The text of an event, with the empty line at its end. */
  text?(text: string, exchange: Exchange): string | Buffer
  /** The server has ended the stream; true keeps it open all the same. */
  ended?(exchange: Exchange): boolean
  /** The client has left; true keeps that from the server. */
  left?(exchange: Exchange): boolean
}

export interface LineHooks {
  /** A line of the client: the lines that go on in its place. */
  line?(text: string, talk: Talk): string[]
  /** A message of the server as text: the lines that go out in its place. */
  text?(text: string, talk: Talk): string[]
  /** The input has ended; true keeps that from the server. */
  ended?(): boolean
  /** The server has exited. */
  exit?(exit: { code: number | null; signal: string | null }): { code: number | null; signal: string | null }
}
