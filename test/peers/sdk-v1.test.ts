/** The official client of 2025, `@modelcontextprotocol/sdk`. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CreateMessageRequestSchema,
  type CreateMessageResult,
  ElicitRequestSchema,
  type ElicitResult,
  ListRootsRequestSchema,
  type ListRootsResult,
  ResultSchema
} from '@modelcontextprotocol/sdk/types.js'
import { playHttp } from './http-scenarios.ts'
import { capabilitiesOf, clientInfo, Noted, reconnectionOptions, type Sdk } from './peer.ts'
import { play } from './scenarios.ts'
import { playStdio } from './stdio-scenarios.ts'

const sdk: Sdk<StreamableHTTPClientTransport, StdioClientTransport> = {
  name: 'SDK v1',
  http: (url, fetch) => new StreamableHTTPClientTransport(url, { fetch, reconnectionOptions }),
  stdio: (command) => new StdioClientTransport(command),
  async connect(transport, answers) {
    const client = new Client(clientInfo, { capabilities: capabilitiesOf(answers) })
    const noted = new Noted()
    client.fallbackNotificationHandler = async (notification) => noted.push(notification)
    const { 'sampling/createMessage': sample, 'elicitation/create': elicit, 'roots/list': roots } = answers
    if (sample !== undefined)
      client.setRequestHandler(
        CreateMessageRequestSchema,
        async ({ params }) => (await sample(params)) as CreateMessageResult
      )
    if (elicit !== undefined)
      client.setRequestHandler(ElicitRequestSchema, async ({ params }) => (await elicit(params)) as ElicitResult)
    if (roots !== undefined)
      client.setRequestHandler(ListRootsRequestSchema, async () => (await roots()) as ListRootsResult)
    await client.connect(transport as Transport)
    return {
      client,
      noted,
      call: (name, args, options) =>
        client.callTool(args === undefined ? { name } : { name, arguments: args }, undefined, options),
      request: (method, params = {}) => client.request({ method, params }, ResultSchema)
    }
  }
}

play(sdk)
playHttp(sdk)
playStdio(sdk)
