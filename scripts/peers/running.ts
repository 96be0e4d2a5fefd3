/** A foreign server as a process of its own on loopback: installed where that is needed, started, stopped. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isInstalled, type Peer } from './peers.ts'

export interface RunningPeer {
  url: string
  /** Rejects when the server ended by itself, with the last of what it wrote. */
  stop(): Promise<void>
}

/** How long a server may take until it listens, in milliseconds. */
const startMs = 30_000

/** How long an installation may take, in milliseconds. */
const installMs = 300_000

/** How much of what a server writes is kept, in characters. */
const kept = 4000

/** Installs what a peer needs. Returns why that cannot be, of a peer that is optional; of another it throws. */
export function install(peer: Peer): string | undefined {
  if (peer.own === undefined || isInstalled(peer)) return undefined
  const { folder, mark, install: commands, optional = false } = peer.own
  for (const [program, ...words] of commands) {
    const { status, error } = spawnSync(program as string, words, { cwd: folder, stdio: 'inherit', timeout: installMs })
    if (status === 0) continue
    const why = `${[program, ...words].join(' ')}: ${error?.message ?? `exit ${status}`}`
    rmSync(new URL(mark, folder), { recursive: true, force: true })
    if (optional) return why
    throw new Error(`${peer.name} cannot be installed: ${why}`)
  }
  return undefined
}

/** Starts a peer on a port, by default a free one. Rejects when it ends before it listens, or does not listen in time. */
export async function startPeer(peer: Peer, port?: number): Promise<RunningPeer> {
  const place = port ?? (await freePort())
  const [program, ...words] = peer.command
  const child = spawn(program as string, words, {
    env: { ...process.env, PORT: String(place) },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const exited = once(child, 'exit')
  const said = lastOf(child)
  const ended = (): Error => new Error(`${peer.name} ended with ${child.exitCode ?? child.signalCode}: ${said()}`)
  const deadline = performance.now() + startMs
  while (!(await listens(place))) {
    if (child.exitCode !== null) throw ended()
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`${peer.name} does not listen on port ${place}: ${said()}`)
    }
    await sleep(50)
  }
  return {
    url: `http://127.0.0.1:${place}/mcp`,
    async stop() {
      if (child.exitCode !== null) throw ended()
      child.kill('SIGKILL')
      await exited
    }
  }
}

function lastOf(child: ChildProcess): () => string {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-kept)
    })
  return () => said
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false
    throw error
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
