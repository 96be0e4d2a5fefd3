/** Ports that write down what they are told: an outlet, a reader and a logger. */
import type { ErrorName, ProtocolError } from '../../src/protocol/errors.ts'
import type { LoggedEvent, Logger, Outlet, Reader, Refused } from '../../src/protocol/ports.ts'
import { gate } from './gate.ts'

/** What tests look at in a message; members that are not there are undefined. */
export interface Seen {
  id?: string | number
  method?: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at any member
  params?: any
  // biome-ignore lint/suspicious/noExplicitAny: tests look at any member
  result?: any
  error?: { code: number; message: string; data?: Record<string, unknown> }
}

/** How an exchange ended. */
export interface Ending {
  how: 'answer' | 'refuse' | 'accept' | 'end' | 'flow'
  message?: Seen
  kind?: ErrorName
  refused?: Refused
}

/** One exchange's way back, written down. */
export class RecordingOutlet implements Outlet {
  open = true
  committed = false
  session: string | undefined
  readonly messages: Seen[] = []
  readonly endings: Ending[] = []
  readonly #ended = gate<Ending>()
  readonly #said: (() => void)[] = []

  /** The first ending. */
  get ended(): Promise<Ending> {
    return this.#ended.passed
  }

  /** The message at this place, as soon as it has come. */
  async said(place: number): Promise<Seen> {
    while (this.messages.length <= place) await new Promise<void>((resolve) => this.#said.push(resolve))
    return this.messages[place] as Seen
  }

  begin(session: string): void {
    this.session = session
  }

  message(text: string): void {
    this.messages.push(JSON.parse(text))
    for (const heard of this.#said.splice(0)) heard()
  }

  answer(text: string): void {
    this.#end({ how: 'answer', message: JSON.parse(text) })
  }

  async flow(pieces: AsyncIterable<string>): Promise<boolean> {
    let text = ''
    for await (const piece of pieces) text += piece
    this.#end({ how: 'flow', message: JSON.parse(text) })
    return true
  }

  refuse(error: ProtocolError, text: string, refused: Refused): void {
    this.#end({ how: 'refuse', kind: error.kind, message: JSON.parse(text), refused })
  }

  accept(): void {
    this.#end({ how: 'accept' })
  }

  end(): void {
    this.#end({ how: 'end' })
  }

  #end(ending: Ending): void {
    this.endings.push(ending)
    this.#ended.open(ending)
  }
}

/** A connection that reads a stream. */
export class RecordingReader implements Reader {
  readonly events: LoggedEvent[] = []
  ended = false

  write(event: LoggedEvent): void {
    this.events.push(event)
  }

  end(): void {
    this.ended = true
  }

  get messages(): Seen[] {
    return this.events.map(({ text }) => JSON.parse(text))
  }
}

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error'
  fields: Record<string, unknown>
  message: string | undefined
}

/** A logger whose children write to the same lines. */
export class RecordingLog implements Logger {
  readonly lines: LogLine[]
  readonly #bound: object

  constructor(lines: LogLine[] = [], bound: object = {}) {
    this.lines = lines
    this.#bound = bound
  }

  at(level: LogLine['level']): LogLine[] {
    return this.lines.filter((line) => line.level === level)
  }

  debug = (fields: object, message?: string): void => this.#write('debug', fields, message)
  info = (fields: object, message?: string): void => this.#write('info', fields, message)
  warn = (fields: object, message?: string): void => this.#write('warn', fields, message)
  error = (fields: object, message?: string): void => this.#write('error', fields, message)

  child(fields: object): Logger {
    return new RecordingLog(this.lines, { ...this.#bound, ...fields })
  }

  #write(level: LogLine['level'], fields: object, message: string | undefined): void {
    this.lines.push({ level, fields: { ...this.#bound, ...fields }, message })
  }
}
