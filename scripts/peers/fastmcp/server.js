/**
 * A server with punkpeye/fastmcp over Streamable HTTP, with its defaults: sessions, a
 * bounded event store for each, CORS, pings.
 *
 *     npm ci --prefix scripts/peers/fastmcp
 *     PORT=3905 npx tsx scripts/peers/fastmcp/server.js
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { FastMCP, UserError } from 'fastmcp'
import { z } from 'zod'
import {
  firstArguments,
  ids,
  logTexts,
  pauseMs,
  png,
  progressSteps,
  resources,
  secondArguments,
  template,
  templateText,
  watched,
  wav,
  whoAreYou
} from '../contract.ts'

const server = new FastMCP({
  name: 'fastmcp',
  title: 'punkpeye/fastmcp',
  version: '1.0.0',
  instructions: 'A server with punkpeye/fastmcp.'
})

server.addTools([
  {
    name: 'test_simple_text',
    description: 'Returns one text block.',
    execute: async () => 'This is a simple text response for testing.'
  },
  {
    name: 'test_image_content',
    description: 'Returns a PNG of one red pixel.',
    execute: async () => ({ type: 'image', data: png, mimeType: 'image/png' })
  },
  {
    name: 'test_audio_content',
    description: 'Returns a WAV of four silent samples.',
    execute: async () => ({ type: 'audio', data: wav, mimeType: 'audio/wav' })
  },
  {
    name: 'test_embedded_resource',
    description: 'Returns a text resource inside the result.',
    execute: async () => ({
      type: 'resource',
      resource: {
        uri: 'test://embedded-resource',
        mimeType: 'text/plain',
        text: 'This is an embedded resource content.'
      }
    })
  },
  {
    name: 'test_multiple_content_types',
    description: 'Returns a text, an image and an embedded resource, in this order.',
    execute: async () => ({
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        { type: 'image', data: png, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: '{"test":"data","value":123}'
          }
        }
      ]
    })
  },
  {
    name: 'test_tool_with_logging',
    description: 'Sends three log messages of level info while it runs.',
    // not with `log.info`, which puts the text into an object; both heed the level of the session alike
    execute: async (_, { sessionId, signal }) => {
      for (const [index, data] of logTexts.entries()) {
        if (index > 0) await sleep(pauseMs, undefined, { signal })
        await sessionOf(sessionId).server.sendLoggingMessage({ level: 'info', data })
      }
      return 'Tool with logging executed successfully'
    }
  },
  {
    name: 'test_tool_with_progress',
    description: 'Reports progress 0, 50 and 100 of 100 when the call carries a progress token.',
    execute: async (_, { reportProgress, signal }) => {
      for (const [index, progress] of progressSteps.entries()) {
        if (index > 0) await sleep(pauseMs, undefined, { signal })
        await reportProgress({ progress, total: 100 })
      }
      return 'Tool with progress executed successfully'
    }
  },
  {
    name: 'test_error_handling',
    description: 'Always fails.',
    execute: async () => {
      throw new UserError('This tool intentionally returns an error for testing')
    }
  },
  {
    name: 'test_sampling',
    description: "Asks the client's model to answer a prompt and returns what it said.",
    parameters: z.object({ prompt: z.string().describe('Prompt for the model') }),
    execute: async ({ prompt }, { sessionId, signal }) => {
      const { content } = await sessionOf(sessionId).requestSampling(
        { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
        { signal }
      )
      return `LLM response: ${content.type === 'text' ? content.text : `[${content.type}]`}`
    }
  },
  {
    name: 'test_elicitation',
    description: 'Asks the user for a name and an e-mail address and returns what was answered.',
    parameters: z.object({ message: z.string().describe('Message to show') }),
    execute: async ({ message }, { elicit, signal }) => {
      const { action, content = {} } = await elicit({ message, requestedSchema: whoAreYou }, { signal })
      return `User response: action=${action}, content=${JSON.stringify(content)}`
    }
  },
  {
    name: 'test_slow',
    description: 'Waits for the given number of milliseconds; can be cancelled.',
    parameters: z.object({ ms: z.number().int().min(0).max(10_000) }),
    execute: async ({ ms }, { signal }) => {
      await sleep(ms, undefined, { signal })
      return 'slow done'
    }
  },
  {
    name: 'test_structured',
    description: 'Returns structured content and its text mirror.',
    outputSchema: z.object({ n: z.number() }),
    execute: async () => ({ n: 1 })
  },
  {
    name: 'test_resource_link',
    description: 'Returns a link to test://static-text.',
    execute: async () => ({
      type: 'resource_link',
      uri: 'test://static-text',
      name: 'static-text',
      mimeType: 'text/plain'
    })
  },
  {
    name: 'test_touch_watched',
    description: 'Reports a change of test://watched-resource to its subscribers.',
    execute: async () => {
      await server.sendResourceUpdated(watched)
      return 'touched'
    }
  },
  {
    name: 'test_list_roots',
    description: 'Asks the client for its roots and returns their URIs.',
    execute: async (_, { sessionId, signal }) => {
      const { server } = sessionOf(sessionId)
      if (server.getClientCapabilities()?.roots === undefined) throw new UserError('Client does not support roots')
      const { roots } = await server.listRoots(undefined, { signal })
      return JSON.stringify(roots.map(({ uri }) => uri))
    }
  },
  // what the corpus asks for beyond the contract of the reference server, where the framework has a say in it
  {
    name: 'test_echo',
    description: 'Returns its text.',
    parameters: z.object({ text: z.string() }),
    execute: async ({ text }) => text
  },
  {
    name: 'test_crash',
    description: 'Fails by accident.',
    execute: async () => String([][0].length)
  },
  {
    name: 'test_bad_output',
    description: 'Promises a number and returns a text.',
    outputSchema: z.object({ n: z.number() }),
    execute: async () => ({ n: 'no number' })
  },
  {
    name: 'test_progress_falling',
    description: 'Reports progress 10, 5, 10 and 20.',
    execute: async (_, { reportProgress }) => {
      for (const progress of [10, 5, 10, 20]) await reportProgress({ progress })
      return 'fell'
    }
  }
])

/** The session of a call: what the context of a tool does not lend is asked of it. */
function sessionOf(id) {
  const session = server.sessions.find(({ sessionId }) => sessionId === id)
  if (session === undefined) throw new UserError('This call belongs to no session')
  return session
}

for (const { body, ...listed } of resources) server.addResource({ ...listed, load: async () => body })

server.addResourceTemplate({
  ...template,
  arguments: [
    {
      name: 'id',
      required: true,
      complete: async (value) => ({ values: ids(value) })
    }
  ],
  load: async ({ id }) => ({ text: templateText(id) })
})

server.addPrompts([
  {
    name: 'test_simple_prompt',
    description: 'One message without arguments.',
    load: async () => 'This is a simple prompt for testing.'
  },
  {
    name: 'test_prompt_with_arguments',
    description: 'One message that repeats both arguments.',
    arguments: [
      {
        name: 'arg1',
        description: 'First argument',
        required: true,
        complete: async (value) => ({ values: firstArguments(value) })
      },
      {
        name: 'arg2',
        description: 'Second argument',
        required: true,
        complete: async (value) => ({ values: secondArguments(value) })
      }
    ],
    load: async ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`
  },
  {
    name: 'test_prompt_with_embedded_resource',
    description: 'A resource under the given URI, and a message about it.',
    arguments: [{ name: 'resourceUri', description: 'URI of the resource', required: true }],
    load: async ({ resourceUri: uri }) => ({
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
  },
  {
    name: 'test_prompt_with_image',
    description: 'An image, and a message about it.',
    load: async () => ({
      messages: [
        { role: 'user', content: { type: 'image', data: png, mimeType: 'image/png' } },
        { role: 'user', content: { type: 'text', text: 'Please analyze the image above.' } }
      ]
    })
  }
])

const port = Number(process.env['PORT'] ?? 3905)
await server.start({
  transportType: 'httpStream',
  httpStream: { host: '127.0.0.1', port }
})
console.error(`listening on port ${port}`)
