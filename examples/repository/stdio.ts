/**
 * The same for a client that starts its servers itself. From the root of the repository, after `npm run build`:
 *
 *     npx tsx examples/repository/stdio.ts
 */
import { stdio } from 'handwire/stdio'
import { about, offerRepositories } from './offer.ts'
import { readSettings } from './settings.ts'

const { repositories, tracker, timeoutMs, close } = await readSettings()

const server = stdio(about(timeoutMs))
offerRepositories(server, repositories, tracker)

await server.serve()
await close()
