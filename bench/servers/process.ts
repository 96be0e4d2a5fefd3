/** The server's end of the IPC channel: says where it listens, and what CPU time it has used when asked. */
import type { AddressInfo, Server } from 'node:net'

/** CPU time of a process since its start, in microseconds. */
export interface Usage {
  user: number
  system: number
}

/** Tells the parent the address of the endpoint, with a token where it asks for one, and answers its questions until it leaves. */
export function announce(server: Server, token?: string): void {
  const { port } = server.address() as AddressInfo
  process.on('message', () => process.send?.(process.cpuUsage()))
  process.on('disconnect', () => process.exit(0))
  process.send?.({ url: `http://127.0.0.1:${port}/mcp`, token })
}
