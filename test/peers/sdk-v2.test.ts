/** The official client of 2026, `@modelcontextprotocol/client`: as it is by default, and when it looks for a newer server first. */
import {
  Client,
  type ClientOptions,
  type CreateMessageResult,
  type ElicitResult,
  type ListRootsResult,
  StreamableHTTPClientTransport,
  type Transport
} from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { describe, expect, test } from 'vitest'
import { HttpDoor, StdioDoor } from './doors.ts'
import { playHttp } from './http-scenarios.ts'
import { capabilitiesOf, clientInfo, type Json, Noted, reconnectionOptions, type Sdk } from './peer.ts'
import { play } from './scenarios.ts'
import { playStdio } from './stdio-scenarios.ts'

/** A schema that lets everything through. */
const anything = {
  '~standard': { version: 1, vendor: 'handwire', validate: (value: unknown) => ({ value: value as Json }) }
} as const

const sdk = (name: string, options: ClientOptions): Sdk<StreamableHTTPClientTransport, StdioClientTransport> => ({
  name,
  http: (url, fetch) => new StreamableHTTPClientTransport(url, { fetch, reconnectionOptions }),
  stdio: (command) => new StdioClientTransport(command),
  async connect(transport, answers) {
    const client = new Client(clientInfo, { ...options, capabilities: capabilitiesOf(answers) })
    const noted = new Noted()
    client.fallbackNotificationHandler = async (notification) => noted.push(notification)
    const { 'sampling/createMessage': sample, 'elicitation/create': elicit, 'roots/list': roots } = answers
    if (sample !== undefined)
      client.setRequestHandler(
        'sampling/createMessage',
        async ({ params }) => (await sample(params as Json)) as CreateMessageResult
      )
    if (elicit !== undefined)
      client.setRequestHandler(
        'elicitation/create',
        async ({ params }) => (await elicit(params as Json)) as ElicitResult
      )
    if (roots !== undefined) client.setRequestHandler('roots/list', async () => (await roots()) as ListRootsResult)
    await client.connect(transport as Transport)
    return {
      client,
      noted,
      call: (name, args, options) =>
        client.callTool(args === undefined ? { name } : { name, arguments: args }, options) as Promise<Json>,
      request: (method, params = {}) => client.request({ method, params }, anything) as Promise<Json>
    }
  }
})

const plain = sdk('SDK v2', {})
const probing = sdk('SDK v2, probing first', { versionNegotiation: { mode: 'auto' } })

play(plain)
playHttp(plain)
playStdio(plain)
play(probing)

describe('SDK v2, probing first', () => {
  test('the probe is refused at once over HTTP, and initialize follows', async () => {
    const door = await HttpDoor.opened(probing)
    await door.connect()
    expect(door.exchanges.slice(0, 2)).toMatchObject([
      { message: 'server/discover', status: 400 },
      { message: 'initialize', status: 200 }
    ])
    expect(door.oracle.sent[0]).toMatchObject({ id: expect.anything(), error: { code: expect.any(Number) } })
    await door.close()
    door.oracle.verify()
  })

  test('the era is that of the handshake', async () => {
    const door = new StdioDoor(probing)
    const { client } = await door.connect()
    expect((client as Client).getProtocolEra()).toBe('legacy')
    expect((client as Client).getNegotiatedProtocolVersion()).toBe('2025-06-18')
    await door.close()
  })
})
