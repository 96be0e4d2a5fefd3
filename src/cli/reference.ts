/** What the reference server offers: one item for everything a client can be tested against, each exact. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { audio, embed, image, link, type Mcp, ToolError, text, user } from '../http/index.ts'

/** A red pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC'
/** Four silent samples. */
const wav = 'UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA=='
const pauseMs = 50
const strict = { additionalProperties: false }

/** The part of a server that the items plug into. */
export type Offer = Pick<Mcp, 'tool' | 'resource' | 'prompt' | 'updated'>

/** The instructions of the handshake. */
export const instructions =
  'A reference server for testing MCP clients: every item does one exact thing, which its description names.'

/** Entries on a page: the ten tools of the contract fill the first, and the extra ones show that a list has pages. */
export const pageSize = 10

/** Plugs in everything. */
export function offerReference(mcp: Offer): void {
  offerTools(mcp)
  offerExtraTools(mcp)
  offerResources(mcp)
  offerPrompts(mcp)
}

function offerTools(mcp: Offer): void {
  mcp.tool(
    'test_simple_text',
    { title: 'Simple text', description: 'Returns one text block.' },
    () => 'This is a simple text response for testing.'
  )
  mcp.tool('test_image_content', { title: 'Image', description: 'Returns a PNG of one red pixel.' }, () =>
    image(png, 'image/png')
  )
  mcp.tool('test_audio_content', { title: 'Audio', description: 'Returns a WAV of four silent samples.' }, () =>
    audio(wav, 'audio/wav')
  )
  mcp.tool(
    'test_embedded_resource',
    { title: 'Embedded resource', description: 'Returns a text resource inside the result.' },
    () => embed('test://embedded-resource', 'This is an embedded resource content.', 'text/plain')
  )
  mcp.tool(
    'test_multiple_content_types',
    {
      title: 'Several kinds of content',
      description: 'Returns a text, an image and an embedded resource, in this order.'
    },
    () => [
      text('Multiple content types test:'),
      image(png, 'image/png'),
      embed('test://mixed-content-resource', '{"test":"data","value":123}', 'application/json')
    ]
  )
  mcp.tool(
    'test_tool_with_logging',
    { title: 'Logging', description: 'Sends three log messages of level info while it runs.' },
    async (_, context) => {
      context.message('info', 'Tool execution started')
      await sleep(pauseMs, undefined, { signal: context.signal })
      context.message('info', 'Tool processing data')
      await sleep(pauseMs, undefined, { signal: context.signal })
      context.message('info', 'Tool execution completed')
      return 'Tool with logging executed successfully'
    }
  )
  mcp.tool(
    'test_tool_with_progress',
    { title: 'Progress', description: 'Reports progress 0, 50 and 100 of 100 when the call carries a progress token.' },
    async function* (_, context) {
      yield { progress: 0, total: 100 }
      await sleep(pauseMs, undefined, { signal: context.signal })
      yield { progress: 50, total: 100 }
      await sleep(pauseMs, undefined, { signal: context.signal })
      yield { progress: 100, total: 100 }
      return 'Tool with progress executed successfully'
    }
  )
  mcp.tool(
    'test_error_handling',
    { title: 'Failure', description: 'Always fails, with a result that is marked as an error.' },
    () => {
      throw new ToolError('This tool intentionally returns an error for testing')
    }
  )
  mcp.tool(
    'test_sampling',
    {
      title: 'Sampling',
      description: "Asks the client's model to answer a prompt and returns what it said.",
      input: Type.Object({ prompt: Type.String({ description: 'Prompt for the model' }) }, strict)
    },
    async ({ prompt }, context) => {
      const { content } = await context.sample({ messages: [{ role: 'user', content: text(prompt) }], maxTokens: 100 })
      return `LLM response: ${content.type === 'text' ? content.text : `[${content.type}]`}`
    }
  )
  mcp.tool(
    'test_elicitation',
    {
      title: 'Elicitation',
      description: 'Asks the user for a name and an e-mail address and returns what was answered.',
      input: Type.Object({ message: Type.String({ description: 'Message to show' }) }, strict)
    },
    async ({ message }, context) => {
      const answer = await context.elicit(message, whoAreYou)
      const content = answer.action === 'accept' ? answer.content : {}
      return `User response: action=${answer.action}, content=${JSON.stringify(content)}`
    }
  )
}

const whoAreYou = Type.Object({
  username: Type.String({ description: "User's response" }),
  email: Type.String({ format: 'email', description: "User's email address" })
})

function offerExtraTools(mcp: Offer): void {
  mcp.tool(
    'test_slow',
    {
      title: 'Slow',
      description: 'Waits for the given number of milliseconds; can be cancelled.',
      input: Type.Object({ ms: Type.Integer({ minimum: 0, maximum: 10_000 }) }, strict)
    },
    async ({ ms }, context) => {
      await sleep(ms, undefined, { signal: context.signal })
      return 'slow done'
    }
  )
  mcp.tool(
    'test_structured',
    {
      title: 'Structured',
      description: 'Returns structured content and its text mirror.',
      output: Type.Object({ n: Type.Number() })
    },
    () => ({ n: 1 })
  )
  mcp.tool('test_resource_link', { title: 'Resource link', description: 'Returns a link to test://static-text.' }, () =>
    link('test://static-text', 'static-text', { mimeType: 'text/plain' })
  )
  mcp.tool(
    'test_touch_watched',
    { title: 'Touch', description: 'Reports a change of test://watched-resource to its subscribers.' },
    () => {
      mcp.updated('test://watched-resource')
      return 'touched'
    }
  )
  mcp.tool(
    'test_toggle_dynamic',
    {
      title: 'Toggle',
      description: 'Adds the tool test_dynamic to this session, or removes it, and announces the change.'
    },
    async (_, { session }) => {
      const dynamic = session.data['dynamic'] !== true
      await session.update({ dynamic })
      session.listChanged('tools')
      return dynamic ? 'added' : 'removed'
    }
  )
  mcp.tool(
    'test_list_roots',
    { title: 'Roots', description: 'Asks the client for its roots and returns their URIs.' },
    async (_, context) => JSON.stringify((await context.roots()).map((root) => root.uri))
  )
  mcp.tool(
    'test_dynamic',
    {
      title: 'Dynamic',
      description: 'Exists only in sessions that toggled it.',
      visible: (session) => session.data['dynamic'] === true
    },
    () => 'dynamic'
  )
}

function offerResources(mcp: Offer): void {
  mcp.resource(
    'test://static-text',
    { name: 'static-text', title: 'Static text', description: 'A text that never changes.', mimeType: 'text/plain' },
    () => 'This is the content of the static text resource.'
  )
  mcp.resource(
    'test://static-binary',
    { name: 'static-binary', title: 'Static binary', description: 'A PNG of one red pixel.', mimeType: 'image/png' },
    () => Buffer.from(png, 'base64')
  )
  mcp.resource(
    'test://watched-resource',
    {
      name: 'watched-resource',
      title: 'Watched resource',
      description: 'A resource to subscribe to; test_touch_watched reports a change of it.',
      mimeType: 'text/plain'
    },
    () => 'Watched resource content'
  )
  const ids = Array.from({ length: 150 }, (_, index) => String(index + 1))
  mcp.resource(
    'test://template/{id}/data',
    {
      name: 'template',
      title: 'Template',
      description: 'Data for any id.',
      mimeType: 'application/json',
      complete: { id: (value) => ids.filter((id) => id.startsWith(value)) }
    },
    ({ id }) => ({ id, templateTest: true, data: `Data for ID: ${id}` })
  )
}

function offerPrompts(mcp: Offer): void {
  mcp.prompt(
    'test_simple_prompt',
    { title: 'Simple prompt', description: 'One message without arguments.' },
    () => 'This is a simple prompt for testing.'
  )
  mcp.prompt(
    'test_prompt_with_arguments',
    {
      title: 'Prompt with arguments',
      description: 'One message that repeats both arguments.',
      arguments: Type.Object({
        arg1: Type.String({ description: 'First argument' }),
        arg2: Type.String({ description: 'Second argument' })
      }),
      complete: {
        arg1: (value) => ['paris', 'park', 'party', 'test1', 'test2'].filter((name) => name.startsWith(value)),
        arg2: (value, context) => {
          const { arg1 } = context.arguments
          return ['one', 'two']
            .map((name) => (arg1 === undefined ? name : `${arg1}-${name}`))
            .filter((name) => name.startsWith(value))
        }
      }
    },
    ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`
  )
  mcp.prompt(
    'test_prompt_with_embedded_resource',
    {
      title: 'Prompt with an embedded resource',
      description: 'A resource under the given URI, and a message about it.',
      arguments: Type.Object({ resourceUri: Type.String({ description: 'URI of the resource' }) })
    },
    ({ resourceUri }) => [
      user(embed(resourceUri, 'Embedded resource content for testing.', 'text/plain')),
      user('Please process the embedded resource above.')
    ]
  )
  mcp.prompt(
    'test_prompt_with_image',
    { title: 'Prompt with an image', description: 'An image, and a message about it.' },
    () => [user(image(png, 'image/png')), user('Please analyze the image above.')]
  )
}
