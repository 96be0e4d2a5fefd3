/** What somebody may hand over to be tested, and the target it becomes. */
import { httpTarget } from './http-peer.ts'
import { type App, appTarget } from './in-process.ts'
import type { Target } from './peer.ts'
import { processTarget } from './process.ts'
import { socketExchange } from './socket.ts'

/** A server to test: a URL; an app of this process, which need not listen; a command that speaks stdio; or a target of your own. */
export type Testable =
  | string
  | URL
  | App
  | { command: readonly string[]; cwd?: string; env?: NodeJS.ProcessEnv }
  | Target

/** How a server is reached. */
export interface Reach {
  /** Path of the endpoint of an app; default /mcp. */
  path?: string
  /** Sent with every request over HTTP, as `authorization` must be. */
  headers?: Record<string, string>
}

/** The target, and how to let go of it. */
export async function targetOf(testable: Testable, reach: Reach): Promise<{ target: Target; close(): void }> {
  const headers = reach.headers ?? {}
  if (typeof testable === 'string' || testable instanceof URL) {
    const { exchange, close } = socketExchange()
    return { target: httpTarget({ url: new URL(testable).href, exchange, headers }), close }
  }
  if ('connect' in testable) return { target: testable, close: () => undefined }
  if ('command' in testable) return { target: processTarget(testable), close: () => undefined }
  return appTarget(testable, { headers, ...(reach.path === undefined ? {} : { path: reach.path }) })
}
