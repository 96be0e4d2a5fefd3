/** What the SDK v1 server offers: a McpServer, and its low-level server for what McpServer has no door to. */
import { completable } from '@modelcontextprotocol/sdk/server/completable.js'
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpError, SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { firstArguments, ids, png, resources, secondArguments, template, templateText } from './contract.ts'
import { registerAsking, registerFurtherTools, registerTools, subscribers } from './sdk-v1-tools.ts'

/** A server for one session. */
export function createServer(): McpServer {
  const server = new McpServer(
    { name: 'sdk-v1', title: 'SDK v1', version: '1.0.0' },
    {
      capabilities: { logging: {}, resources: { subscribe: true } },
      instructions: 'A server with the official TypeScript SDK, version 1.',
      enforceStrictCapabilities: true
    }
  )
  registerTools(server)
  registerAsking(server)
  registerFurtherTools(server)
  registerResources(server)
  registerPrompts(server)
  return server
}

function registerResources(server: McpServer): void {
  for (const { uri, name, body, ...listed } of resources)
    server.registerResource(name, uri, listed, ({ href }) => ({
      contents: [{ uri: href, mimeType: listed.mimeType, ...body }]
    }))
  const { name, uriTemplate, ...listed } = template
  server.registerResource(
    name,
    new ResourceTemplate(uriTemplate, { list: undefined, complete: { id: ids } }),
    listed,
    ({ href }, { id }) => ({
      contents: [{ uri: href, mimeType: listed.mimeType, text: templateText(decodeURIComponent(String(id))) }]
    })
  )
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    if (!resources.some((resource) => resource.uri === uri)) throw new McpError(-32002, 'Resource not found', { uri })
    subscribers.set(uri, (subscribers.get(uri) ?? new Set()).add(server))
    return {}
  })
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    subscribers.get(uri)?.delete(server)
    return {}
  })
  server.server.onclose = () => {
    for (const watching of subscribers.values()) watching.delete(server)
  }
}

function registerPrompts(server: McpServer): void {
  server.registerPrompt(
    'test_simple_prompt',
    { title: 'Simple prompt', description: 'One message without arguments.' },
    () => ({ messages: [{ role: 'user', content: { type: 'text', text: 'This is a simple prompt for testing.' } }] })
  )
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      title: 'Prompt with arguments',
      description: 'One message that repeats both arguments.',
      argsSchema: {
        arg1: completable(z.string().describe('First argument'), firstArguments),
        arg2: completable(z.string().describe('Second argument'), (value, context) =>
          secondArguments(value, context?.arguments?.['arg1'])
        )
      }
    },
    ({ arg1, arg2 }) => ({
      messages: [
        { role: 'user', content: { type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` } }
      ]
    })
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      title: 'Prompt with an embedded resource',
      description: 'A resource under the given URI, and a message about it.',
      argsSchema: { resourceUri: z.string().describe('URI of the resource') }
    },
    ({ resourceUri: uri }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'resource',
            resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' }
          }
        },
        { role: 'user', content: { type: 'text', text: 'Please process the embedded resource above.' } }
      ]
    })
  )
  server.registerPrompt(
    'test_prompt_with_image',
    { title: 'Prompt with an image', description: 'An image, and a message about it.' },
    () => ({
      messages: [
        { role: 'user', content: { type: 'image', data: png, mimeType: 'image/png' } },
        { role: 'user', content: { type: 'text', text: 'Please analyze the image above.' } }
      ]
    })
  )
}
