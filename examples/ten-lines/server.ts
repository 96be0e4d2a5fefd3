/**
 * The smallest server: one tool on an API. From the root of the repository, after `npm run build`:
 *
 *     npx tsx examples/ten-lines/server.ts
 */
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import handwire from 'handwire'

const app = Fastify({ logger: true })
await app.register(handwire, { name: 'acme', version: '1.0.0' }) // serves /mcp

app.mcp.tool(
  'add',
  {
    description: 'Adds two numbers',
    input: Type.Object({ a: Type.Number(), b: Type.Number() }),
    output: Type.Object({ sum: Type.Number() })
  },
  ({ a, b }) => ({ sum: a + b }) // structuredContent and its text mirror
)

await app.listen({ port: Number(process.env['PORT'] ?? 3000) })
