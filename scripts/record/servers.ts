/** The recorded servers: started on a free loopback port, spoken to, and stopped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { instructions, offerReference, pageSize } from '../../src/cli/reference.ts'
import { version } from '../../src/cli/version.ts'
import handwire from '../../src/http/index.ts'
import type { PeerName } from './capture.ts'
import { packageOf } from './sessions.ts'

export interface RunningServer {
  name: PeerName
  url: string
  stop(): Promise<void>
}

/** Our reference server, in this process. */
export async function startReference(): Promise<RunningServer> {
  const app = Fastify({ forceCloseConnections: true })
  const name = 'handwire-reference'
  await app.register(handwire, { name, version, instructions, teach: true, limits: { pageSize } })
  offerReference(app.mcp)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { name: { name, version }, url: `${address}/mcp`, stop: () => app.close() }
}

/** The published server-everything, as a subprocess. Rejects when it ends before it listens. */
export async function startEverything(): Promise<RunningServer> {
  const { name, version: release } = packageOf('@modelcontextprotocol/server-everything')
  const entry = fileURLToPath(new URL(`../../node_modules/${name}/dist/index.js`, import.meta.url))
  const port = await freePort()
  const child = spawn(process.execPath, [entry, 'streamableHttp'], {
    env: { PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  await listening(child)
  const url = `http://127.0.0.1:${port}/mcp`
  return {
    name: { name: 'mcp-servers/everything', version: '2.0.0', package: `${name}@${release}` },
    url,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }
}

async function listening(child: ChildProcess): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)))
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('listening on port')) resolve()
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
