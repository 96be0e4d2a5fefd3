/** Where native programs are sent back to: to this machine at whatever port is free, and to schemes of their own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from './endpoint.ts'
import { sdkV1 } from './sdk-v1.ts'
import { sdkV2 } from './sdk-v2.ts'
import { ann, Serving } from './serving.ts'
import { strict } from './strict.ts'
import { browserFor, enter } from './visitor.ts'
import { Wallet } from './wallet.ts'

let serving: Serving

beforeAll(async () => {
  serving = await Serving.started()
})

afterAll(() => serving.close())

/** Addresses that clients register, and those that they have people sent to. */
const redirects: [what: string, registered: string, used: string][] = [
  ['127.0.0.1 at the port that was registered', 'http://127.0.0.1:33418/callback', 'http://127.0.0.1:33418/callback'],
  ['127.0.0.1 at another port', 'http://127.0.0.1:33418/callback', 'http://127.0.0.1:51234/callback'],
  ['127.0.0.1 at a port where none was registered', 'http://127.0.0.1/callback', 'http://127.0.0.1:51234/callback'],
  ['127.0.0.1 without a path', 'http://127.0.0.1:33418/', 'http://127.0.0.1:51234/'],
  ['localhost at another port', 'http://localhost:3118/callback', 'http://localhost:51234/callback'],
  ['[::1] at another port', 'http://[::1]:3118/callback', 'http://[::1]:51234/callback'],
  [
    'a scheme with an authority, as of Cursor',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'cursor://anysphere.cursor-mcp/oauth/callback'
  ],
  ['a scheme that is a domain turned round', 'com.example.app:/callback', 'com.example.app:/callback'],
  ['https on a host of its own', 'https://app.example/callback', 'https://app.example/callback']
]

describe('a program that is sent back to', () => {
  test.each(redirects)('%s gets its code there, and its tokens for it', async (_what, registered, used) => {
    const wallet = new NativeWallet(registered, used)
    const visitor = strict.visitor(serving.url, wallet)
    await enter(visitor, serving, ann)
    expect(await visitor.call('test_privileged')).toBe('classified')
    await visitor.close()
  })

  test.each([
    ['another path', 'http://127.0.0.1:33418/callback', 'http://127.0.0.1:33418/elsewhere'],
    ['another name of this machine', 'http://127.0.0.1:33418/callback', 'http://localhost:33418/callback'],
    ['another port of somebody else', 'https://app.example/callback', 'https://app.example:8443/callback'],
    ['another host of its scheme', 'cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://evil/oauth/callback']
  ])('%s is sent nowhere', async (_what, registered, used) => {
    const wallet = new NativeWallet(registered, used)
    const visitor = strict.visitor(serving.url, wallet)
    await expect(visitor.open()).rejects.toThrow(/unauthorized/)
    const page = await browserFor(serving).go(wallet.asked[0] as URL)
    expect(page).toMatchObject({ status: 400, url: { origin: serving.url.origin } })
    expect(page.html).not.toContain(used)
    await visitor.close()
  })

  test.each(
    [sdkV1, sdkV2].flatMap((kind) =>
      [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'com.example.app:/callback',
        'http://localhost:51234/callback'
      ].map((redirect) => [redirect, kind.name, kind] as const)
    )
  )('%s gets in by %s', async (redirect, _name, kind) => {
    const visitor = kind.visitor(serving.url, new Wallet(redirect))
    await enter(visitor, serving, ann)
    expect(await visitor.call('test_privileged')).toBe('classified')
    await visitor.close()
  })
})

describe('a program that registers again with what it said before', () => {
  test('is the client it was, and its person is asked again', async () => {
    const [one, other] = [strict.visitor(serving.url), strict.visitor(serving.url)]
    const browser = browserFor(serving)
    await enter(one, serving, ann, browser)
    await expect(other.open()).rejects.toThrow(/unauthorized/)
    expect(other.wallet.clientId).toBe(one.wallet.clientId)
    const page = await browser.go(other.wallet.asked[0] as URL)
    expect(page.html).toContain('You are signed in as')
    await other.finish((await browser.submit(page, ann)).url)
    await other.open()
    // one person by one client is one principal, in as many sessions as it likes
    expect(await ask(serving, other.wallet.held.access, one.session)).toMatchObject({ status: 200 })
    expect(other.session).not.toBe(one.session)
    await Promise.all([one.close(), other.close()])
  })
})

/** Registers one address and is sent back to another. */
class NativeWallet extends Wallet {
  readonly #registered: string

  constructor(registered: string, used: string) {
    super(used)
    this.#registered = registered
  }

  override get clientMetadata(): Wallet['clientMetadata'] {
    return { ...super.clientMetadata, redirect_uris: [this.#registered] }
  }
}
