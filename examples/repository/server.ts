/**
 * Issues of a tracker as tools, trees of local git repositories as resources. From the root of the repository, after `npm run build`:
 *
 *     npx tsx examples/repository/server.ts
 *
 * PORT is 3000 by default; settings.ts tells the rest.
 */
import Fastify from 'fastify'
import handwire from 'handwire'
import { about, offerRepositories } from './offer.ts'
import { readSettings } from './settings.ts'

const { repositories, tracker, timeoutMs, close } = await readSettings()

// or else a connection that a client opened and never used, as HTTP clients do in advance, would keep it from ending for a minute
const app = Fastify({ logger: true, forceCloseConnections: true })
await app.register(handwire, about(timeoutMs))
offerRepositories(app.mcp, repositories, tracker)

app.addHook('onClose', close)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void app.close())

await app.listen({ port: Number(process.env['PORT'] ?? 3000) })
