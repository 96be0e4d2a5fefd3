/** The official SDK, version 1: stateful Streamable HTTP on node:http, a server and a transport for each session. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { catalog } from './catalog.ts'
import { announce } from './process.ts'
import { zodShape } from './zod.ts'

const sessions = new Map<string, StreamableHTTPServerTransport>()

async function open(): Promise<StreamableHTTPServerTransport> {
  const server = new McpServer({ name: 'bench', version: '1.0.0' })
  for (const tool of catalog) {
    server.registerTool(
      tool.name,
      { description: tool.description, inputSchema: zodShape(tool) },
      (input: Record<string, unknown>) => ({ content: [{ type: 'text' as const, text: String(input['text']) }] })
    )
  }
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport)
  })
  await server.connect(transport as Transport)
  return transport
}

const server = createServer(async (request, response) => {
  const session = request.headers['mcp-session-id'] as string | undefined
  const transport = session === undefined ? await open() : sessions.get(session)
  if (transport === undefined) response.writeHead(404).end()
  else await transport.handleRequest(request, response)
})
server.listen(0, '127.0.0.1', () => announce(server))
