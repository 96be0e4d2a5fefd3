/** Clients, an issuer that is a process of its own, and APIs that verify its JWTs or ask it about tokens that say nothing. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { revoke } from './endpoint.ts'
import { External, startIssuer } from './external.ts'
import { play, playLess, playMore, visiting } from './scenarios.ts'
import { sdkV1 } from './sdk-v1.ts'
import { sdkV2 } from './sdk-v2.ts'
import { ann, type Running } from './serving.ts'
import { strict, strictOpaque } from './strict.ts'
import { browserFor, enter, logIn } from './visitor.ts'

let issuer: Running & { issuer: string }
/** An API that lets nobody in without every scope there is. */
let place: External
/** The same, of tokens that the issuer is asked about. */
let asking: External

beforeAll(async () => {
  issuer = await startIssuer()
  place = await External.opened(issuer.issuer, '/mcp', ['mcp', 'privileged'])
  asking = await External.opened(issuer.issuer, '/opaque', ['mcp', 'privileged'])
})

afterAll(async () => {
  await place.close()
  await asking.close()
  await issuer.end()
})

/** An API that asks for `mcp` alone to let somebody in, until the test ends. */
async function modest(): Promise<External> {
  const opened = await External.opened(issuer.issuer, '/mcp', ['mcp'])
  onTestFinished(() => opened.close())
  return opened
}

const kinds = [sdkV1, sdkV2, strict]

const opaque = [sdkV1, sdkV2, strictOpaque]

for (const kind of kinds) play(kind, 'an issuer of its own', () => place)
for (const kind of opaque) play(kind, 'an issuer that is asked', () => asking)

describe.each(kinds)('$name, when its token ends', (kind) => {
  test('loses its stream, and has it again in the same session by a fresh token', async () => {
    const own = await modest()
    const visitor = visiting(kind, own)
    await enter(visitor, own, ann)
    const { session } = visitor
    await visitor.wire.listening()
    own.pass(90_000)
    await visitor.wire.listening(2)
    expect(visitor.wire.grants('refresh_token')).toMatchObject([{ status: 200 }])
    const back = visitor.wire.exchanges.filter(({ listens }) => listens)
    expect(back.map(({ status }) => status)).toEqual([200, 401, 200])
    expect(back[1]?.challenge).toContain('error="invalid_token"')
    await visitor.call('test_toggle_dynamic')
    await visitor.noted.until('notifications/tools/list_changed')
    expect(visitor.session).toBe(session)
    expect(visitor.wallet.asked).toHaveLength(1)
    expect(own.lines.join('')).toContain('access token refused')
  })
})

for (const kind of kinds) playLess(kind, 'an issuer of its own', ['mcp'], modest)

// the SDKs register for the scopes of the first challenge, to which this issuer holds them ever after
playMore(strict, 'an issuer of its own', modest)

// the issuer revokes the refresh token with it
test.each(opaque)('$name, whose access token was revoked, logs in again once nobody remembers it', async (kind) => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warned.mockRestore())
  const visitor = visiting(kind, asking)
  const browser = browserFor(asking)
  await enter(visitor, asking, ann, browser)
  const { session, wallet } = visitor
  expect(wallet.held.access).not.toContain('.')
  await revoke(asking, wallet.clientId, wallet.held.access)
  expect(await visitor.call('test_privileged')).toBe('classified')
  asking.pass(30_001)
  await expect(visitor.call('test_privileged')).rejects.toThrow(/unauthorized/i)
  await logIn(visitor, ann, browser)
  expect(await visitor.call('test_privileged')).toBe('classified')
  expect(visitor.session).toBe(session)
})
