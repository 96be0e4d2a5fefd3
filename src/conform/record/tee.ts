/**
 * The tee: a command between our own stdin and stdout, and a note of every byte that goes through.
 *
 * Rules of this file:
 * - bytes pass as they come, both ways; a side that cannot take more makes the other one wait; stderr is inherited, not noted;
 * - an end passes on, and so does a signal; a pipe that the other side has closed is closed here too.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Exit } from '../peer.ts'
import { Tape } from './tape.ts'

export interface TeeOptions {
  /** The program and its arguments. */
  command: readonly string[]
  /** What the client writes to. */
  input: Readable
  /** What the client reads from. */
  output: Writable
}

/** How long the output of a process may outlive it: a process of its own may hold on to it. */
const lingerMs = 1000

export class Tee {
  readonly tape = new Tape()
  /** How the command ended, once all it wrote has been passed on. */
  readonly exited: Promise<Exit>
  readonly #child: ChildProcessByStdio<Writable, Readable, null>

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, { input, output }: TeeOptions) {
    this.#child = child
    this.#passInput(input, child.stdin)
    this.#passOutput(child.stdout, output)
    this.exited = this.#exit()
  }

  /** Starts the command. Rejects when it cannot be started. */
  static async start(options: TeeOptions): Promise<Tee> {
    const [program = '', ...args] = options.command
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], windowsHide: true })
    await once(child, 'spawn')
    return new Tee(child, options)
  }

  /** Passes a signal on. */
  signal(signal: NodeJS.Signals): void {
    this.tape.notePipe({ from: 'client', signal })
    this.#child.kill(signal)
  }

  #passInput(input: Readable, stdin: Writable): void {
    const end = (): void => {
      if (stdin.writableEnded) return
      this.tape.notePipe({ from: 'client', end: true })
      stdin.end()
    }
    input.on('data', (chunk: Buffer) => {
      this.tape.notePipe({ from: 'client', chunk })
      if (stdin.destroyed || stdin.write(chunk)) return
      input.pause()
      stdin.once('drain', () => input.resume())
    })
    input.on('end', end)
    input.on('error', end)
    // the command reads no more: let the client find that out
    stdin.on('error', () => input.destroy())
  }

  #passOutput(stdout: Readable, output: Writable): void {
    stdout.on('data', (chunk: Buffer) => {
      this.tape.notePipe({ from: 'server', chunk })
      if (output.destroyed || output.write(chunk)) return
      stdout.pause()
      output.once('drain', () => stdout.resume())
    })
    stdout.on('end', () => this.tape.notePipe({ from: 'server', end: true }))
    // the client reads no more: let the command find that out
    output.on('error', () => stdout.destroy())
  }

  async #exit(): Promise<Exit> {
    const closed = once(this.#child, 'close')
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null]
    const late = new AbortController()
    await Promise.race([closed, pause(lingerMs, undefined, { signal: late.signal }).catch(() => undefined)])
    late.abort()
    this.tape.notePipe({ exit: { code, signal } })
    return { code, signal }
  }
}
