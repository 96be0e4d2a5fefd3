/** Clients that send several requests at once when their token has ended, and refresh for each that is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { visiting } from './scenarios.ts'
import { sdkV1 } from './sdk-v1.ts'
import { sdkV2 } from './sdk-v2.ts'
import { ann, Serving } from './serving.ts'
import { enter } from './visitor.ts'

let serving: Serving

beforeAll(async () => {
  serving = await Serving.started()
})

afterAll(() => serving.close())

test.each([sdkV1, sdkV2])('$name stays logged in, and all of its calls are answered', async (kind) => {
  const visitor = visiting(kind, serving)
  await enter(visitor, serving, ann)
  const { session } = visitor
  visitor.wallet.spoil()
  const calls = ['test_privileged', 'test_privileged', 'test_privileged'].map((name) => visitor.call(name))
  expect(await Promise.all(calls)).toEqual(['classified', 'classified', 'classified'])
  expect(visitor.wire.grants('refresh_token').map(({ status }) => status)).toEqual([200, 200, 200])
  expect(visitor.wallet.asked).toHaveLength(1)
  visitor.wallet.spoil()
  expect(await visitor.call('test_privileged')).toBe('classified')
  expect(visitor.session).toBe(session)
})
