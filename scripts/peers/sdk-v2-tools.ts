/** The tools of the SDK v2 server. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { logTexts, pauseMs, png, progressSteps, watched, wav, whoAreYou } from './contract.ts'

/** Who watches what. */
export const subscribers = new Map<string, Set<McpServer>>()

const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] })

export function registerTools(server: McpServer): void {
  server.registerTool('test_simple_text', { description: 'Returns one text block.' }, () =>
    say('This is a simple text response for testing.')
  )
  server.registerTool('test_image_content', { description: 'Returns a PNG of one red pixel.' }, () => ({
    content: [{ type: 'image', data: png, mimeType: 'image/png' }]
  }))
  server.registerTool('test_audio_content', { description: 'Returns a WAV of four silent samples.' }, () => ({
    content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }]
  }))
  server.registerTool('test_embedded_resource', { description: 'Returns a text resource inside the result.' }, () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.'
        }
      }
    ]
  }))
  server.registerTool(
    'test_multiple_content_types',
    { description: 'Returns a text, an image and an embedded resource, in this order.' },
    () => ({
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
  )
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Sends three log messages of level info while it runs.' },
    async ({ mcpReq: { log, signal } }) => {
      for (const [index, data] of logTexts.entries()) {
        if (index > 0) await sleep(pauseMs, undefined, { signal })
        await log('info', data)
      }
      return say('Tool with logging executed successfully')
    }
  )
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress 0, 50 and 100 of 100 when the call carries a progress token.' },
    async ({ mcpReq: { _meta, notify, signal } }) => {
      const progressToken = _meta?.progressToken
      for (const [index, progress] of progressSteps.entries()) {
        if (index > 0) await sleep(pauseMs, undefined, { signal })
        if (progressToken !== undefined)
          await notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100 }
          })
      }
      return say('Tool with progress executed successfully')
    }
  )
  server.registerTool('test_error_handling', { description: 'Always fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  server.registerTool(
    'test_slow',
    {
      description: 'Waits for the given number of milliseconds; can be cancelled.',
      inputSchema: z.object({ ms: z.number().int().min(0).max(10_000) })
    },
    async ({ ms }, { mcpReq: { signal } }) => {
      await sleep(ms, undefined, { signal })
      return say('slow done')
    }
  )
  server.registerTool(
    'test_structured',
    { description: 'Returns structured content and its text mirror.', outputSchema: z.object({ n: z.number() }) },
    () => ({ ...say('{"n":1}'), structuredContent: { n: 1 } })
  )
  server.registerTool('test_resource_link', { description: 'Returns a link to test://static-text.' }, () => ({
    content: [{ type: 'resource_link', uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' }]
  }))
  server.registerTool(
    'test_touch_watched',
    { description: 'Reports a change of test://watched-resource to its subscribers.' },
    async () => {
      for (const subscriber of subscribers.get(watched) ?? [])
        await subscriber.server.sendResourceUpdated({ uri: watched })
      return say('touched')
    }
  )
  const dynamic = server.registerTool('test_dynamic', { description: 'Comes and goes.' }, () => say('dynamic'))
  dynamic.disable()
  server.registerTool('test_toggle_dynamic', { description: 'Adds the tool test_dynamic, or removes it.' }, () => {
    if (dynamic.enabled) dynamic.disable()
    else dynamic.enable()
    return say(dynamic.enabled ? 'added' : 'removed')
  })
}

/** Tools that ask the client; what goes through `mcpReq` travels on the stream of the call. */
export function registerAsking(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    {
      description: "Asks the client's model to answer a prompt and returns what it said.",
      inputSchema: z.object({ prompt: z.string().describe('Prompt for the model') })
    },
    async ({ prompt }, { mcpReq: { requestSampling, signal } }) => {
      const { content } = await requestSampling(
        { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
        { signal }
      )
      const [block] = [content].flat()
      return say(`LLM response: ${block?.type === 'text' ? block.text : `[${block?.type}]`}`)
    }
  )
  server.registerTool(
    'test_elicitation',
    {
      description: 'Asks the user for a name and an e-mail address and returns what was answered.',
      inputSchema: z.object({ message: z.string().describe('Message to show') })
    },
    async ({ message }, { mcpReq: { elicitInput, signal } }) => {
      const { action, content = {} } = await elicitInput({ message, requestedSchema: whoAreYou }, { signal })
      return say(`User response: action=${action}, content=${JSON.stringify(content)}`)
    }
  )
  server.registerTool(
    'test_list_roots',
    { description: 'Asks the client for its roots and returns their URIs.' },
    async ({ mcpReq: { send, signal } }) => {
      const { roots } = await send({ method: 'roots/list' }, { signal })
      return say(JSON.stringify(roots.map(({ uri }) => uri)))
    }
  )
}

/** What the corpus asks for beyond the contract of the reference server, where the SDK has a say in it. */
export function registerFurtherTools(server: McpServer): void {
  server.registerTool(
    'test_echo',
    { description: 'Returns its text.', inputSchema: z.object({ text: z.string() }) },
    ({ text }) => say(text)
  )
  server.registerTool('test_crash', { description: 'Fails by accident.' }, () => {
    const nothing: { length: number }[] = []
    return say(String(nothing[0]!.length))
  })
  server.registerTool(
    'test_bad_output',
    { description: 'Promises a number and returns a text.', outputSchema: z.object({ n: z.number() }) },
    () => ({ ...say('{"n":"no number"}'), structuredContent: { n: 'no number' } })
  )
  server.registerTool(
    'test_progress_falling',
    { description: 'Reports progress 10, 5, 10 and 20.' },
    async ({ mcpReq: { _meta, notify } }) => {
      if (_meta?.progressToken === undefined) return say('fell')
      for (const progress of [10, 5, 10, 20]) {
        const params = { progressToken: _meta.progressToken, progress }
        await notify({ method: 'notifications/progress', params })
      }
      return say('fell')
    }
  )
}
