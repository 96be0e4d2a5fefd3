/** A forked process that is spoken with over IPC, one question at a time. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export class Child {
  readonly #process: ChildProcess
  readonly #name: string

  /** `file` is relative to this folder; its arguments may follow it. */
  constructor(name: string, file: string) {
    this.#name = name
    const [path = '', ...args] = file.split(' ')
    this.#process = fork(new URL(path, import.meta.url), args)
    this.#process.setMaxListeners(0)
  }

  /** What it says next. Rejects when it ends instead. */
  async next<T>(): Promise<T> {
    const over = new AbortController()
    const { signal } = over
    try {
      return await Promise.race([
        once(this.#process, 'message', { signal }).then(([message]) => message as T),
        once(this.#process, 'exit', { signal }).then(([code]) => {
          throw new Error(`${this.#name} ended with code ${code}`)
        })
      ])
    } finally {
      over.abort()
    }
  }

  /** Asks, and gives its answer. */
  ask<T>(question: object): Promise<T> {
    const answer = this.next<T>()
    this.#process.send(question)
    return answer
  }

  /** Ends it: every child of the bench leaves when its parent does. */
  end(): void {
    if (this.#process.connected) this.#process.disconnect()
  }
}
