/** Options of handwire record, without a process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readRecordOptions, recordHelp } from '../../../src/cli/record.ts'
import { UsageError } from '../../../src/cli/usage.ts'
import { numbered } from '../../../src/conform/record/place.ts'

const http = ['--listen', '0', '--target', 'http://127.0.0.1:3000/mcp']
const out = ['--out', '/elsewhere/recordings/add.json']

test('a port, a target and a file are enough', () => {
  expect(readRecordOptions([...http, ...out], {})).toEqual({
    from: { listen: 0, host: '127.0.0.1', target: new URL('http://127.0.0.1:3000/mcp') },
    out: '/elsewhere/recordings/add.json',
    raw: '/elsewhere/recordings/add.jsonl',
    id: 'recordings/add',
    corpus: '/elsewhere'
  })
})

test('a command stands after --, options and all', () => {
  const { from } = readRecordOptions([...out, '--stdio', '--', 'node', 'server.js', '--port', '1'], {})
  expect(from).toEqual({ command: ['node', 'server.js', '--port', '1'] })
})

test('--port means --listen, --raw and --title are taken', () => {
  const args = ['--port', '8080', '--target', 'https://a.example/mcp', ...out, '--raw', 'x.jsonl', '--title', 'Adds']
  expect(readRecordOptions(args, {})).toMatchObject({ from: { listen: 8080 }, raw: resolve('x.jsonl'), title: 'Adds' })
})

test('the host is that of --host, else of HOST', () => {
  expect(readRecordOptions([...http, ...out, '--host', '::1'], { HOST: '0.0.0.0' })).toMatchObject({
    from: { host: '::1' }
  })
  expect(readRecordOptions([...http, ...out], { HOST: '0.0.0.0' })).toMatchObject({ from: { host: '0.0.0.0' } })
})

describe('the id', () => {
  const id = (file: string): object => {
    const { id: name, corpus } = readRecordOptions([...http, '--out', file], {})
    return { name, corpus }
  }

  test('is the path in a corpus', () => {
    expect(id('/any/spec-fixtures/recordings/my-client/add.json')).toEqual({
      name: 'recordings/my-client/add',
      corpus: '/any/spec-fixtures'
    })
  })

  test('is the path in a directory that has a meta-schema', () => {
    const directory = mkdtempSync(join(tmpdir(), 'corpus-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'fixture.schema.json'), '{}')
    expect(id(join(directory, 'tools', 'add', 'x.json'))).toEqual({ name: 'tools/add/x', corpus: directory })
  })

  test('is in the area of its directory elsewhere, else in recordings', () => {
    expect(id('/any/tools/add.json')).toEqual({ name: 'tools/add', corpus: '/any' })
    expect(id('/any/where/add.json')).toEqual({ name: 'recordings/add', corpus: undefined })
  })

  test('is made of what a file name has that an id may have', () => {
    expect(id('/any/where/My Case_2.json')).toMatchObject({ name: 'recordings/my-case-2' })
    expect(id('/any/where/---.json')).toMatchObject({ name: 'recordings/recorded' })
  })

  test('of a second session has a number', () => {
    expect(['recordings/add', '/a/add.json', '/a/add.jsonl'].map((name) => numbered(name, 1))).toEqual([
      'recordings/add-2',
      '/a/add-2.json',
      '/a/add-2.jsonl'
    ])
    expect(numbered('/a/add.json', 0)).toBe('/a/add.json')
  })
})

test.each<[string, string[], RegExp]>([
  ['no file', http, /--out FILE is missing/],
  ['a file behind --', ['--stdio', '--', 'node', '--out', 'a.json'], /put it before/],
  ['a file that is no JSON', [...http, '--out', 'a.txt'], /ends in \.json/],
  ['a file without a name', [...http, '--out', 'a/.json'], /ends in \.json/],
  ['one file for both', [...http, '--out', 'a.json', '--raw', 'a.json'], /cannot be one file/],
  ['a directory', [...http, '--out', 'a.json', '--raw', '.'], /is a directory/],
  ['the top of a corpus', [...http, '--out', '/any/spec-fixtures/a.json'], /choose an area/],
  ['profiles', [...http, '--out', '/any/spec-fixtures/profiles/a.json'], /choose an area/],
  ['a name that is no id', [...http, '--out', '/any/spec-fixtures/tools/Add It.json'], /is no id/],
  ['nothing to record', out, /--listen PORT is missing/],
  ['no target', [...out, '--listen', '1'], /--target URL is missing/],
  ['no port', [...out, '--target', 'http://a.example'], /--listen PORT is missing/],
  ['a port that is none', [...out, '--listen', '70000', '--target', 'http://a.example'], /is no port/],
  ['two ports', [...http, ...out, '--port', '1'], /mean the same/],
  ['a target that is none', [...out, '--listen', '1', '--target', 'ftp://a.example'], /is no address/],
  ['a target with a password', [...out, '--listen', '1', '--target', 'http://a:b@c.example'], /own credentials/],
  ['both ways', [...http, ...out, '--stdio', '--', 'node'], /are for HTTP/],
  ['a host for stdio', [...out, '--stdio', '--host', 'a', '--', 'node'], /are for HTTP/],
  ['no command', [...out, '--stdio'], /the command is missing/],
  ['a word too much', [...http, ...out, 'node'], /"node" is too much/],
  ['an empty host', [...http, ...out, '--host', ''], /the host is empty/],
  ['an empty title', [...http, ...out, '--title', ''], /the title is empty/],
  ['an unknown option', [...http, ...out, '--loud'], /--loud/]
])('%s is a usage error', (_, args, why) => {
  expect(() => readRecordOptions(args, {})).toThrow(UsageError)
  expect(() => readRecordOptions(args, {})).toThrow(why)
})

test('the help names every option', () => {
  for (const option of ['--listen', '--port', '--target', '--host', '--stdio', '--out', '--raw', '--title'])
    expect(recordHelp).toContain(option)
})
