/** Conformance inside your own test suite: an app of this process, no port, no socket. Run it with `node --import tsx --test`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import handwire from 'handwire'
import { conform } from 'handwire/conform'

test('our endpoint keeps MCP 2025-06-18', async () => {
  const app = Fastify()
  await app.register(handwire, { name: 'acme', version: '1.0.0' })
  app.mcp.tool('now', { annotations: { readOnlyHint: true } }, () => new Date().toISOString())

  const report = await conform(app)

  const wrong = report.results.filter(({ outcome }) => outcome === 'fail' || outcome === 'error')
  assert.deepEqual(
    wrong.map(({ id, reason }) => `${id}: ${reason}`),
    []
  )
  await app.close()
})
