/** What every client goes through at every place. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ask, revoke } from './endpoint.ts'
import { ann, bob, carl } from './serving.ts'
import { browserFor, enter, type Kind, logIn, type Place, type Visitor } from './visitor.ts'

/** A client of a kind, until the test ends. */
export function visiting(kind: Kind, place: Place): Visitor {
  const visitor = kind.visitor(place.url)
  onTestFinished(() => visitor.close())
  return visitor
}

/** One kind of client at a place where ann may do everything. */
export function play(kind: Kind, name: string, at: () => Place): void {
  describe(`${kind.name} at ${name}`, () => {
    test('goes from the first 401 to a tool that asks for a scope', async () => {
      const place = at()
      const visitor = visiting(kind, place)
      await enter(visitor, place, ann)
      expect(await visitor.tools()).toContain('test_privileged')
      expect(await visitor.call('test_privileged')).toBe('classified')
      expect(visitor.wallet.asked).toHaveLength(1)
      expect(way(visitor)).toEqual(['401', 'resource', 'issuer', 'register', 'authorization_code', 'initialize'])
      const { searchParams } = visitor.wallet.asked[0] as URL
      expect(Object.fromEntries(searchParams)).toMatchObject({
        code_challenge_method: 'S256',
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        resource: place.url.href
      })
      const [exchanged] = visitor.wire.grants('authorization_code')
      expect(exchanged?.form?.get('resource')).toBe(place.url.href)
    })

    test('refreshes a token that is good no more and goes on in its session, with its stream', async () => {
      const place = at()
      const visitor = visiting(kind, place)
      await enter(visitor, place, ann)
      const { session } = visitor
      await visitor.wire.listening()
      await visitor.call('test_toggle_dynamic')
      await visitor.noted.until('notifications/tools/list_changed')

      visitor.wallet.spoil()
      expect(await visitor.call('test_privileged')).toBe('classified')
      expect(visitor.wire.grants('refresh_token')).toMatchObject([{ status: 200 }])

      visitor.wallet.spoil()
      visitor.wire.cut()
      await visitor.wire.listening(2)
      expect(visitor.wire.grants('refresh_token')).toMatchObject([{ status: 200 }, { status: 200 }])
      await visitor.call('test_toggle_dynamic')
      await visitor.noted.until('notifications/tools/list_changed', 2)

      const refused = visitor.wire.exchanges.filter(({ status }) => status === 401)
      expect(refused.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET'])
      expect(refused[1]?.challenge).toContain('error="invalid_token"')
      expect(visitor.session).toBe(session)
      expect(visitor.wallet.asked).toHaveLength(1)
    })

    test('asks to log in again when its refresh token was revoked, and goes on in its session', async () => {
      const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
      onTestFinished(() => warned.mockRestore())
      const place = at()
      const visitor = visiting(kind, place)
      const browser = browserFor(place)
      await enter(visitor, place, ann, browser)
      const { session, wallet } = visitor
      await revoke(place, wallet.clientId, wallet.held.refresh)
      wallet.spoil()
      await expect(visitor.call('test_privileged')).rejects.toThrow(/unauthorized/i)
      expect(visitor.wire.grants('refresh_token')).toMatchObject([{ status: 400 }])
      expect(wallet.asked).toHaveLength(2)
      await logIn(visitor, ann, browser)
      expect(await visitor.call('test_privileged')).toBe('classified')
      expect(visitor.session).toBe(session)
    })

    test('does not see the session of somebody else', async () => {
      const place = at()
      const [one, other] = [visiting(kind, place), visiting(kind, place)]
      await enter(one, place, ann)
      // the same client, so that the person makes the difference
      other.wallet.saveClientInformation({ ...one.wallet.clientInformation(), client_id: one.wallet.clientId })
      await enter(other, place, bob)
      const { access } = other.wallet.held
      for (const method of ['POST', 'GET', 'DELETE'] as const)
        expect(await ask(place, access, one.session, method)).toMatchObject({ status: 404, challenge: null })
      expect(await one.call('test_simple_text')).toContain('simple text')
      expect(await ask(place, access, other.session)).toMatchObject({ status: 200 })
    })
  })
}

/** One kind of client at a place where carl may have the scope `mcp` and no other, and clients ask for `asks` at first. */
export function playLess(kind: Kind, name: string, asks: string[], opened: () => Promise<Place>): void {
  test(`${kind.name} at ${name}, let in with less than everything, sees no tool that needs more, and is told what a call needs`, async () => {
    const place = await opened()
    const visitor = visiting(kind, place)
    await enter(visitor, place, carl)
    const asked = visitor.wallet.asked[0]?.searchParams.get('scope')?.split(' ')
    expect(asked?.filter((scope) => scope !== 'offline_access')).toEqual(asks)
    expect(visitor.wallet.held.scope).toBe('mcp')
    const tools = await visitor.tools()
    expect(tools).toContain('test_simple_text')
    expect(tools).not.toContain('test_privileged')
    await expect(visitor.call('test_privileged')).rejects.toThrow()
    const [refused] = visitor.wire.exchanges.filter(({ status }) => status === 403)
    const metadata = `${place.url.origin}/.well-known/oauth-protected-resource${place.url.pathname}`
    expect(refused?.challenge).toMatch(
      /^Bearer error="insufficient_scope", error_description="[^"]+", scope="privileged", /
    )
    expect(refused?.challenge).toContain(`, resource_metadata="${metadata}"`)
    expect(await visitor.call('test_simple_text')).toContain('simple text')
  })
}

/** One kind of client at a place that lets in by the scope `mcp` alone, where ann may have `privileged` too. */
export function playMore(kind: Kind, name: string, opened: () => Promise<Place>): void {
  test(`${kind.name} at ${name}, told that it needs more, asks for it besides what it has, and goes on in its session`, async () => {
    const place = await opened()
    const visitor = visiting(kind, place)
    const browser = browserFor(place)
    await enter(visitor, place, ann, browser)
    const { session } = visitor
    await expect(visitor.call('test_privileged')).rejects.toThrow(/unauthorized/i)
    const asked = visitor.wallet.asked[1]?.searchParams.get('scope')?.split(' ')
    expect(asked).toEqual(expect.arrayContaining(['mcp', 'privileged']))
    await logIn(visitor, ann, browser)
    expect(await visitor.call('test_privileged')).toBe('classified')
    expect(await visitor.tools()).toContain('test_privileged')
    expect(visitor.session).toBe(session)
  })
}

/** What a client asked for on its way in, one word a step; further looks for metadata are left out. */
function way({ wire }: Visitor): string[] {
  const steps = wire.exchanges.flatMap(({ url, status, form, message, method }) => {
    if (status === 401 && method === 'POST') return ['401']
    if (status >= 400) return []
    if (url.pathname.startsWith('/.well-known/oauth-protected-resource')) return ['resource']
    if (url.pathname.startsWith('/.well-known/oauth-authorization-server')) return ['issuer']
    if (/\/reg(ister)?$/.test(url.pathname)) return ['register']
    const grant = form?.get('grant_type') ?? undefined
    return grant !== undefined ? [grant] : message === 'initialize' ? [message] : []
  })
  return steps.filter((step, place) => steps.indexOf(step) === place)
}
