/** One session as a front keeps it: who asked what, and the hooks in the way of every message. */
import type { Hooks, Passage, Talk, Transport } from './fault.ts'
import { idOf, isRequest, isResponse, type Message } from './message.ts'

export class Session implements Talk {
  readonly transport: Transport
  readonly asked = new Map<string, Message>()
  readonly running = new Map<string, Message>()
  readonly questions = new Map<string, Message>()
  /** How this session is told something outside of an answer, and how the server is; the front fills them in. */
  tell: (message: Message) => void = () => undefined
  slip: (message: Message) => Promise<void> = async () => undefined
  readonly #hooks: Hooks
  readonly #waiting = new Set<() => void>()

  constructor(transport: Transport, hooks: Hooks) {
    this.transport = transport
    this.#hooks = hooks
  }

  /** A message of the client crosses: what becomes of it. */
  async receive(message: Message): Promise<Passage> {
    const key = idOf(message)
    if (isRequest(message)) {
      this.asked.set(key, structuredClone(message))
      this.running.set(key, structuredClone(message))
    }
    const passage = this.#hooks.received === undefined ? message : await this.#hooks.received(message, this)
    if (passage !== undefined && 'answers' in passage) this.running.delete(key)
    this.crossed()
    return passage
  }

  /** A message of the server crosses: what goes out in its place. */
  send(message: Message): Message[] {
    if (isRequest(message)) this.questions.set(idOf(message), structuredClone(message))
    const key = idOf(message)
    const answers = isResponse(message)
    const out = this.#hooks.sent?.(message, this) ?? [message]
    if (answers) this.running.delete(key)
    this.crossed()
    return out
  }

  until(test: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!test()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Says that something has crossed. */
  crossed(): void {
    for (const look of [...this.#waiting]) look()
  }
}
