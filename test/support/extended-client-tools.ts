/** Tools of the extended server that ask the client for something: a rich form, a rich sample, a ping, a file in its roots. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Type } from '@sinclair/typebox'
import { type Mcp, ToolError } from '../../src/http/index.ts'

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC'
const silence = 'UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA=='
const patienceMs = 200

/** A form with every kind of field, and every keyword that the revision has for it. */
const everyField = Type.Object({
  name: Type.String({ title: 'Name', description: 'What to call you', minLength: 2, maxLength: 20 }),
  email: Type.Optional(Type.String({ format: 'email' })),
  page: Type.Optional(Type.String({ format: 'uri' })),
  born: Type.Optional(Type.String({ format: 'date' })),
  seen: Type.Optional(Type.String({ format: 'date-time' })),
  weight: Type.Optional(Type.Number({ title: 'Weight', minimum: 0.5, maximum: 99.5 })),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
  agreed: Type.Optional(Type.Boolean({ title: 'Agreed', default: false })),
  // an enum of strings is not what TypeBox makes of a union of literals
  colour: Type.Optional(
    Type.Unsafe<'r' | 'g'>({ type: 'string', title: 'Colour', enum: ['r', 'g'], enumNames: ['Red', 'Green'] })
  )
})

/** Plugs them in. */
export function offerClientTools(mcp: Pick<Mcp, 'tool'>): void {
  let tokens = 0
  mcp.tool(
    'test_elicit_all_types',
    { description: 'Asks the user to fill in a form that has every kind of field.' },
    async (_, context) => {
      const answer = await context.elicit('Please fill in all that applies.', everyField)
      const content = answer.action === 'accept' ? answer.content : {}
      return `User response: action=${answer.action}, content=${JSON.stringify(content)}`
    }
  )
  mcp.tool(
    'test_sample_rich',
    { description: "Asks the client's model with everything that a request for sampling can carry." },
    async (_, context) => {
      const { content, model } = await context.sample({
        _meta: { progressToken: `rich-${++tokens}` },
        messages: [
          { role: 'user', content: { type: 'text', text: 'What is this?' } },
          { role: 'user', content: { type: 'image', data: pixel, mimeType: 'image/png' } },
          { role: 'assistant', content: { type: 'audio', data: silence, mimeType: 'audio/wav' } }
        ],
        modelPreferences: {
          hints: [{ name: 'small' }, {}],
          costPriority: 0,
          speedPriority: 1,
          intelligencePriority: 0.5
        },
        systemPrompt: 'Be brief.',
        includeContext: 'none',
        temperature: 0.5,
        maxTokens: 10,
        stopSequences: ['\n\n'],
        metadata: { purpose: 'test' }
      })
      return `${model}: ${content.type === 'text' ? content.text : content.mimeType}`
    }
  )
  mcp.tool(
    'test_impatient',
    { description: `Asks the client's model, asks to be kept informed, and gives up after ${patienceMs} ms.` },
    async (_, context) => {
      const answer = context.sample({
        _meta: { progressToken: `impatient-${++tokens}` },
        messages: [{ role: 'user', content: { type: 'text', text: 'Quick!' } }],
        maxTokens: 10
      })
      return Promise.race([
        answer.then(
          () => 'answered',
          () => 'refused'
        ),
        sleep(patienceMs, 'gave up')
      ])
    }
  )
  mcp.tool('test_ping_client', { description: 'Pings the client and says what came of it.' }, async (_, context) => {
    await context.ping()
    return 'pong'
  })
  mcp.tool(
    'test_read_file',
    {
      description: "Reads a file that lies within the client's roots.",
      input: Type.Object({ uri: Type.String() })
    },
    async ({ uri }, context) => {
      const wanted = URL.parse(uri)
      const roots = (await context.roots()).flatMap((root) => URL.parse(root.uri) ?? [])
      const within = roots.some(({ href }) => wanted?.href.startsWith(href.endsWith('/') ? href : `${href}/`))
      if (wanted?.protocol !== 'file:' || !within || /%2f|%5c/i.test(uri))
        throw new ToolError('The file is not within the roots.')
      return readFile(fileURLToPath(wanted), 'utf8').catch(() => {
        throw new ToolError('The file cannot be read.')
      })
    }
  )
}
