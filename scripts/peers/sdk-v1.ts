/**
 * A server with the official TypeScript SDK, version 1, over Streamable HTTP as its own example for sessions shows it: the
 * SDK's Express app, a server and a transport for each session, an event store for each transport.
 *
 *     PORT=3902 npx tsx scripts/peers/sdk-v1.ts
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js'
import { type EventStore, StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { isInitializeRequest, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { MemoryEventStore } from './event-store.ts'
import { createServer } from './sdk-v1-items.ts'

const sessions = new Map<string, StreamableHTTPServerTransport>()

async function open(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new MemoryEventStore<JSONRPCMessage>() as EventStore,
    onsessioninitialized: (id) => void sessions.set(id, transport)
  })
  transport.onclose = () => void sessions.delete(transport.sessionId ?? '')
  await createServer().connect(transport as Transport)
  return transport
}

async function handle(request: IncomingMessage & { body?: unknown }, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id']
  const session = typeof id === 'string' ? sessions.get(id) : undefined
  if (session !== undefined) return session.handleRequest(request, response, request.body)
  if (id === undefined && isInitializeRequest(request.body))
    return (await open()).handleRequest(request, response, request.body)
  if (id === undefined) refuse(response, 400, -32000, 'Bad Request: No valid session ID provided')
  else refuse(response, 404, -32001, 'Session not found')
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }))
}

const app = createMcpExpressApp()
app.post('/mcp', handle)
app.get('/mcp', handle)
app.delete('/mcp', handle)
const port = Number(process.env['PORT'] ?? 3902)
app.listen(port, '127.0.0.1', () => console.error(`listening on port ${port}`))
