/**
 * What some cases of the corpus need beyond the reference server: items that fail, say odd things, or say much. Their names
 * are explained in spec-fixtures/README.md ("What the cases need beyond the contract").
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { audio, embed, image, link, type Mcp, text } from '../../src/http/index.ts'
import { assistant, user } from '../../src/prompts/index.ts'
import { offerClientTools } from './extended-client-tools.ts'
import { offerLogTools } from './extended-log-tools.ts'

/** The part of a server that the items plug into. */
export type Offer = Pick<Mcp, 'tool' | 'resource' | 'prompt' | 'updated'>

/** Every byte there is, once. */
const bytes = Uint8Array.from({ length: 256 }, (_, value) => value)
const annotations = { audience: ['user' as const], priority: 0.5, lastModified: '2025-06-18T00:00:00Z' }
const _meta = { 'example.com/origin': 'extended' }

/** Plugs in everything. */
export function offerExtended(mcp: Offer): void {
  offerTools(mcp)
  offerWork(mcp)
  offerToggles(mcp)
  offerClientTools(mcp)
  offerLogTools(mcp)
  offerResources(mcp)
  offerPrompts(mcp)
}

function offerTools(mcp: Offer): void {
  mcp.tool(
    'test_echo',
    {
      title: 'Echo',
      description: 'Returns its text.',
      input: Type.Object({ text: Type.String() }, { additionalProperties: false }),
      annotations: { title: 'Echo', readOnlyHint: true, destructiveHint: false, openWorldHint: false }
    },
    (input) => input.text
  )
  mcp.tool('test_silent', { description: 'Returns nothing at all.' }, () => undefined)
  mcp.tool('test_crash', { description: 'Fails by accident.' }, () => {
    const nothing: { length: number }[] = []
    return String(nothing[0]!.length)
  })
  mcp.tool(
    'test_bad_output',
    { description: 'Promises a number and returns a text.', output: Type.Object({ n: Type.Number() }) },
    () => ({ n: 'no number' }) as never
  )
  mcp.tool('test_media', { title: 'Media', description: 'Returns one block of each kind.', _meta }, () => [
    text('all kinds', { annotations, _meta }),
    image(bytes, 'image/png', { annotations }),
    audio(bytes, 'audio/wav', { annotations }),
    link('test://bytes', 'bytes', { mimeType: 'application/octet-stream', annotations }),
    embed('test://bytes', bytes, 'application/octet-stream', { annotations, _meta })
  ])
}

/** Work whose progress can be seen from outside: each session counts its own steps. */
function offerWork(mcp: Offer): void {
  const steps = new Map<string, number>()
  mcp.tool(
    'test_steps',
    {
      description: 'Takes steps of some milliseconds each, counts and reports them; can be cancelled.',
      input: Type.Object({
        steps: Type.Integer({ minimum: 0, maximum: 1000 }),
        ms: Type.Integer({ minimum: 0, maximum: 1000 })
      })
    },
    async (input, context) => {
      for (let step = 1; step <= input.steps; step++) {
        await sleep(input.ms, undefined, { signal: context.signal })
        steps.set(context.session.id, (steps.get(context.session.id) ?? 0) + 1)
        context.progress({ progress: step, total: input.steps, message: `step ${step} of ${input.steps}` })
      }
      return 'all steps taken'
    }
  )
  mcp.tool('test_steps_taken', { description: 'How many steps test_steps took in this session.' }, (_, { session }) =>
    String(steps.get(session.id) ?? 0)
  )
  mcp.tool(
    'test_progress_falling',
    { description: 'Reports progress 10, 5, 10 and 20.' },
    async (_input, { progress, signal }) => {
      for (const reached of [10, 5, 10, 20]) {
        progress({ progress: reached })
        await sleep(5, undefined, { signal })
      }
      return 'fell'
    }
  )
  mcp.tool('test_late', { description: 'Goes on talking when its result is out.' }, (_, { progress, message }) => {
    progress({ progress: 1 })
    setTimeout(() => {
      progress({ progress: 2 })
      message('error', 'too late')
    }, 30)
    return 'done'
  })
}

function offerToggles(mcp: Offer): void {
  for (const list of ['prompts', 'resources'] as const) {
    const item = { prompts: 'test_dynamic_prompt', resources: 'test://dynamic' }[list]
    mcp.tool(
      { prompts: 'test_toggle_prompt', resources: 'test_toggle_resource' }[list],
      { description: `Adds ${item} to this session, or removes it, and announces the change.` },
      async (_, { session }) => {
        const there = session.data[item] !== true
        await session.update({ [item]: there })
        session.listChanged(list)
        return there ? 'added' : 'removed'
      }
    )
  }
  mcp.prompt(
    'test_dynamic_prompt',
    {
      description: 'Exists only in sessions that toggled it.',
      visible: (session) => session.data['test_dynamic_prompt'] === true
    },
    () => 'dynamic'
  )
  mcp.resource(
    'test://dynamic',
    {
      name: 'dynamic',
      description: 'Exists only in sessions that toggled it.',
      visible: (session) => session.data['test://dynamic'] === true
    },
    () => 'dynamic'
  )
}

function offerResources(mcp: Offer): void {
  mcp.resource('test://broken', { name: 'broken', description: 'Cannot be read: its handler throws.' }, () => {
    throw new TypeError('the secret inner reason')
  })
  mcp.resource(
    'test://bytes',
    { name: 'bytes', title: 'Bytes', mimeType: 'application/octet-stream', size: bytes.length, annotations, _meta },
    () => bytes
  )
  mcp.resource(
    'test://said/{text}',
    { name: 'said', description: 'The text in its own URI.', mimeType: 'text/plain' },
    (variables) => variables.text
  )
}

function offerPrompts(mcp: Offer): void {
  mcp.prompt('test_broken_prompt', { description: 'Cannot be got: its handler throws.' }, () => {
    throw new TypeError('the secret inner reason')
  })
  mcp.prompt(
    'test_broken_completion',
    {
      description: 'Suggestions for its argument cannot be had: the completer throws.',
      arguments: Type.Object({ value: Type.String() }),
      complete: {
        value: () => {
          throw new TypeError('the secret inner reason')
        }
      }
    },
    ({ value }) => value
  )
  mcp.prompt('test_prompt_with_media', { title: 'Media', description: 'One message of each kind.', _meta }, () => [
    user(text('all kinds', { annotations })),
    user(image(bytes, 'image/png')),
    assistant(audio(bytes, 'audio/wav')),
    user(embed('test://bytes', bytes, 'application/octet-stream')),
    assistant(link('test://bytes', 'bytes'))
  ])
  mcp.prompt(
    'test_prompt_optional',
    { description: 'Its argument may be left out.', arguments: Type.Object({ name: Type.Optional(Type.String()) }) },
    ({ name }) => `Hello ${name ?? 'nobody'}`
  )
}
