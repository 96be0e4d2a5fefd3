/** An example as the process that its one command starts, and a folder for what it works on. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { LineReader } from '../../support/pipes.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Command {
  command: string
  args: string[]
  stderr: 'pipe'
  env: Record<string, string>
}

/** What `npx tsx FILE` comes to, in one process. */
export function commandOf(file: string, env: Record<string, string> = {}): Command {
  const { PATH = '', HOME = '' } = process.env
  const args = ['--import', 'tsx', join(root, file)]
  return { command: process.execPath, args, stderr: 'pipe', env: { PATH, HOME, ...env } }
}

/** What a test that failed has not stopped. */
const running = new Set<Program>()
afterAll(async () => {
  for (const program of running) program.child.kill('SIGKILL')
  await Promise.all([...running].map(({ ended }) => ended))
})

/** An example that runs. */
export class Program {
  readonly child: ChildProcess
  /** Exit code once it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>
  readonly #out: LineReader
  #errors = ''

  constructor(file: string, settings: Record<string, string> = {}) {
    const { command, args, env } = commandOf(file, settings)
    // tsx is found, and is told of the same tsconfig, from the root
    this.child = spawn(command, args, { cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#out = new LineReader(this.child.stdout as NonNullable<ChildProcess['stdout']>)
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    running.add(this)
    this.ended = once(this.child, 'close').then(([code]) => {
      running.delete(this)
      return code as number | null
    })
  }

  /** Starts an example that listens, on a port that is free, and waits until it says where. */
  static async listening(file: string, settings: Record<string, string> = {}): Promise<Program & { url: string }> {
    const program = new Program(file, { PORT: '0', ...settings })
    return Object.assign(program, { url: await program.#address() })
  }

  /** What it wrote to stdout, a message a line. */
  get messages(): object[] {
    return this.#out.messages
  }

  /** Ends it as a terminal or a container does. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM')
    return this.ended
  }

  async #address(): Promise<string> {
    try {
      const line = await this.#out.find((line) => listens.test(wordsOf(line)))
      return listens.exec(wordsOf(line))?.[1] as string
    } catch (error) {
      throw new Error(`it did not begin to listen: ${this.#errors}`, { cause: error })
    }
  }
}

/** What a line of Fastify's log says. */
const wordsOf = (line: object): string => String(Reflect.get(line, 'msg'))
const listens = /^Server listening at (http:\/\/127\.0\.0\.1:\d+)$/

/** A folder that is gone when the tests are. */
export class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'handwire-example-')))

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}
