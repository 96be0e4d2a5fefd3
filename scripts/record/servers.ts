/** The recorded servers: started on a free loopback port, spoken to, and stopped; or commands, for those on stdio. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath, pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import { instructions, offerReference, pageSize } from '../../src/cli/reference.ts'
import { version } from '../../src/cli/version.ts'
import type { PeerName } from '../../src/conform/record/capture.ts'
import handwire from '../../src/http/index.ts'
import { packageOf, type Session } from './sessions.ts'

export interface RunningServer {
  name: PeerName
  url: string
  stop(): Promise<void>
}

/** A server that is started anew for each session. */
export interface CommandServer {
  name: PeerName
  command: string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const referenceName = { name: 'handwire-reference', version }

/** What runs a TypeScript file of this project, from any directory. */
export const running = (file: string): string[] => [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  fileURLToPath(new URL(file, pathToFileURL(root)))
]

/** The servers on stdio. */
export function commandServers(): Record<Session['server'], CommandServer> {
  const { name, entry } = everything()
  return {
    reference: { name: referenceName, command: [...running('src/cli/index.ts'), 'serve', '--stdio'] },
    everything: { name, command: [process.execPath, entry, 'stdio'] }
  }
}

function everything(): { name: PeerName; entry: string } {
  const { name, version: release } = packageOf('@modelcontextprotocol/server-everything')
  const entry = fileURLToPath(new URL(`../../node_modules/${name}/dist/index.js`, import.meta.url))
  return { name: { name: 'mcp-servers/everything', version: '2.0.0', package: `${name}@${release}` }, entry }
}

/** Our reference server, in this process. */
export async function startReference(): Promise<RunningServer> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(handwire, { ...referenceName, instructions, teach: true, limits: { pageSize } })
  offerReference(app.mcp)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { name: referenceName, url: `${address}/mcp`, stop: () => app.close() }
}

/** The published server-everything, as a subprocess. Rejects when it ends before it listens. */
export async function startEverything(): Promise<RunningServer> {
  const { name, entry } = everything()
  const port = await freePort()
  const child = spawn(process.execPath, [entry, 'streamableHttp'], {
    env: { PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  await listening(child)
  const url = `http://127.0.0.1:${port}/mcp`
  return {
    name,
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
