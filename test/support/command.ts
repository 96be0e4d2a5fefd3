/** A program of this project as a subprocess, ended when the test ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { LineReader } from './pipes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Command {
  child: ChildProcessWithoutNullStreams
  out: LineReader
  /** What it has written to stderr. */
  readonly errors: string
  exited: Promise<Exit>
  /** Waits until stdout holds a line that fits. */
  line(fits: RegExp): Promise<string>
  write(...messages: object[]): void
}

/** Runs a TypeScript file of this project. */
export function runFile(file: string, args: string[] = [], env: Record<string, string> = {}): Command {
  const { PORT: _port, HOST: _host, ...inherited } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: root,
    env: { ...inherited, ...env }
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdin.on('error', () => {})
  const out = new LineReader(child.stdout)
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Exit)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    child,
    out,
    exited,
    get errors() {
      return errors
    },
    async line(fits) {
      for (;;) {
        const found = out.lines.find((line) => fits.test(line))
        if (found !== undefined) return found
        await Promise.race([once(child.stdout, 'data'), exited])
        if (child.exitCode !== null && !out.lines.some((line) => fits.test(line)))
          throw new Error(`it ended without ${fits}: ${errors}`)
      }
    },
    write(...messages) {
      for (const message of messages) child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    }
  }
}

/** Runs one command line of handwire. */
export function handwire(args: string[], env: Record<string, string> = {}): Command {
  return runFile('src/cli/index.ts', args, env)
}
