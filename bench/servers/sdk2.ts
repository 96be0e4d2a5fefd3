/** The official SDK, version 2: stateful Streamable HTTP on node:http, a server and a transport for each session. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { catalog } from './catalog.ts'
import { announce } from './process.ts'
import { zodShape } from './zod.ts'

const sessions = new Map<string, NodeStreamableHTTPServerTransport>()

async function open(): Promise<NodeStreamableHTTPServerTransport> {
  const server = new McpServer({ name: 'bench', version: '1.0.0' })
  for (const tool of catalog) {
    server.registerTool(
      tool.name,
      { description: tool.description, inputSchema: z.object(zodShape(tool)) },
      (input: Record<string, unknown>) => ({ content: [{ type: 'text' as const, text: String(input['text']) }] })
    )
  }
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport)
  })
  await server.connect(transport)
  return transport
}

const server = createServer(async (request, response) => {
  const session = request.headers['mcp-session-id'] as string | undefined
  const transport = session === undefined ? await open() : sessions.get(session)
  if (transport === undefined) response.writeHead(404).end()
  else await transport.handleRequest(request, response)
})
server.listen(0, '127.0.0.1', () => announce(server))
