/** A connection to Redis that nobody waits for in vain: every answer has a time limit, and a connection that fails is replaced. */
import type { createClient } from 'redis'
import { DeclarationError } from '../../protocol/errors.ts'

type Create = typeof createClient
type Client = ReturnType<Create>

/** How long an answer may take, in milliseconds. */
const answerMs = 2000
/** How long the first connection may take, in milliseconds. */
const openMs = 5000
/** Longest pause between attempts to connect again, in milliseconds. */
const pauseMs = 1000

export class RedisConnection {
  readonly #url: string
  /** The address as it may be told: without name and password. */
  readonly #told: string
  #create: Create | undefined
  #client: Client | undefined
  /** Whether it was there once: only then is it tried again. */
  #opened = false
  #fault: Error | undefined

  /** @param url such as `rediss://user:password@redis.example:6380/1`. Throws a DeclarationError for another. */
  constructor(url: string) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (
      !/^rediss?:$/.test(parsed?.protocol ?? '') ||
      parsed?.hostname === '' ||
      !/^\/?\d*$/.test(parsed?.pathname ?? '')
    )
      throw new DeclarationError(
        'auth-store',
        'redisStore: url is no address of a Redis: give one like redis://127.0.0.1:6379 or rediss://user:password@redis.example:6380/1'
      )
    this.#url = url
    this.#told = `${parsed?.protocol}//${parsed?.host}${parsed?.pathname}`
  }

  /** Connects. Rejects with a DeclarationError when the package is missing, or when nothing can be had of Redis now. */
  async open(): Promise<void> {
    const { createClient } = await import('redis').catch(() => {
      throw new DeclarationError(
        'auth-store',
        'redisStore: the package redis is not installed: npm install redis, or give another store'
      )
    })
    this.#create = createClient
    const client = this.#begin(createClient)
    try {
      await within(client.connect(), openMs)
      this.#opened = true
    } catch (cause) {
      await this.close()
      throw new DeclarationError('auth-store', `redisStore: ${this.#told} cannot be used: ${wordsOf(cause as Error)}`)
    }
  }

  /**
   * Runs a script of Lua and gives its answer. Rejects when Redis refuses, is away, or does not answer in time; what a script
   * that was not answered did is not known.
   */
  async run(script: string, keys: string[], values: string[] = []): Promise<unknown> {
    const client = this.#client
    if (client === undefined) throw new Error('the store is not open')
    try {
      return await within(client.eval(script, { keys, arguments: values }), answerMs)
    } catch (error) {
      if (error instanceof LateError) this.#replace(client)
      const cause = client.isReady ? (error as Error) : (this.#fault ?? (error as Error))
      throw new Error(`redisStore: ${this.#told}: ${wordsOf(cause)}`, { cause: error })
    }
  }

  /** Ends the connection, when what was asked is answered or its time is over. */
  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    try {
      if (client?.isReady) await within(client.close(), answerMs)
    } catch (error) {
      // who goes does not wait for a Redis that hangs
      if (!(error instanceof LateError)) throw error
    } finally {
      client?.destroy()
    }
  }

  #begin(create: Create): Client {
    const client = create({
      url: this.#url,
      // whoever asks while Redis is away is told so, and does not wait
      disableOfflineQueue: true,
      socket: {
        connectTimeout: answerMs,
        reconnectStrategy: (retries) => this.#opened && Math.min(50 * 2 ** retries, pauseMs)
      }
    }) as Client
    let greeting: NodeJS.Timeout | undefined
    client.on('error', (error: Error) => {
      this.#fault = error
    })
    // the package waits for ever for what comes first on a connection
    client.on('connect', () => {
      clearTimeout(greeting)
      greeting = setTimeout(() => client.isReady || this.#replace(client), answerMs).unref()
    })
    client.on('ready', () => {
      clearTimeout(greeting)
      this.#fault = undefined
    })
    this.#client = client
    return client
  }

  /** Takes a new connection for one on which nothing comes back: it may lead nowhere, and only time would tell. */
  #replace(client: Client): void {
    if (this.#client !== client || !this.#opened || this.#create === undefined) return
    client.destroy()
    this.#fault = new LateError(answerMs)
    this.#begin(this.#create)
      .connect()
      .catch((error: Error) => {
        this.#fault = error
      })
  }
}

class LateError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
  }
}

async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(ms)), ms)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What an error says; one that stands for several, as for both addresses of localhost, has only a code. */
function wordsOf(error: Error): string {
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name)
}
