/**
 * The target in this process, without a socket: connections are pairs of streams handed to a node:http server, which takes
 * them as it takes any other, so that parsing, headers, streaming and disconnects are the real ones.
 */
import type { Server } from 'node:http'
import { duplexPair } from 'node:stream'
import { httpTarget } from './http-peer.ts'
import type { Target } from './peer.ts'
import { socketExchange } from './socket.ts'

/** A server that need not listen: a Fastify app, or whatever else is an http.Server or has one. */
export type App = Server | { server: Server; ready?(): PromiseLike<unknown> }

/** The endpoint of an app at a path. `close` lets go of the connections; the app stays as it was. */
export async function appTarget(
  app: App,
  { path = '/mcp', headers = {} }: { path?: string; headers?: Record<string, string> } = {}
): Promise<{ target: Target; close(): void }> {
  if ('ready' in app) await app.ready?.()
  const server = 'server' in app ? app.server : app
  const { exchange, close } = socketExchange(() => {
    const [ours, theirs] = duplexPair()
    // either side may leave in the middle of something
    ours.on('error', () => undefined)
    theirs.on('error', () => undefined)
    ours.on('close', () => theirs.destroy())
    theirs.on('close', () => ours.destroy())
    server.emit('connection', theirs)
    return ours
  })
  return { target: httpTarget({ url: new URL(path, 'http://localhost').href, exchange, headers }), close }
}
