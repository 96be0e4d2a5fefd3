/** A real redis-server on a port of loopback that is free, with nothing of its own on disk but a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../auth/server/authority.ts'
import { findProgram } from './nginx.ts'

export interface RedisOptions {
  /** Who asks needs this. */
  password?: string
  /** Keeps what it knows in its folder, so that it is there when it is started again. */
  keeping?: boolean
}

export class RedisServer {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-'))
  readonly #arguments: string[]
  #process: ChildProcess | undefined
  #log = ''

  private constructor(port: number, { password, keeping = false }: RedisOptions) {
    this.port = port
    this.#arguments = [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''],
      ...['--appendonly', keeping ? 'yes' : 'no', '--appendfsync', 'always'],
      ...(password === undefined ? [] : ['--requirepass', password])
    ]
  }

  /** One that takes connections. */
  static async started(options: RedisOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options)
    await server.start()
    return server
  }

  /** One that ends with the test. */
  static async forTest(options: RedisOptions = {}): Promise<RedisServer> {
    const server = await RedisServer.started(options)
    onTestFinished(() => server.remove())
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Waits until it takes connections. Throws what it said when it ended instead. */
  async start(): Promise<void> {
    const child = spawn(findProgram('redis-server') as string, this.#arguments)
    this.#process = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text
    })
    for (;;) {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${this.#log}`)
      if (await connects(this.port)) return
    }
  }

  async stop(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'close')
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await ended
  }

  /** From now on it takes connections and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true })
  }
}

/** A way to a server on which what is lost stays lost, as when a machine goes without a word. */
export class Way {
  readonly #server = createServer((near) => this.#take(near))
  readonly #near = new Set<Socket>()
  /** Which of the connections lead nowhere, by their number: all up to this one. */
  #lost = 0
  /** Whether new connections lead nowhere. */
  #losing = false
  /** How many connections there were. */
  taken = 0
  readonly #to: number

  private constructor(to: number) {
    this.#to = to
  }

  /** One that is gone when the test ends. */
  static async forTest(to: number): Promise<Way> {
    const way = new Way(to)
    way.#server.listen(0, '127.0.0.1')
    await once(way.#server, 'listening')
    onTestFinished(() => {
      for (const near of way.#near) near.destroy()
      way.#server.close()
    })
    return way
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Nothing that comes by any connection gets there, until new ones are let through. */
  lose(): void {
    this.#lost = this.taken
    this.#losing = true
  }

  /** Lets connections through that are new from now on. */
  heal(): void {
    this.#losing = false
  }

  #take(near: Socket): void {
    this.taken += 1
    if (this.#losing) this.#lost = this.taken
    const number = this.taken
    const far = connect(this.#to, '127.0.0.1')
    this.#near.add(near)
    near.on('data', (data) => void (number > this.#lost && far.write(data)))
    far.on('data', (data) => void (number > this.#lost && near.write(data)))
    for (const socket of [near, far]) {
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        near.destroy()
        far.destroy()
        this.#near.delete(near)
      })
    }
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
