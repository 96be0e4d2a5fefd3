/** What the official clients have in common, so that each scenario is written once: an adapter per SDK gives the rest. */
import type { Oracle } from '../support/oracle.ts'

export type Json = Record<string, unknown>

/** How a client answers the server's questions. What is answered here is what the client declares. */
export interface Answers {
  'sampling/createMessage'?: (params: Json) => Json | Promise<Json>
  'elicitation/create'?: (params: Json) => Json | Promise<Json>
  'roots/list'?: () => Json | Promise<Json>
}

export interface CallOptions {
  onprogress?: (step: { progress: number; total?: number | undefined }) => void
  signal?: AbortSignal
}

/** The methods that the clients share by name and shape. */
export interface SharedClient {
  getServerCapabilities(): object | undefined
  getServerVersion(): object | undefined
  getInstructions(): string | undefined
  ping(): Promise<object>
  // biome-ignore lint/suspicious/noExplicitAny: each SDK has types of its own for the same shapes
  complete(params: any): Promise<{ completion: object }>
  setLoggingLevel(level: 'debug' | 'error'): Promise<object>
  getPrompt(params: { name: string; arguments?: Record<string, string> }): Promise<object>
  listPrompts(params?: { cursor: string }): Promise<{ prompts: Named[] }>
  listResources(): Promise<{ resources: Named[] }>
  listResourceTemplates(): Promise<{ resourceTemplates: Named[] }>
  readResource(params: { uri: string }): Promise<object>
  subscribeResource(params: { uri: string }): Promise<object>
  unsubscribeResource(params: { uri: string }): Promise<object>
  sendRootsListChanged(): Promise<void>
  close(): Promise<void>
}

type Named = { name: string; title?: string | undefined; description?: string | undefined }

/** One connected client. */
export interface Peer {
  readonly client: SharedClient
  /** tools/call. */
  call(name: string, args?: Json, options?: CallOptions): Promise<Json>
  /** Any request, its result as it came. */
  request(method: string, params?: Json): Promise<Json>
  /** Notifications that the SDK handed on. */
  readonly noted: Noted
}

export interface Transport {
  start(): Promise<void>
  send(message: never): Promise<void>
  close(): Promise<void>
}

export interface HttpTransport extends Transport {
  readonly sessionId?: string | undefined
  terminateSession(): Promise<void>
}

export interface StdioTransport extends Transport {
  readonly pid: number | null
}

export interface Command {
  command: string
  args: string[]
  stderr: 'pipe'
}

/** One SDK. Reconnection waits a few milliseconds only. */
export interface Sdk<H extends HttpTransport = HttpTransport, S extends StdioTransport = StdioTransport> {
  readonly name: string
  http(url: URL, fetch: typeof globalThis.fetch): H
  stdio(command: Command): S
  connect(transport: H | S, answers: Answers): Promise<Peer>
}

export const reconnectionOptions = {
  initialReconnectionDelay: 20,
  maxReconnectionDelay: 20,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 5
}

export const clientInfo = { name: 'peers', version: '1.0.0' }

export function capabilitiesOf(answers: Answers): {
  sampling?: Record<string, never>
  elicitation?: Record<string, never>
  roots?: { listChanged: boolean }
} {
  return {
    ...(answers['sampling/createMessage'] === undefined ? {} : { sampling: {} }),
    ...(answers['elicitation/create'] === undefined ? {} : { elicitation: {} }),
    ...(answers['roots/list'] === undefined ? {} : { roots: { listChanged: true } })
  }
}

/** Notifications in the order of their arrival. */
export class Noted {
  readonly all: { method: string; params?: unknown }[] = []
  readonly #waiting = new Set<() => void>()

  push(notification: { method: string; params?: unknown }): void {
    this.all.push(notification)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Params of one method's notifications, once so many have arrived. */
  async until(method: string, count = 1): Promise<unknown[]> {
    const found = () => this.all.filter((notification) => notification.method === method)
    while (found().length < count) await new Promise<void>((next) => this.#waiting.add(next))
    return found().map(({ params }) => params)
  }
}

/** Lets the oracle read what crosses a subprocess's input and output, byte for byte. */
export function overhear(transport: StdioTransport, oracle: Oracle): void {
  const { start, send } = transport
  transport.start = async () => {
    await start.call(transport)
    let rest = ''
    const { _process } = transport as unknown as { _process: { stdout: NodeJS.ReadableStream } }
    _process.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) oracle.out(Buffer.from(line, 'latin1').toString())
    })
  }
  transport.send = (message) => {
    oracle.in(JSON.stringify(message))
    return send.call(transport, message)
  }
}
