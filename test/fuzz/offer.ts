/** What the fuzzed servers offer: quick items of every kind, and `hang`, which waits until it is stopped. */
import { Type } from '@sinclair/typebox'
import { image, link, type Mcp, ToolError, text } from '../../src/http/index.ts'

const anything = { type: 'object' }

/** Plugs the items in. */
export function offerTargets(mcp: Pick<Mcp, 'tool' | 'resource' | 'prompt' | 'updated'>): void {
  mcp.tool('echo', { input: Type.Object({ text: Type.String() }) }, (input) => input.text)
  mcp.tool('any', { input: anything }, (input) => Object.keys(input).join(' '))
  mcp.tool('later', { input: anything }, async () => image('AAAA', 'image/png'))
  mcp.tool('sum', { input: numbers, output: Type.Object({ sum: Type.Number() }) }, ({ a, b }) => ({ sum: a + b }))
  mcp.tool('fail', {}, () => {
    throw new ToolError('it failed')
  })
  mcp.tool('break', {}, async () => {
    throw new Error('it broke')
  })
  mcp.tool('steps', { input: anything }, async function* (_, context) {
    context.message('error', { step: 'first' })
    yield { progress: 1, total: 2 }
    yield { progress: 2, total: 2 }
    return link('test://text', 'text')
  })
  mcp.tool('touch', {}, () => {
    mcp.updated('test://text')
    return 'touched'
  })
  mcp.tool('note', { input: anything }, async (input, { session }) => {
    await session.update(input)
    session.listChanged('tools')
    return 'noted'
  })
  mcp.tool('ask', { input: anything }, async (_, context) => {
    const answer = await context.elicit('Who?', Type.Object({ name: Type.String() }))
    return answer.action === 'accept' ? answer.content.name : answer.action
  })
  mcp.tool('sample', {}, async (_, context) => {
    const { content } = await context.sample({ messages: [{ role: 'user', content: text('Hello') }], maxTokens: 1 })
    return content.type
  })
  mcp.tool('roots', {}, async (_, context) => `${(await context.roots()).length}`)
  mcp.tool('hang', {}, async (_, { signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return 'stopped'
  })
  mcp.resource('test://text', { mimeType: 'text/plain' }, () => 'text')
  mcp.resource('test://bytes', {}, () => Buffer.from([0, 255]))
  mcp.resource('test://pieces', {}, async function* () {
    yield 'one "'
    yield 'two \ud83d\ude00'
  })
  const complete = { id: (value: string) => [value, `${value}1`] }
  mcp.resource('test://{kind}/{id}', { complete }, ({ kind, id }) => (kind === 'none' ? undefined : { kind, id }))
  mcp.prompt('plain', {}, () => 'Say hello.')
  mcp.prompt(
    'named',
    { arguments: Type.Object({ name: Type.String() }), complete: { name: (value) => [value] } },
    ({ name }) => `Greet ${name}.`
  )
}

const numbers = Type.Object({ a: Type.Number(), b: Type.Number() }, { additionalProperties: false })
