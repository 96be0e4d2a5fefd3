/** Clients that are let in with some scopes and not with others, at an API that has its authorization server in it. */
import { expect, onTestFinished, test } from 'vitest'
import { Inside } from './inside.ts'
import { playLess, playMore, visiting } from './scenarios.ts'
import { sdkV1 } from './sdk-v1.ts'
import { sdkV2 } from './sdk-v2.ts'
import { ann } from './serving.ts'
import { strict } from './strict.ts'
import { enter } from './visitor.ts'

const opened = (required: string[]) => async (): Promise<Inside> => {
  const inside = await Inside.opened(required)
  onTestFinished(() => inside.close())
  return inside
}

for (const kind of [sdkV1, sdkV2, strict]) {
  playLess(kind, 'an authorization server inside', ['mcp'], opened(['mcp']))
  playLess(kind, 'one that is asked for more than people can grant', ['mcp', 'privileged'], opened([]))
}
for (const kind of [sdkV2, strict]) playMore(kind, 'an authorization server inside', opened(['mcp']))

// it refreshes instead, which can give no more than there was
test(`${sdkV1.name}, told that it needs more, tries again with what it has, and gives up without ending its session`, async () => {
  const inside = await opened(['mcp'])()
  const visitor = visiting(sdkV1, inside)
  await enter(visitor, inside, ann)
  await expect(visitor.call('test_privileged')).rejects.toThrow('403')
  expect(visitor.wire.grants('refresh_token')).toMatchObject([{ status: 200 }])
  expect(visitor.wallet.asked).toHaveLength(1)
  expect(await visitor.call('test_simple_text')).toContain('simple text')
})
