/** Options of the command line and the environment, without a process. */
import { expect, test } from 'vitest'
import { authOf } from '../../src/cli/serve-auth.ts'
import { readServeOptions } from '../../src/cli/serve-options.ts'
import { UsageError } from '../../src/cli/usage.ts'

const plain = { port: 3000, host: '127.0.0.1', path: '/mcp', hosts: [], origins: [], stdio: false, level: undefined }

test.each<[string, string[], Record<string, string>, object]>([
  ['nothing', [], {}, {}],
  ['--port', ['--port', '8080'], {}, { port: 8080 }],
  ['--port=N', ['--port=8080'], {}, { port: 8080 }],
  ['a free port', ['--port', '0'], {}, { port: 0 }],
  ['PORT', [], { PORT: '8080' }, { port: 8080 }],
  ['--port over PORT', ['--port', '1'], { PORT: '2' }, { port: 1 }],
  ['--host', ['--host', '::1'], {}, { host: '::1' }],
  ['HOST', [], { HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
  ['--host over HOST', ['--host', 'a'], { HOST: 'b' }, { host: 'a' }],
  ['--path', ['--path', '/a/b'], {}, { path: '/a/b' }],
  ['the root as path', ['--path', '/'], {}, { path: '/' }],
  ['--public-url', ['--public-url', 'https://mcp.example/mcp'], {}, { publicUrl: new URL('https://mcp.example/mcp') }],
  [
    'HANDWIRE_PUBLIC_URL',
    [],
    { HANDWIRE_PUBLIC_URL: 'https://mcp.example' },
    { publicUrl: new URL('https://mcp.example') }
  ],
  ['an empty HANDWIRE_PUBLIC_URL', [], { HANDWIRE_PUBLIC_URL: '' }, { publicUrl: undefined }],
  ['--allow-host', ['--allow-host', 'a.example', '--allow-host', 'b:1'], {}, { hosts: ['a.example', 'b:1'] }],
  ['HANDWIRE_HOSTS', [], { HANDWIRE_HOSTS: 'a.example, [::2]:80,' }, { hosts: ['a.example', '[::2]:80'] }],
  ['--allow-host over HANDWIRE_HOSTS', ['--allow-host', 'a'], { HANDWIRE_HOSTS: 'b' }, { hosts: ['a'] }],
  ['--allow-origin', ['--allow-origin', 'https://a.example'], {}, { origins: ['https://a.example'] }],
  ['HANDWIRE_ORIGINS', [], { HANDWIRE_ORIGINS: 'https://a,http://b:1' }, { origins: ['https://a', 'http://b:1'] }],
  ['--auth-server', ['--auth-server'], {}, { authServer: { people: undefined, store: 'handwire-auth.db' } }],
  ['--auth-store', ['--auth-server', '--auth-store', 'redis://a/1'], {}, { authServer: { store: 'redis://a/1' } }],
  [
    'HANDWIRE_AUTH_STORE',
    ['--auth-server'],
    { HANDWIRE_AUTH_STORE: 'rediss://u:p@a' },
    { authServer: { store: 'rediss://u:p@a' } }
  ],
  [
    '--auth-store over HANDWIRE_AUTH_STORE',
    ['--auth-server', '--auth-store', ':memory:'],
    { HANDWIRE_AUTH_STORE: 'redis://a' },
    { authServer: { store: ':memory:' } }
  ],
  ['HANDWIRE_AUTH_STORE without --auth-server', [], { HANDWIRE_AUTH_STORE: 'a.db' }, { authServer: undefined }],
  ['--stdio', ['--stdio'], {}, { stdio: true }],
  ['--log-level', ['--log-level', 'debug'], {}, { level: 'debug' }]
])('%s is read', (_, args, environment, expected) => {
  expect(readServeOptions(args, environment)).toMatchObject({ ...plain, ...expected })
})

test.each<[string, string[], Record<string, string>]>([
  ['an unknown option', ['--prot', '1'], {}],
  ['a word too many', ['more'], {}],
  ['an option without its value', ['--port'], {}],
  ['a flag with a value', ['--stdio=yes'], {}],
  ['a port that is no number', ['--port', 'http'], {}],
  ['a negative port', ['--port=-1'], {}],
  ['a port over 65535', ['--port', '65536'], {}],
  ['an empty port', ['--port='], {}],
  ['a PORT that is no number', [], { PORT: 'tcp://1.2.3.4' }],
  ['a path without a slash', ['--path', 'mcp'], {}],
  ['a path with a query', ['--path', '/mcp?x'], {}],
  ['a path with a wildcard', ['--path', '/*'], {}],
  ['a path with a parameter', ['--path', '/:id'], {}],
  ['a path with a blank', ['--path', '/a b'], {}],
  ['a public URL that is a name', ['--public-url', 'mcp.example'], {}],
  ['a public URL of another scheme', ['--public-url', 'ftp://mcp.example/mcp'], {}],
  ['a public URL with a query', ['--public-url', 'https://mcp.example/mcp?a'], {}],
  ['a host that is a URL', ['--allow-host', 'https://mcp.example'], {}],
  ['a host with a path', [], { HANDWIRE_HOSTS: 'a.example,b.example/mcp' }],
  ['an origin without its scheme', ['--allow-origin', 'app.example'], {}],
  ['an origin with a path', ['--allow-origin', 'https://app.example/a'], {}],
  ['any origin', ['--allow-origin', '*'], {}],
  ['an unknown log level', ['--log-level', 'loud'], {}],
  ['an empty host', ['--host='], {}],
  ['--auth-store without --auth-server', ['--auth-store', 'a.db'], {}],
  ['an empty HANDWIRE_TOKENS', [], { HANDWIRE_TOKENS: '' }],
  ['a blank HANDWIRE_TOKENS', [], { HANDWIRE_TOKENS: ' ' }]
])('%s is a usage error in words', (_, args, environment) => {
  expect(() => readServeOptions(args, environment)).toThrow(UsageError)
})

test('an empty HANDWIRE_TOKENS, as of a secret that was not set, says what belongs into it, and opens nothing', () => {
  expect(() => readServeOptions([], { HANDWIRE_TOKENS: '' })).toThrow(/HANDWIRE_TOKENS.*sha256/s)
})

test('a HANDWIRE_TOKENS that is not there asks for no token', async () => {
  const options = readServeOptions([], {})
  expect(options.tokens).toEqual([])
  expect(await authOf(options)).toBeUndefined()
})

test('a store that is no address of a Redis is a usage error that names the option, and not what is in it', async () => {
  const options = readServeOptions(['--auth-server', '--auth-store', 'redis://:hunter2@a/first'], {})
  const refused = authOf(options)
  await expect(refused).rejects.toThrow(UsageError)
  await expect(refused).rejects.toThrow(/--auth-store/)
  await expect(refused).rejects.not.toThrow(/hunter2/)
})
