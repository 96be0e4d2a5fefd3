/** Which pages and names `origins` and `hosts` let in, and what they cannot say. */
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import handwire, { DeclarationError, type HandwireOptions } from '../../src/http/index.ts'

/** The status of a DELETE: 403 for those at the door, 400 (it names no session) for those who are in. */
async function asked(options: object, headers: Record<string, string>): Promise<number> {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'acme', version: '1', ...options } as HandwireOptions)
  return (await app.inject({ method: 'DELETE', url: '/mcp', headers: { host: 'localhost', ...headers } })).statusCode
}

describe('Origin: null, which a frame of any site may send, is nobody', () => {
  test.each([
    [[]],
    [['https://app.example']],
    [['chrome-extension://abcdef']],
    [['app://desk']],
    [['vscode-webview://1a2b']],
    [['capacitor://localhost', 'tauri://localhost']]
  ])('with the origins %j', async (origins) => {
    expect(await asked({ origins }, { origin: 'null' })).toBe(403)
  })
})

test.each([
  ['chrome-extension://abcdef', 'chrome-extension://abcdef'],
  ['moz-extension://1A2B-3C', 'moz-extension://1a2b-3c'],
  ['app://desk', 'app://desk'],
  ['tauri://localhost/', 'tauri://localhost'],
  ['https://App.Example/', 'https://app.example'],
  ['https://app.example:443', 'https://app.example'],
  ['http://localhost:5173', 'http://localhost:5173'],
  ['https://bücher.example', 'https://xn--bcher-kva.example']
])('"%s" lets in a page whose Origin is %s', async (entry, origin) => {
  expect(await asked({ origins: [entry] }, { origin })).toBe(400)
})

test.each([
  ['chrome-extension://abcdef', 'chrome-extension://abcdeg'],
  ['chrome-extension://abcdef', 'https://abcdef'],
  ['https://app.example', 'http://app.example'],
  ['https://app.example', 'https://app.example:8443'],
  ['https://app.example', 'https://app.example.evil.example'],
  ['http://localhost:5173', 'http://localhost:5174']
])('"%s" does not let in a page whose Origin is %s', async (entry, origin) => {
  expect(await asked({ origins: [entry] }, { origin })).toBe(403)
})

test.each([
  ['mcp.example', 'mcp.example'],
  ['MCP.Example:8443', 'mcp.example:8443'],
  ['[2001:db8::1]:80', '[2001:db8::1]:80']
])('"%s" is a name under which the server is reached as %s', async (entry, host) => {
  expect(await asked({ hosts: [entry] }, { host })).toBe(400)
})

/** What does not boot. */
async function refused(options: object): Promise<DeclarationError> {
  try {
    await asked(options, {})
  } catch (error) {
    if (error instanceof DeclarationError) return error
    throw error
  }
  throw new Error('it was taken')
}

test.each([
  '*',
  'null',
  '',
  ' ',
  'app.example',
  'localhost:5173',
  '//app.example',
  'https://',
  'https://*.example',
  'https://app.example/path',
  'https://app.example//',
  'https://app.example?a',
  'https://app.example#a',
  'https://user@app.example',
  'https://app.example https://b.example',
  'https://app.example:port',
  'file:///'
])('an API does not boot with the origin "%s"', async (entry) => {
  const { code, message } = await refused({ origins: ['https://good.example', entry] })
  expect(code).toBe('doors')
  expect(message).toContain(`origins: "${entry}" is no origin: give scheme and name, like "https://app.example"`)
})

test.each([
  '*',
  '',
  '*.example',
  'https://mcp.example',
  'mcp.example/mcp',
  'mcp.example?a',
  'user@mcp.example',
  'mcp.example:port',
  'a.example b.example'
])('an API does not boot with the name "%s"', async (entry) => {
  const { code, message } = await refused({ hosts: ['good.example', entry] })
  expect(code).toBe('doors')
  expect(message).toContain(`hosts: "${entry}" is no name: give one like "mcp.example"`)
})

test.each<readonly [string, unknown]>([
  ['a text', 'app.example'],
  ['true', true],
  ['null', null],
  ['an object', { 0: 'app.example' }],
  ['a set', new Set(['https://app.example'])],
  ['a list with a pattern', [/example/]],
  ['a list with a hole', [undefined]]
])('neither origins nor hosts are %s', async (_, list) => {
  const origins = await refused({ origins: list })
  expect([origins.code, origins.message]).toEqual(['doors', expect.stringMatching(/^origins is a list of texts/)])
  const hosts = await refused({ hosts: list })
  expect([hosts.code, hosts.message]).toEqual(['doors', expect.stringMatching(/^hosts is a list of texts/)])
})

test('what all endpoints share is checked with the first of them', async () => {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { origins: ['*'] })
  expect(() => app.mcp.serve({ name: 'acme', version: '1' })).toThrow(/origins: "\*" is no origin/)
})
