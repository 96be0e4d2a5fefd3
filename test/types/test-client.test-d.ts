/** What TypeScript knows of the test client: lists, results, notifications and answers. */
import { expectTypeOf, test } from 'vitest'
import type { TestClient } from '../../src/http/test-client.ts'
import type { TestOptions } from '../../src/http/test-client-options.ts'
import type {
  ContentBlock,
  LoggingMessageParams,
  ProgressParams,
  ResourceTemplate,
  ServerNotification,
  Tool
} from '../../src/protocol/types/index.ts'

declare const client: TestClient

test('a result has the structured content that the test says it has', async () => {
  const result = await client.call<{ sum: number }>('add', { a: 1 })
  expectTypeOf(result.structuredContent).toEqualTypeOf<{ sum: number } | undefined>()
  expectTypeOf(result.content).toEqualTypeOf<ContentBlock[]>()
  expectTypeOf(result.isError).toEqualTypeOf<boolean | undefined>()
  expectTypeOf(await client.data<{ sum: number }>('add')).toEqualTypeOf<{ sum: number }>()
  expectTypeOf(await client.data('add')).toEqualTypeOf<Record<string, unknown>>()
  expectTypeOf(await client.text('add')).toEqualTypeOf<string>()
  // @ts-expect-error nobody said what it has
  ;(await client.call('add')).structuredContent?.sum.toFixed()
  // @ts-expect-error arguments have names
  client.call('add', 5)
})

test('a list has the entries of its kind', async () => {
  expectTypeOf(await client.list('tools')).toEqualTypeOf<Tool[]>()
  expectTypeOf(await client.list('resourceTemplates')).toEqualTypeOf<ResourceTemplate[]>()
  // @ts-expect-error there is no such list
  client.list('roots')
})

test('a notification has the params of its method', async () => {
  expectTypeOf((await client.next('notifications/progress')).params).toEqualTypeOf<ProgressParams>()
  expectTypeOf((await client.next('notifications/message')).params).toEqualTypeOf<LoggingMessageParams>()
  expectTypeOf(await client.next(({ method }) => method.length > 0)).toEqualTypeOf<ServerNotification>()
  // @ts-expect-error no server sends this
  client.next('notifications/initialized')
})

test('answers are of the revision', () => {
  const options = (_: TestOptions): void => undefined
  options({ elicit: { action: 'accept', content: { sure: true } }, sample: 'text', roots: [{ uri: 'file:///' }] })
  options({ elicit: ({ message }) => (message === '?' ? { action: 'cancel' } : { action: 'decline' }) })
  options({ sample: async ({ maxTokens }) => maxTokens.toFixed() })
  // @ts-expect-error there is no such action
  options({ elicit: { action: 'maybe' } })
  // @ts-expect-error a form has texts, numbers and booleans
  options({ elicit: { action: 'accept', content: { list: [] } } })
  // @ts-expect-error a root has a URI
  options({ roots: ['file:///'] })
})
