/** Servers that are none: whatever they are asked they say the same, or nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { messageTarget } from '../../src/conform/message-peer.ts'
import type { Exit, Target } from '../../src/conform/peer.ts'
import { lineChannel } from '../../src/conform/process.ts'

const json = { 'content-type': 'application/json' }

/** What the servers answer, by what they are. */
export const nonsense = {
  'a page for every request': (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title><p>It works!')
  },
  'an echo': (request, response) => {
    const type = request.headers['content-type']
    response.writeHead(200, type === undefined ? {} : { 'content-type': type })
    request.pipe(response)
  },
  'an empty object for every request': (request, response) => {
    request.resume()
    response.writeHead(200, json).end('{}')
  },
  'a 202 for every request': (request, response) => {
    request.resume()
    response.writeHead(202).end()
  },
  'an error for every request': (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const error = { code: -32600, message: 'Invalid request' }
      response.writeHead(200, json).end(JSON.stringify({ jsonrpc: '2.0', id: idIn(Buffer.concat(chunks)), error }))
    })
  },
  'no answer at all': (request) => {
    request.resume()
  }
} satisfies Record<string, RequestListener>

/** The id of the message in a body, null when there is none. */
function idIn(body: Buffer): unknown {
  try {
    return (JSON.parse(body.toString()) as { id?: unknown }).id ?? null
  } catch {
    return null
  }
}

/** Listens on a free loopback port. */
export async function listening(listener: RequestListener): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer(listener).listen(0, '127.0.0.1')
  server.on('connection', (socket) => sockets.add(socket))
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, close }
}

/** An address where nobody listens: that of a server that has gone. */
export async function closedPort(): Promise<string> {
  const { url, close } = await listening(() => undefined)
  close()
  return url
}

/** Commands that are no servers, by what they are. */
export const commands: Record<string, string[]> = {
  'a process that exits at once': ['true'],
  'an echo of lines': ['cat'],
  'a process that prints garbage': [
    'sh',
    '-c',
    'echo "Usage: server [options]"; echo "{]"; echo 42; exec cat > /dev/null'
  ]
}

/** A command as a target. It is killed when a session is over. */
export function commandTarget([program = '', ...args]: string[]): Target {
  return messageTarget({
    name: program,
    connect() {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
      // a process that has gone is found by the case, when nothing comes
      child.stdin.on('error', () => undefined)
      const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }))
      const leave = async (): Promise<void> => {
        child.kill('SIGKILL')
        await exited
      }
      return lineChannel({ input: child.stdin, output: child.stdout, exited, leave })
    }
  })
}
