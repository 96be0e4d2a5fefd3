/** Options of handwire conform, without a process. */
import { expect, test } from 'vitest'
import { readConformOptions } from '../../src/cli/conform-options.ts'
import { UsageError } from '../../src/cli/usage.ts'

const url = 'http://127.0.0.1:3000/mcp'

test('an address is enough', () => {
  expect(readConformOptions([url], {})).toEqual({
    testable: new URL(url),
    transport: 'http',
    options: { headers: {} },
    strictness: { strict: false, noSkips: false },
    list: false,
    verbosity: 'usual',
    secrets: [],
    flags: []
  })
})

test('a command stands after --, options and all', () => {
  expect(readConformOptions(['--stdio', '--jobs', '2', '--', 'node', 'server.js', '--only'], {})).toMatchObject({
    testable: { command: ['node', 'server.js', '--only'] },
    transport: 'stdio',
    options: { jobs: 2 }
  })
})

test.each<[string, string[], Record<string, string>, object]>([
  [
    '--only, as often as it is given',
    ['--only', 'http', '--only', 'ping/*'],
    {},
    { options: { only: ['http', 'ping/*'] } }
  ],
  ['--level', ['--level', 'should'], {}, { options: { level: 'SHOULD' } }],
  ['--fixtures and --profile', ['--fixtures', 'a', '--profile', 'b'], {}, { options: { fixtures: 'a', profile: 'b' } }],
  ['--jobs and --time-factor', ['--jobs', '3', '--time-factor', '0.5'], {}, { options: { jobs: 3, timeFactor: 0.5 } }],
  ['--strict and --no-skips', ['--strict', '--no-skips'], {}, { strictness: { strict: true, noSkips: true } }],
  ['reports', ['--json', '-', '--junit', 'j', '--html', 'h'], {}, { json: '-', junit: 'j', html: 'h' }],
  ['--list', ['--list'], {}, { list: true }],
  ['--quiet', ['--quiet'], {}, { verbosity: 'quiet' }],
  ['--verbose', ['--verbose'], {}, { verbosity: 'verbose' }],
  [
    '--token',
    ['--token', 't'],
    {},
    { options: { headers: { authorization: 'Bearer t' } }, secrets: ['Bearer t', 't'] }
  ],
  ['HANDWIRE_TOKEN', [], { HANDWIRE_TOKEN: 'e' }, { options: { headers: { authorization: 'Bearer e' } } }],
  [
    '--token over it',
    ['--token', 't'],
    { HANDWIRE_TOKEN: 'e' },
    { options: { headers: { authorization: 'Bearer t' } } }
  ],
  ['--header', ['--header', 'X-Key:  a: b '], {}, { options: { headers: { 'x-key': 'a: b' } }, secrets: ['a: b', 'b'] }]
])('%s is read', (_, args, environment, expected) => {
  expect(readConformOptions([...args, url], environment)).toMatchObject(expected)
})

test.each<[string, string[]]>([
  ['no address', []],
  ['two addresses', [url, url]],
  ['an address that is none', ['localhost:3000']],
  ['an address of another scheme', ['ftp://localhost/mcp']],
  ['a command without --stdio', ['node', 'server.js']],
  ['--stdio without a command', ['--stdio']],
  ['a token on stdio', ['--stdio', '--token', 't', '--', 'node']],
  ['an unknown option', [url, '--onyl', 'x']],
  ['an unknown level', [url, '--level', 'shall']],
  ['no jobs', [url, '--jobs', '0']],
  ['half a job', [url, '--jobs', '1.5']],
  ['a time factor of nothing', [url, '--time-factor', '0']],
  ['a time factor that is no number', [url, '--time-factor', 'slow']],
  ['a header without a value', [url, '--header', 'X-Key']],
  ['a header with a name that is none', [url, '--header', 'X Key: 1']]
])('%s is a usage error in words', (_, args) => {
  expect(() => readConformOptions(args, {})).toThrow(UsageError)
})

test('a token in the environment is no error on stdio', () => {
  expect(readConformOptions(['--stdio', '--', 'node'], { HANDWIRE_TOKEN: 'e' })).toMatchObject({
    options: { headers: {} }
  })
})
