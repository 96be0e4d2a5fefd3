/** Both official clients, connected to an example. */
import * as v2 from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioTransportV2 } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ElicitRequestSchema, ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { capabilitiesOf, clientInfo, type Json, Noted, type Peer } from '../peer.ts'
import type { Command } from './program.ts'

/** What the user does with every form. */
export type Answer = { action: 'accept'; content: Record<string, boolean> } | { action: 'decline' }

/** Where an example is: its address, or the command that starts it on stdio. */
export type Place = string | Command

export interface Sdk {
  readonly name: string
  connect(place: Place, answer?: Answer): Promise<Peer & { hearing: Promise<void> }>
}

/** A fetch that tells when the client listens for what belongs to no call of its own. */
function listening(): { fetch: typeof globalThis.fetch; hearing: Promise<void> } {
  let heard = (): void => {}
  const hearing = new Promise<void>((resolve) => {
    heard = resolve
  })
  const told: typeof globalThis.fetch = async (input, init = {}) => {
    const response = await fetch(input, init)
    if ((init.method ?? 'GET') === 'GET' && response.ok) heard()
    return response
  }
  return { fetch: told, hearing }
}

const capabilities = (answer: Answer | undefined) =>
  capabilitiesOf(answer === undefined ? {} : { 'elicitation/create': () => answer })

const anything = {
  '~standard': { version: 1, vendor: 'handwire', validate: (value: unknown) => ({ value: value as Json }) }
} as const

export const sdks: Sdk[] = [
  {
    name: 'SDK v1',
    async connect(place, answer) {
      const { fetch, hearing } = listening()
      const client = new Client(clientInfo, { capabilities: capabilities(answer) })
      const noted = new Noted()
      client.fallbackNotificationHandler = async (notification) => noted.push(notification)
      if (answer !== undefined) client.setRequestHandler(ElicitRequestSchema, async () => answer)
      const transport =
        typeof place === 'string'
          ? new StreamableHTTPClientTransport(new URL('/mcp', place), { fetch })
          : new StdioClientTransport(place)
      await client.connect(transport as Transport)
      return {
        client,
        noted,
        hearing: typeof place === 'string' ? hearing : Promise.resolve(),
        call: (name, args = {}) => client.callTool({ name, arguments: args }),
        request: (method, params = {}) => client.request({ method, params }, ResultSchema)
      }
    }
  },
  {
    name: 'SDK v2',
    async connect(place, answer) {
      const { fetch, hearing } = listening()
      const client = new v2.Client(clientInfo, { capabilities: capabilities(answer) })
      const noted = new Noted()
      client.fallbackNotificationHandler = async (notification) => noted.push(notification)
      if (answer !== undefined) client.setRequestHandler('elicitation/create', async () => answer)
      const transport =
        typeof place === 'string'
          ? new v2.StreamableHTTPClientTransport(new URL('/mcp', place), { fetch })
          : new StdioTransportV2(place)
      await client.connect(transport)
      return {
        client,
        noted,
        hearing: typeof place === 'string' ? hearing : Promise.resolve(),
        call: (name, args = {}) => client.callTool({ name, arguments: args }) as Promise<Json>,
        request: (method, params = {}) => client.request({ method, params }, anything) as Promise<Json>
      }
    }
  }
]
