/**
 * A server with the official TypeScript SDK, version 2, over Streamable HTTP with sessions, on node:http behind the guards
 * that its README puts there: a server and a transport for each session, an event store for each transport.
 *
 *     PORT=3903 npx tsx scripts/peers/sdk-v2.ts
 */
import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport
} from '@modelcontextprotocol/node'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { MemoryEventStore } from './event-store.ts'
import { createServer } from './sdk-v2-items.ts'

const sessions = new Map<string, NodeStreamableHTTPServerTransport>()

async function open(): Promise<NodeStreamableHTTPServerTransport> {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new MemoryEventStore<JSONRPCMessage>(),
    onsessioninitialized: (id) => void sessions.set(id, transport)
  })
  transport.onclose = () => void sessions.delete(transport.sessionId ?? '')
  await createServer().connect(transport)
  return transport
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }))
}

const validHost = localhostHostValidation()
const validOrigin = localhostOriginValidation()
const server = createHttpServer(async (request, response) => {
  if (!validHost(request, response) || !validOrigin(request, response)) return
  const id = request.headers['mcp-session-id']
  const session = id === undefined ? await open() : sessions.get(String(id))
  if (session === undefined) refuse(response, 404, -32001, 'Session not found')
  else await session.handleRequest(request, response)
})
const port = Number(process.env['PORT'] ?? 3903)
server.listen(port, '127.0.0.1', () => console.error(`listening on port ${port}`))
