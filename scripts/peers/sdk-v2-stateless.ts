/**
 * The same server with the entry that version 2 of the official TypeScript SDK recommends for HTTP, `createMcpHandler`: it
 * serves the 2025 revisions without sessions, with a fresh server for each request.
 *
 *     PORT=3904 npx tsx scripts/peers/sdk-v2-stateless.ts
 */
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { createServer } from './sdk-v2-items.ts'

const handle = toNodeHandler(createMcpHandler(() => createServer()))
const validHost = localhostHostValidation()
const validOrigin = localhostOriginValidation()
const server = createHttpServer(async (request, response) => {
  if (validHost(request, response) && validOrigin(request, response))
    await handle(request as IncomingMessage & { method: string; url: string }, response)
})
const port = Number(process.env['PORT'] ?? 3904)
server.listen(port, '127.0.0.1', () => console.error(`listening on port ${port}`))
