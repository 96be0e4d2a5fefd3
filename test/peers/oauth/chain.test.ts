/** One server, and two ways in: a token of the configuration for machines, OAuth for people. */
import { createHash } from 'node:crypto'
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newToken } from '../../../src/auth/index.ts'
import { clientInfo } from '../peer.ts'
import { ask } from './endpoint.ts'
import { visiting } from './scenarios.ts'
import { sdkV1 } from './sdk-v1.ts'
import { sdkV2 } from './sdk-v2.ts'
import { ann, Serving } from './serving.ts'
import { strict } from './strict.ts'
import { enter } from './visitor.ts'

const machine = newToken().token
const reader = newToken().token
let serving: Serving

beforeAll(async () => {
  const sha256 = createHash('sha256').update(reader).digest('hex')
  const HANDWIRE_TOKENS = JSON.stringify([{ name: 'reader', sha256 }])
  serving = await Serving.started(['--token', machine], { HANDWIRE_TOKENS })
})

afterAll(() => serving.close())

/** A machine with a token, by the SDK of 2025. */
async function connectV1(token: string): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client(clientInfo)
  const transport = new StreamableHTTPClientTransport(serving.url, {
    requestInit: { headers: { authorization: `Bearer ${token}` } }
  })
  onTestFinished(() => client.close())
  await client.connect(transport as Transport)
  return { client, transport }
}

describe('handwire serve with --token and --auth-server', () => {
  test('lets a machine in by SDK v1 and its token', async () => {
    const { client } = await connectV1(machine)
    expect(await client.callTool({ name: 'test_privileged' })).toMatchObject({ content: [{ text: 'classified' }] })
  })

  test('lets a machine in by SDK v2 and its token', async () => {
    const client = new ClientV2(clientInfo)
    onTestFinished(() => client.close())
    await client.connect(new TransportV2(serving.url, { authProvider: { token: async () => machine } }))
    expect(await client.callTool({ name: 'test_privileged' })).toMatchObject({ content: [{ text: 'classified' }] })
  })

  test.each([sdkV1, sdkV2, strict])('lets a person in by $name and OAuth', async (kind) => {
    const visitor = visiting(kind, serving)
    await enter(visitor, serving, ann)
    expect(await visitor.call('test_privileged')).toBe('classified')
  })

  test('keeps what asks for a scope from a token of the environment that has none', async () => {
    const { client, transport } = await connectV1(reader)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).not.toContain('test_privileged')
    const call = { id: 7, method: 'tools/call', params: { name: 'test_privileged', arguments: {} } }
    const { status, challenge } = await ask(serving, reader, transport.sessionId, 'POST', call)
    expect(status).toBe(403)
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toContain('scope="privileged"')
  })

  test('keeps the sessions of machines and people apart', async () => {
    const { client, transport } = await connectV1(machine)
    const visitor = visiting(strict, serving)
    await enter(visitor, serving, ann)
    const { access } = visitor.wallet.held
    expect(await ask(serving, access, transport.sessionId)).toMatchObject({ status: 404 })
    expect(await ask(serving, machine, visitor.session)).toMatchObject({ status: 404 })
    expect(await ask(serving, reader, transport.sessionId)).toMatchObject({ status: 404 })
    expect(await client.ping()).toEqual({})
    expect(await visitor.call('test_simple_text')).toContain('simple text')
  })

  test('tells a machine whose token is wrong the same as anybody', async () => {
    const wrong = await ask(serving, newToken().token, undefined)
    expect(wrong.status).toBe(401)
    expect(wrong.challenge).toContain('error="invalid_token"')
    expect(wrong.challenge).toContain(
      `resource_metadata="${serving.url.origin}/.well-known/oauth-protected-resource/mcp"`
    )
  })
})
