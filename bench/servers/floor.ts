/** The floor: a bare Fastify route that checks the same envelope and returns the same object, and knows nothing of MCP. */
import Fastify from 'fastify'
import { listing } from './catalog.ts'
import { announce } from './process.ts'

interface Envelope {
  id: string | number
  method: string
  params?: { arguments?: { text: string } }
}

const envelope = {
  type: 'object',
  properties: {
    jsonrpc: { const: '2.0' },
    id: { type: ['string', 'integer'] },
    method: { type: 'string' },
    params: { type: 'object' }
  },
  required: ['jsonrpc', 'method']
}

const app = Fastify({ ajv: { customOptions: { coerceTypes: false, allowUnionTypes: true } } })
app.post<{ Body: Envelope }>('/mcp', { schema: { body: envelope } }, ({ body }, reply) => {
  const result =
    body.method === 'tools/list'
      ? { tools: listing }
      : { content: [{ type: 'text', text: body.params?.arguments?.text }] }
  reply.send({ jsonrpc: '2.0', id: body.id, result })
})
await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server)
