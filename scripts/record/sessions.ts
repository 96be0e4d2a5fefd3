/** The recorded sessions: which client says what to which server. Each is one handshake, one small conversation, one farewell. */
import { readFileSync } from 'node:fs'
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { PeerName } from '../../src/conform/record/capture.ts'

export interface Session {
  /** `<peer>/<case>`: where its capture and its case lie. */
  name: string
  client: PeerName
  server: 'reference' | 'everything'
  transport: 'http' | 'stdio'
  run(way: Way): Promise<void>
}

/** How a client gets to its server: an address, or a command that it starts. */
export type Way = { url: string } | { command: string[] }

const revision = '2025-06-18'
const identity = { name: 'recorded-client', version: '1.0.0' }
const answer = { action: 'accept' as const, content: { username: 'testuser', email: 'test@example.com' } }

const clientV1 = packageOf('@modelcontextprotocol/sdk')
const clientV2 = packageOf('@modelcontextprotocol/client')

/** Name and version of an installed package. */
export function packageOf(name: string): PeerName {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return { name, version: (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version }
}

/** What a client does between its handshake and its farewell; `settled` waits until all it sent was received. */
type Act<C> = (client: C, settled: () => Promise<unknown>) => Promise<unknown>

/** The v1 client always offers the newest revision it knows; `held` makes it offer this one, for servers that know both. */
function v1(act: Act<Client>, { held = false, elicits = false } = {}): Session['run'] {
  return async (way) => {
    const client = new Client(identity, { capabilities: elicits ? { elicitation: {} } : {} })
    if (elicits) client.setRequestHandler(ElicitRequestSchema, async () => answer)
    const transport =
      'url' in way ? new StreamableHTTPClientTransport(new URL(way.url)) : new StdioClientTransport(started(way))
    const send: (message: JSONRPCMessage, options?: object) => Promise<void> = transport.send.bind(transport)
    const sent: Promise<void>[] = []
    transport.send = (message: JSONRPCMessage, options?: object) => {
      const opening = held && 'method' in message && message.method === 'initialize'
      const offered = opening ? { ...message, params: { ...message.params, protocolVersion: revision } } : message
      sent.push(send(offered, options))
      return sent.at(-1)!
    }
    await client.connect(transport as never)
    await act(client, () => Promise.allSettled(sent))
    if ('terminateSession' in transport) await transport.terminateSession()
    await client.close()
  }
}

function v2(act: (client: ClientV2) => Promise<unknown>, elicits = false): Session['run'] {
  return async (way) => {
    const client = new ClientV2(identity, {
      capabilities: elicits ? { elicitation: {} } : {},
      supportedProtocolVersions: [revision]
    })
    if (elicits) client.setRequestHandler('elicitation/create', async () => answer)
    const transport = 'url' in way ? new HttpV2(new URL(way.url)) : new StdioV2(started(way))
    await client.connect(transport)
    await act(client)
    if ('terminateSession' in transport) await transport.terminateSession()
    await client.close()
  }
}

function started({ command: [command = '', ...args] }: { command: string[] }): {
  command: string
  args: string[]
  stderr: 'ignore'
} {
  return { command, args, stderr: 'ignore' }
}

const refused = async (call: Promise<unknown>): Promise<void> => {
  const served = await call.then(
    () => true,
    () => false
  )
  if (served) throw new Error('the server should have refused')
}
const onprogress = (): void => undefined
/** Cancels a call at its first progress, and goes on. */
const cancelled: Act<Client> = async (client, settled) => {
  const stop = new AbortController()
  const options = { signal: stop.signal, onprogress: () => stop.abort('enough') }
  await refused(client.callTool({ name: 'test_tool_with_progress' }, undefined, options))
  await settled()
  await client.ping()
}
const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } }
const weather = { name: 'get-structured-content', arguments: { location: 'Chicago' } }
const ask = { name: 'test_elicitation', arguments: { message: 'Who are you?' } }

const over = (name: string): Pick<Session, 'transport'> => ({ transport: name.startsWith('stdio-') ? 'stdio' : 'http' })
const sdk = (name: string, run: Session['run']): Session => ({
  name: `sdk-v1-client/${name}`,
  client: clientV1,
  server: 'reference',
  ...over(name),
  run
})
const next = (name: string, run: Session['run']): Session => ({
  name: `sdk-v2-client/${name}`,
  client: clientV2,
  server: 'reference',
  ...over(name),
  run
})
const everything = (name: string, run: Session['run'], client = clientV1): Session => ({
  name: `server-everything/${name}`,
  client,
  server: 'everything',
  ...over(name),
  run
})

export const sessions: Session[] = [
  sdk(
    'handshake',
    v1(async () => undefined)
  ),
  sdk(
    'list-in-pages',
    v1(async (client) => {
      const { nextCursor } = await client.listTools()
      await client.listTools({ cursor: nextCursor })
    })
  ),
  sdk(
    'call-with-progress',
    v1((client) => client.callTool({ name: 'test_tool_with_progress' }, undefined, { onprogress }))
  ),
  sdk(
    'resource',
    v1((client) => client.readResource({ uri: 'test://static-text' }))
  ),
  sdk(
    'missing-resource',
    v1((client) => refused(client.readResource({ uri: 'test://nothing-here' })))
  ),
  sdk(
    'prompt',
    v1((client) => client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'tea', arg2: 'cake' } }))
  ),
  sdk(
    'elicitation',
    v1((client) => client.callTool(ask), { elicits: true })
  ),
  sdk(
    'unknown-tool',
    v1((client) => refused(client.callTool({ name: 'no_such_tool', arguments: {} })))
  ),
  sdk(
    'calls-at-once',
    v1((client) => {
      const call = () => client.callTool({ name: 'test_tool_with_progress' }, undefined, { onprogress })
      return Promise.all([call(), call()])
    })
  ),
  sdk('cancelled-call', v1(cancelled)),
  sdk(
    'stdio-handshake',
    v1(async () => undefined)
  ),
  sdk(
    'stdio-logging',
    v1((client) => client.callTool({ name: 'test_tool_with_logging' }))
  ),
  sdk(
    'stdio-elicitation',
    v1((client) => client.callTool(ask), { elicits: true })
  ),
  sdk('stdio-cancelled-call', v1(cancelled)),
  everything(
    'sum',
    v1((client) => client.callTool({ name: 'get-sum', arguments: { a: 2, b: 40 } }), { held: true })
  ),
  everything(
    'call-with-progress',
    v1((client) => client.callTool(long, undefined, { onprogress }), { held: true })
  ),
  everything(
    'structured-content',
    v1((client) => client.callTool(weather), { held: true })
  ),
  everything(
    'prompt',
    v1((client) => client.getPrompt({ name: 'args-prompt', arguments: { city: 'Lisbon', state: 'Lisboa' } }), {
      held: true
    })
  ),
  everything(
    'stdio-annotations',
    v1((client) => client.callTool({ name: 'get-annotated-message', arguments: { messageType: 'debug' } }), {
      held: true
    })
  ),
  everything(
    'stdio-structured-content',
    v2((client) => client.callTool(weather)),
    clientV2
  ),
  next(
    'call-with-progress',
    v2((client) => client.callTool({ name: 'test_tool_with_progress' }, { onprogress }))
  ),
  next(
    'elicitation',
    v2((client) => client.callTool(ask), true)
  )
]
