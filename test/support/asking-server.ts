/** A stdio server that asks its user, and is kept alive by nothing else. */
import { stdio } from '../../src/stdio/index.ts'

const server = stdio({ name: 'asking', version: '0', limits: { graceMs: 50 } })
server.tool('asking', {}, async (_, { elicit }) => (await elicit('Who?', { type: 'object', properties: {} })).action)
await server.serve()
