/** The built plugin in a Fastify app, without a logger; with the argument `jwt` behind the tokens of an issuer. */
import Fastify from 'fastify'
import { catalog, inputSchema } from './catalog.ts'
import { type Issuing, issuing } from './issuer.ts'
import { announce } from './process.ts'

// what is measured is what is shipped, and there is nothing to type-check before a build
const built = new URL('../../dist/http/index.js', import.meta.url).href
const { default: handwire }: typeof import('../../src/http/index.ts') = await import(built)
const builtAuth = new URL('../../dist/auth/index.js', import.meta.url).href
const { jwt }: typeof import('../../src/auth/index.ts') = await import(builtAuth)

const resource = 'http://127.0.0.1/mcp'
const issued: Issuing | undefined = process.argv.includes('jwt') ? await issuing(resource) : undefined
const auth = issued === undefined ? {} : { auth: jwt({ issuer: issued.issuer, resource }) }

const app = Fastify()
await app.register(handwire, { name: 'bench', version: '1.0.0', limits: { pageSize: 50 }, ...auth })
for (const tool of catalog) {
  app.mcp.tool(tool.name, { description: tool.description, input: inputSchema(tool) }, ({ text }) => String(text))
}
await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server, issued?.token)
