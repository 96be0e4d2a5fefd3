/** A server of its own process whose resources are as large as their URI says; it reports its memory to its parent. */
import Fastify from 'fastify'
import handwire from '../../src/http/index.ts'

const app = Fastify({ forceCloseConnections: true })
await app.register(handwire, { name: 'large', version: '1' })

const line = `${'0123456789abcdef"\\\n'.repeat(3449).slice(0, 65_535)}\n`
const bytes = Buffer.alloc(65_536, 7)

app.mcp.resource('large://text/{mebibytes}', { mimeType: 'text/plain' }, async function* ({ mebibytes }) {
  for (let piece = 0; piece < Number(mebibytes) * 16; piece += 1) yield line
})
app.mcp.resource(
  'large://bytes/{mebibytes}',
  { mimeType: 'application/octet-stream' },
  async function* ({ mebibytes }) {
    for (let piece = 0; piece < Number(mebibytes) * 16; piece += 1) yield bytes
  }
)

let peak = 0
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 5)
process.on('message', (question) => {
  if (question === 'start') peak = process.memoryUsage.rss()
  process.send?.({ rss: process.memoryUsage.rss(), peak })
})
process.on('disconnect', () => process.exit(0))

process.send?.({ url: `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp` })
