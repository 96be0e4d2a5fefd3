/** Slips in the options of a stdio server: in JavaScript nothing else tells of them. */
import { expect, test } from 'vitest'
import { DeclarationError } from '../../src/protocol/errors.ts'
import { type StdioOptions, stdio } from '../../src/stdio/index.ts'

test.each<readonly [string, object, string, RegExp]>([
  ['limit', { limit: {} }, 'option', /^stdio has no option limit; it takes .*\blimits\b/],
  ['auth, which is for HTTP', { auth: false }, 'option', /^stdio has no option auth/],
  ['no version', { version: undefined }, 'server-info', /^MCP: version is a text/],
  ['an empty name', { name: '' }, 'server-info', /^MCP: name is a text/],
  ['limits in words', { limits: 'few' }, 'option', /^stdio: limits is an object/],
  ['teach in words', { teach: 'yes' }, 'option', /^stdio: teach is true or false/],
  ['ports of another name', { ports: { clok: {} } }, 'option', /^ports has no option clok; it takes clock/],
  ['a clock that is none', { ports: { clock: { now: Date.now } } }, 'option', /^ports: clock has no function after/],
  ['an observer of nothing', { observers: [{ end() {} }] }, 'observer', /^observers: each has at least one of/],
  ['an input that is a path', { input: '/dev/stdin' }, 'option', /^stdio: input is an object/]
])('a stdio server is not made with %s', (_, slip, code, message) => {
  const make = (): unknown => stdio({ name: 'acme', version: '1', ...slip } as StdioOptions)
  expect(make).toThrow(DeclarationError)
  expect(make).toThrow(message)
  expect(make).toThrow(`[${code}]`)
})

test('options that are undefined are as if they were left out', () => {
  const none = { title: undefined, instructions: undefined, limits: undefined, ports: undefined, teach: undefined }
  expect(() => stdio({ name: 'acme', version: '1', ...none } as unknown as StdioOptions)).not.toThrow()
})

test('a logger and ports may be functions that have what it takes, and an observer may have nothing', () => {
  const quiet = (): void => undefined
  const logger = Object.assign(() => undefined, {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: quiet,
    child: () => logger
  })
  const clock = Object.assign(() => undefined, { now: () => 0, after: () => quiet })
  const options = { logger, ports: { clock }, observers: [{ called: undefined }] } as unknown as StdioOptions
  expect(() => stdio({ ...options, name: 'acme', version: '1' })).not.toThrow()
})
