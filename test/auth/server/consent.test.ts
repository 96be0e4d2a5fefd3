/** The page on which people log in and agree: what it shows, and whom it believes. */
import { describe, expect, test } from 'vitest'
import { type Authority, authority, native, password } from './authority.ts'
import { Browser, type Visit } from './browser.ts'

/** The page, and the browser that it is in. */
async function opened(
  options: Parameters<typeof authority>[0] = {},
  metadata: object = native,
  changed: Record<string, string | undefined> = {}
): Promise<{ server: Authority; browser: Browser; page: Visit }> {
  const server = await authority(options)
  const browser = new Browser(server.origin)
  const page = await browser.go(server.begin(await server.client(metadata), changed).url)
  return { server, browser, page }
}

const right = { action: 'allow', username: 'ann', password }
const codeOf = (visit: Visit): string | null =>
  visit.url.startsWith('http://127.0.0.1:4321/') ? new URL(visit.url).searchParams.get('code') : null

describe('the page', () => {
  test('shows the client, the service, where people are sent back to, and what is asked for', async () => {
    const { page } = await opened({}, native, { scope: 'todo:read' })
    expect(page.status).toBe(200)
    expect(page.html).toContain('Editor wants to use Acme for you')
    expect(page.html).toContain('<dd>127.0.0.1:4321 <small>a program on this computer</small></dd>')
    expect(page.html).toContain('Read your lists')
    expect(page.html).not.toContain('Change your lists')
  })

  test('shows the host of a redirect to the web', async () => {
    const redirect = 'https://app.example:8443/callback'
    const { page } = await opened({}, { ...native, redirect_uris: [redirect] }, { redirect_uri: redirect })
    expect(page.html).toContain('<dd>app.example:8443</dd>')
  })

  test('shows what a client says of itself as text', async () => {
    const client_name = `<script>alert(1)</script>"'&`
    const { page } = await opened({}, { ...native, client_name })
    expect(page.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;')
    expect(page.html).not.toContain('<script')
  })

  test('shows what people have typed as text', async () => {
    const { browser, page } = await opened()
    const again = await browser.submit(page, { ...right, username: '"><img src=x>', password: 'no' })
    expect(again.html).toContain('value="&quot;&gt;&lt;img src=x&gt;"')
    expect(again.html).not.toContain('<img')
  })

  test('runs nothing, loads nothing, and is framed by nobody', async () => {
    const { page } = await opened()
    const policy = page.headers.get('content-security-policy')
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/
    )
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY'
    })
    expect(page.html).not.toMatch(/<script|<img|<link|\son\w+=|https?:/)
  })

  test('asks a native client anew though somebody is logged in, but for no password', async () => {
    const { server, browser, page } = await opened()
    expect(codeOf(await browser.submit(page, right))).toEqual(expect.any(String))
    const again = await browser.go(server.begin(await server.client()).url)
    expect(again.html).toContain('You are signed in as <strong>ann Example</strong>')
    expect(again.html).not.toContain('type="password"')
    expect(codeOf(await browser.submit(again, { action: 'allow' }))).toEqual(expect.any(String))
  })

  test('lets somebody else log in', async () => {
    const { server, browser, page } = await opened()
    await browser.submit(page, right)
    const client = await server.client()
    const { url, verifier } = server.begin(client)
    const other = await browser.submit(await browser.go(url), { action: 'switch' })
    expect(other.html).toContain('type="password"')
    const back = await browser.submit(other, { ...right, username: 'bob' })
    const { body } = await server.exchange(client, back, verifier)
    expect(await server.call(body.access_token)).toMatchObject({ text: 'bob todo:read todo:write' })
  })

  test('asks for the password again when the client wants that', async () => {
    const { server, browser, page } = await opened()
    await browser.submit(page, right)
    const again = await browser.go(server.begin(await server.client(), { prompt: 'login' }).url)
    expect(again.html).toContain('type="password"')
    expect(codeOf(await browser.submit(again, right))).toEqual(expect.any(String))
  })

  test('can be open twice in one browser', async () => {
    const { server, browser, page } = await opened()
    const second = await browser.go(server.begin(await server.client()).url)
    expect(codeOf(await browser.submit(page, right))).toEqual(expect.any(String))
    expect(second.url).not.toBe(page.url)
  })
})

describe('people', () => {
  test('grant no more than they may', async () => {
    const authenticate = () => ({ subject: 'ann', scopes: ['todo:read'] })
    const server = await authority({ auth: { authenticate } })
    const { tokens } = await server.logIn()
    expect(tokens.scope).toBe('todo:read')
  })

  test('who may grant nothing of it are told so', async () => {
    const authenticate = () => ({ subject: 'ann', scopes: ['other'] })
    const { browser, page } = await opened({ auth: { authenticate } })
    const again = await browser.submit(page, right)
    expect(again.status).toBe(403)
    expect(again.html).toContain('ann can allow nothing of this here')
  })

  test('are told when the name or the password is wrong, and can try again', async () => {
    const { browser, page } = await opened()
    const again = await browser.submit(page, { ...right, password: 'no' })
    expect(again.status).toBe(403)
    expect(again.html).toContain('role="alert">The name or the password is wrong.')
    expect(codeOf(await browser.submit(again, right))).toEqual(expect.any(String))
  })

  test('who fail too often have to wait, even with the right password', async () => {
    const asked: string[] = []
    const authenticate = (attempt: { username: string; password: string }) => {
      asked.push(attempt.password)
      return attempt.password === password ? { subject: 'ann' } : undefined
    }
    const { browser, page } = await opened({ auth: { authenticate } })
    for (const guess of ['1', '2', '3', '4', '5']) await browser.submit(page, { ...right, password: guess })
    const refused = await browser.submit(page, right)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(asked).toEqual(['1', '2', '3', '4', '5'])
  })

  test('of other names do not have to wait for them', async () => {
    const { browser, page } = await opened()
    for (const guess of ['1', '2', '3', '4', '5', '6']) await browser.submit(page, { ...right, password: guess })
    expect(codeOf(await browser.submit(page, { ...right, username: 'bob' }))).toEqual(expect.any(String))
  })

  test('who are logged in, and may not be any more, log in as somebody else', async () => {
    const people = new Map([['ann', { subject: 'ann' }]])
    const authenticate = {
      authenticate: ({ username }: { username: string }) => people.get(username),
      find: async (subject: string) => people.get(subject)
    }
    const { server, browser, page } = await opened({ auth: { authenticate } })
    await browser.submit(page, right)
    people.clear()
    people.set('bob', { subject: 'bob' })
    const again = await browser.go(server.begin(await server.client()).url)
    expect(again.html).toContain('type="password"')
    expect(codeOf(await browser.submit(again, { ...right, username: 'bob' }))).toEqual(expect.any(String))
  })

  test('are told nothing of what fails inside', async () => {
    const authenticate = () => {
      throw new Error('ldap://secret.internal is down')
    }
    const { server, browser, page } = await opened({ auth: { authenticate } })
    const failed = await browser.submit(page, right)
    expect(failed.status).toBe(500)
    expect(failed.html).not.toContain('secret.internal')
    expect(JSON.stringify(server.lines)).toContain('secret.internal')
  })
})

describe('a form is refused', () => {
  test.each([
    ['without what ties it to the page', { token: '' }],
    ['with another', { token: 'x'.repeat(43) }]
  ])('%s', async (_name, typed) => {
    const { browser, page } = await opened()
    const { status, url } = await browser.submit(page, { ...right, ...typed })
    expect(status).toBe(403)
    expect(url).toBe(page.url)
  })

  test('from another browser, which has no cookie of the page', async () => {
    const { server, page } = await opened()
    const { status } = await new Browser(server.origin).submit(page, right)
    expect(status).toBe(400)
  })

  test('from another browser, whose cookies are of a request of its own', async () => {
    const { server, page } = await opened()
    const other = new Browser(server.origin)
    await other.go(server.begin(await server.client()).url)
    expect((await other.submit(page, right)).status).toBe(400)
  })

  test('from a browser whose cookie was not made here', async () => {
    const { browser, page } = await opened()
    for (const cookie of browser.cookies) if (cookie.name.endsWith('.sig')) cookie.value = 'x'.repeat(27)
    expect((await browser.submit(page, right)).status).toBe(400)
  })

  test('from another site, as the browser says', async () => {
    const { browser, page } = await opened()
    const { status } = await browser.submit(page, right, { 'sec-fetch-site': 'cross-site' })
    expect(status).toBe(403)
  })

  test('that is too long', async () => {
    const { browser, page } = await opened()
    const { status } = await browser.submit(page, { ...right, password: 'x'.repeat(9000) })
    expect(status).toBe(413)
  })

  test('that says neither yes nor no', async () => {
    const { browser, page } = await opened()
    const { status } = await browser.submit(page, { ...right, action: 'perhaps' })
    expect(status).toBe(400)
  })

  test('a second time', async () => {
    const { browser, page } = await opened()
    await browser.submit(page, right)
    expect((await browser.submit(page, right)).status).toBe(400)
  })
})

test('the way back does not work in another browser than that which began', async () => {
  const { server, browser, page } = await opened()
  const token = /name="token" value="([^"]*)"/.exec(page.html)?.[1] ?? ''
  const body = new URLSearchParams({ ...right, token })
  const answered = await browser.open(page.url, { method: 'POST', body })
  const resume = /url=([^"]+)"/.exec(answered.html)?.[1] as string
  const other = await new Browser(server.origin).go(resume)
  expect(other.status).toBe(400)
  expect(other.html).toContain('begun in another browser')
  expect(codeOf(await browser.go(resume))).toEqual(expect.any(String))
})
