/** The page for people in a real browser: from the address that a client opens to the client's own page. */
import { existsSync, mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { authority, native, password } from '../auth/server/authority.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(executablePath)
if (missing) console.log(`auth-browser: skipped, there is no browser at ${executablePath}: set CHROMIUM`)

const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'handwire-shots-'))

let browser: Browser

beforeAll(async () => {
  if (!missing) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})
afterAll(() => browser?.close())

/** What the browser complained about: a policy that was broken, a script that failed. */
interface Opened {
  page: Page
  complaints: string[]
}

async function tab(options: Parameters<Browser['newContext']>[0] = {}): Promise<Opened & { context: BrowserContext }> {
  const context = await browser.newContext({ ...options, serviceWorkers: 'block' })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
  page.on('pageerror', (error) => void complaints.push(error.message))
  return { context, page, complaints }
}

/** A client that waits on loopback for its code, and sends the browser on from there as some do. */
async function waiting(onward?: string): Promise<{ uri: string; codes: string[] }> {
  const codes: string[] = []
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const code = url.searchParams.get('code')
    if (code !== null) codes.push(code)
    if (onward !== undefined && url.pathname === '/callback') response.writeHead(302, { location: onward }).end()
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<title>client</title><h1>Thank you</h1>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`, codes }
}

describe.skipIf(missing)('in Chromium', () => {
  test('people log in, agree, and come back to the client, which gets tokens', async () => {
    const server = await authority()
    const { uri, codes } = await waiting()
    const client = await server.client({ ...native, client_name: 'Claude Code' })
    const { url, verifier } = server.begin(client, { redirect_uri: uri })
    const { page, complaints, context } = await tab({ viewport: { width: 1000, height: 900 } })
    await page.goto(url)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Claude Code wants to use Acme for you')
    expect(await page.evaluate('document.activeElement.id')).toBe('username')
    await page.screenshot({ path: join(shots, 'login.png') })
    await page.getByLabel('User name').fill('ann')
    await page.getByLabel('Password').fill(password)
    await page.getByLabel('Password').press('Enter')
    await page.waitForURL(`${uri}*`)
    expect(await page.title()).toBe('client')
    expect(complaints).toEqual([])
    const cookies = await context.cookies(server.origin)
    expect(cookies.filter(({ httpOnly }) => !httpOnly)).toEqual([])
    const back = { status: 200, url: `${uri}?code=${codes[0]}`, html: '', headers: new Headers() }
    const { status, body } = await server.exchange(client, back, verifier, { redirect_uri: uri })
    expect(status).toBe(200)
    expect(await server.call(body.access_token)).toEqual({ status: 200, text: 'ann todo:read todo:write' })
  })

  test('a client that sends the browser on to another site is not stopped', async () => {
    const server = await authority()
    const end = await waiting()
    const elsewhere = end.uri.replace('127.0.0.1', 'localhost').replace('/callback', '/done')
    const { uri, codes } = await waiting(elsewhere)
    const { page, complaints } = await tab()
    await page.goto(server.begin(await server.client(), { redirect_uri: uri }).url)
    await page.getByLabel('User name').fill('ann')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in and allow' }).click()
    await page.waitForURL(elsewhere)
    expect(codes).toHaveLength(1)
    expect(complaints).toEqual([])
  })

  test('cancelling needs neither name nor password', async () => {
    const server = await authority()
    const { uri } = await waiting()
    const { page } = await tab()
    await page.goto(server.begin(await server.client(), { redirect_uri: uri }).url)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.waitForURL(`${uri}*`)
    expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied')
  })

  test('a program with a scheme of its own is opened from a page that stays', async () => {
    const server = await authority()
    const redirect = 'cursor://anysphere.cursor-retrieval/oauth/callback'
    const client = await server.client({ ...native, client_name: 'Cursor', redirect_uris: [redirect] })
    const { page, complaints } = await tab({ viewport: { width: 1000, height: 700 } })
    await page.goto(server.begin(client, { redirect_uri: redirect }).url)
    await page.getByLabel('User name').fill('ann')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in and allow' }).click()
    const link = page.getByRole('link', { name: 'Open cursor' })
    await link.waitFor()
    expect(await link.getAttribute('href')).toMatch(/^cursor:\/\/anysphere.cursor-retrieval\/oauth\/callback\?code=/)
    await page.screenshot({ path: join(shots, 'program.png') })
    expect(complaints.filter((text) => !text.includes('cursor://'))).toEqual([])
  })

  test('a wrong password is said, the name kept, and the page fits a telephone', async () => {
    const server = await authority()
    const { page } = await tab({ viewport: { width: 375, height: 812 }, deviceScaleFactor: 2, isMobile: true })
    await page.goto(server.begin(await server.client()).url)
    await page.getByLabel('User name').fill('ann')
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Sign in and allow' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByLabel('User name').inputValue()).toBe('ann')
    expect(await page.getByLabel('Password').inputValue()).toBe('')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
    await page.screenshot({ path: join(shots, 'telephone.png') })
  })

  test('in the dark, somebody who is logged in agrees by one button', async () => {
    const server = await authority()
    const { uri } = await waiting()
    const { page } = await tab({ colorScheme: 'dark', viewport: { width: 1000, height: 900 } })
    const client = await server.client({ ...native, client_name: 'Visual Studio Code' })
    await page.goto(server.begin(client, { redirect_uri: uri }).url)
    await page.getByLabel('User name').fill('ann')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in and allow' }).click()
    await page.waitForURL(`${uri}*`)
    await page.goto(server.begin(client, { redirect_uri: uri }).url)
    await page.screenshot({ path: join(shots, 'dark.png') })
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(`${uri}*`)
    expect(new URL(page.url()).searchParams.has('code')).toBe(true)
  })

  test('a script in the name of a client is text', async () => {
    const server = await authority()
    const client = await server.client({
      ...native,
      client_name: '<img src=x onerror=alert(1)><script>alert(2)</script>'
    })
    const { page, complaints } = await tab()
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    await page.goto(server.begin(client).url)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('<script>alert(2)</script>')
    expect(await page.locator('img, script').count()).toBe(0)
    expect({ dialogs, complaints }).toEqual({ dialogs: [], complaints: [] })
  })
})
