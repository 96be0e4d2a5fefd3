/** `handwire serve` as people start it: the built program as a process of its own, on a port that is free. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, scryptSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Person } from './browser.ts'
import { freePort } from './port.ts'
import type { Place } from './visitor.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const program = join(root, 'dist/cli/index.js')

export const ann: Person = { name: 'ann', password: 'tulips in may' }
export const bob: Person = { name: 'bob', password: 'heron on ice' }
/** Somebody who may not have everything. */
export const carl: Person = { name: 'carl', password: 'moss on stone' }

/** A program that runs. */
export interface Running {
  /** The line of its output that was waited for. */
  line: string
  /** Ends it, and waits until it has. */
  end(): Promise<void>
}

/** Starts a program of Node and waits for a line of its output. Throws with its errors when it ends before. */
export async function start(args: string[], fits: RegExp, env: Record<string, string> = {}): Promise<Running> {
  const { PORT: _port, HOST: _host, HANDWIRE_TOKENS: _tokens, ...inherited } = process.env
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = once(child, 'close')
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (text) => {
      if (fits.test(text)) resolve(text)
    })
    ended.then(() => reject(new Error(`it ended without ${fits}: ${errors}`)), reject)
  })
  return { line, end: () => endOf(child, ended) }
}

async function endOf(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  await ended
}

/** The reference server with its authorization server, which keeps what it knows in a file. */
export class Serving implements Place {
  readonly url: URL
  readonly #arguments: string[]
  readonly #env: Record<string, string>
  readonly #folder: string
  #running: Running | undefined

  private constructor(port: number, folder: string, more: string[], env: Record<string, string>) {
    const path = more.includes('--path') ? more[more.indexOf('--path') + 1] : '/mcp'
    this.url = new URL(`http://127.0.0.1:${port}${path}`)
    this.#folder = folder
    this.#arguments = [
      ...[program, 'serve', '--port', String(port), '--auth-server', '--log-level', 'warn'],
      ...['--auth-store', join(folder, 'auth.db'), '--people', join(folder, 'people'), ...more]
    ]
    this.#env = env
  }

  /** Starts it, with ann and bob as the people who may log in. */
  static async started(more: string[] = [], env: Record<string, string> = {}): Promise<Serving> {
    if (!existsSync(program)) throw new Error('dist/ is missing: npm run build comes first')
    const folder = mkdtempSync(join(tmpdir(), 'handwire-oauth-'))
    writeFileSync(join(folder, 'people'), [ann, bob].map(lineOf).join(''), { mode: 0o600 })
    const serving = new Serving(await freePort(), folder, more, env)
    await serving.#start()
    return serving
  }

  get issuer(): string {
    return `${this.url.origin}/oauth`
  }

  async restart(): Promise<void> {
    await this.#running?.end()
    await this.#start()
  }

  async close(): Promise<void> {
    await this.#running?.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #start(): Promise<void> {
    this.#running = await start(this.#arguments, /^handwire .* at http/, this.#env)
  }
}

/** A line of the file of people, at the least cost that is taken: everybody here logs in often. */
function lineOf({ name, password }: Person): string {
  const salt = randomBytes(16)
  const key = scryptSync(password, salt, 32, { N: 2 ** 14, r: 8, p: 1 })
  return `${name}:${['scrypt', 14, 8, 1, salt.toString('base64url'), key.toString('base64url')].join('$')}\n`
}
