/** Options of the command line and the environment, without a process. */
import { expect, test } from 'vitest'
import { readServeOptions } from '../../src/cli/serve.ts'
import { UsageError } from '../../src/cli/usage.ts'

const plain = { port: 3000, host: '127.0.0.1', path: '/mcp', stdio: false, level: undefined }

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
  ['an unknown log level', ['--log-level', 'loud'], {}],
  ['an empty host', ['--host='], {}]
])('%s is a usage error in words', (_, args, environment) => {
  expect(() => readServeOptions(args, environment)).toThrow(UsageError)
})
