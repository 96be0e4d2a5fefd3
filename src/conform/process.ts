/**
 * The target on stdio: a command that is started anew for each session (spec: basic/transports#stdio; lifecycle, shutdown).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { type MessageChannel, messageTarget } from './message-peer.ts'
import { type Exit, type Target, UnreachableError } from './peer.ts'

export interface ProcessOptions {
  /** The program and its arguments. */
  command: readonly string[]
  cwd?: string
  /** The whole environment of the process; default ours. */
  env?: NodeJS.ProcessEnv
}

/** How long a process may take to leave once its input has ended, and again once it was told to. */
const leaveMs = 2000

/** How long a process may take to start and to say its first word. */
const startMsAtMost = 10_000

/** How much of the end of stderr is kept. */
const saidCharacters = 500

/** A server that is a command. It may write to stderr what it likes; the end is kept for when it fails. */
export function processTarget(options: ProcessOptions): Target {
  const [program, ...args] = options.command
  if (program === undefined) throw new TypeError('the command is empty')
  return messageTarget({
    name: options.command.join(' '),
    startMs: startMsAtMost,
    async connect() {
      const child = spawn(program, args, {
        stdio: ['pipe', 'pipe', 'pipe'],
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.env === undefined ? {} : { env: options.env })
      })
      await started(child, program)
      return childChannel(child)
    }
  })
}

function started(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(new UnreachableError(`${program} cannot be started: ${error.message}`)))
  })
}

function childChannel(child: ChildProcess): MessageChannel {
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new TypeError('the process has no pipes')
  // `exit` may come before the last output has been read, close does not
  let said = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-saidCharacters)
  })
  const exited = new Promise<Exit>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, said: said.trim() }))
  )
  // a process that has gone is found by the case, when nothing comes
  stdin.on('error', () => undefined)
  return lineChannel({
    input: stdin,
    output: stdout,
    exited,
    async leave() {
      stdin.end()
      const late = new AbortController()
      const patience = async (signal: NodeJS.Signals): Promise<void> => {
        await pause(leaveMs, undefined, { signal: late.signal })
        child.kill(signal)
      }
      const force = patience('SIGTERM')
        .then(() => patience('SIGKILL'))
        .catch(() => undefined)
      await exited
      late.abort()
      await force
    }
  })
}

/** A channel of lines over two streams: what a process on stdio is, and what one in this process looks like. */
export function lineChannel(pipes: {
  input: NodeJS.WritableStream
  output: NodeJS.ReadableStream
  exited: Promise<Exit>
  /** Ends the input and resolves when the other side has gone. */
  leave(): Promise<void>
}): MessageChannel {
  const { input, output, exited } = pipes
  let rest = ''
  let hear: (text: string) => void = () => undefined
  output.setEncoding('utf8')
  output.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
  const line = (text: string): void => void input.write(`${text}\n`)
  return {
    send: line,
    onMessage(listener) {
      hear = listener
    },
    close: () => pipes.leave(),
    raw: { line, eof: () => input.end(), exited }
  }
}
