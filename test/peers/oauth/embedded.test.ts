/** Clients and `handwire serve --auth-server`: a process of its own, with its people in a file and what it knows in another. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { ask } from './endpoint.ts'
import { play, visiting } from './scenarios.ts'
import { sdkV1 } from './sdk-v1.ts'
import { probingV2, sdkV2 } from './sdk-v2.ts'
import { ann, Serving } from './serving.ts'
import { strict } from './strict.ts'
import { browserFor, enter, logIn } from './visitor.ts'
import { loopbackRedirect, Wallet } from './wallet.ts'

let serving: Serving

beforeAll(async () => {
  serving = await Serving.started()
})

afterAll(() => serving.close())

play(sdkV1, 'handwire serve --auth-server', () => serving)
play(sdkV2, 'handwire serve --auth-server', () => serving)
play(strict, 'handwire serve --auth-server', () => serving)

test(`${probingV2.name}, gets in`, async () => {
  const visitor = visiting(probingV2, serving)
  await enter(visitor, serving, ann)
  expect(await visitor.call('test_privileged')).toBe('classified')
})

test.each(
  [sdkV1, sdkV2].flatMap((kind) =>
    ['client_secret_basic', 'client_secret_post'].map((method) => [kind.name, method, kind] as const)
  )
)('%s gets in by %s, and refreshes', async (_name, method, kind) => {
  const visitor = kind.visitor(serving.url, new Wallet(loopbackRedirect, method))
  onTestFinished(() => visitor.close())
  await enter(visitor, serving, ann)
  visitor.wallet.spoil()
  expect(await visitor.call('test_privileged')).toBe('classified')
  expect(visitor.wallet.clientInformation()?.client_secret).toMatch(/^.{32,}$/)
  expect(visitor.wire.grants('refresh_token')).toMatchObject([{ status: 200 }])
})

describe('an endpoint that is the root of its host', () => {
  let root: Serving

  beforeAll(async () => {
    root = await Serving.started(['--path', '/'])
  })

  afterAll(() => root.close())

  test.each([sdkV1, sdkV2, strict])('lets $name in', async (kind) => {
    const visitor = visiting(kind, root)
    await enter(visitor, root, ann)
    expect(await visitor.call('test_privileged')).toBe('classified')
  })
})

describe('a restart of handwire serve --auth-server', () => {
  test('leaves refresh tokens good; sessions have ended, and clients open new ones', async () => {
    const own = await Serving.started()
    onTestFinished(() => own.close())
    const visitors = [sdkV1, sdkV2, strict].map((kind) => visiting(kind, own))
    for (const visitor of visitors) await enter(visitor, own, ann)
    const before = visitors.map(({ session }) => session)
    await own.restart()
    for (const visitor of visitors) {
      visitor.wallet.spoil()
      await expect(visitor.call('test_privileged')).rejects.toThrow(/404|not found|session/i)
      expect(visitor.wire.grants('refresh_token')).toMatchObject([{ status: 200 }])
      expect(await ask(own, visitor.wallet.held.access, visitor.session)).toMatchObject({ status: 404 })
      await visitor.open()
      expect(await visitor.call('test_privileged')).toBe('classified')
      expect(visitor.wallet.asked).toHaveLength(1)
    }
    expect(visitors.map(({ session }) => session).filter((session) => before.includes(session))).toEqual([])
  })

  test('that forgets everything has clients register again, and ask to log in', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => warned.mockRestore())
    const own = await Serving.started(['--auth-store', ':memory:'])
    onTestFinished(() => own.close())
    // clients of their own: what one registers again is known to all that say the same of themselves
    const visitors = [sdkV1, sdkV2, strict].map((kind, place) =>
      kind.visitor(own.url, new Wallet(`${loopbackRedirect}/${place}`))
    )
    onTestFinished(async () => void (await Promise.all(visitors.map((visitor) => visitor.close()))))
    for (const visitor of visitors) await enter(visitor, own, ann)
    await own.restart()
    for (const visitor of visitors) {
      await expect(visitor.call('test_privileged')).rejects.toThrow(/unauthorized/i)
      await logIn(visitor, ann, browserFor(own))
      await visitor.open()
      expect(await visitor.call('test_privileged')).toBe('classified')
      expect(visitor.wallet.asked).toHaveLength(2)
      expect(visitor.wire.exchanges.filter(({ url }) => url.pathname === '/oauth/register')).toHaveLength(2)
    }
  })
})
