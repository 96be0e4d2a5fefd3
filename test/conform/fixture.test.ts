import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FixtureError, fixtureCheck, loadFixtures, readMetaSchema, verbOf } from '../../src/conform/fixture.ts'
import { formatExamples } from '../support/format-examples.ts'

const run = promisify(execFile)

let check: ReturnType<typeof fixtureCheck>
let directory: string

beforeAll(async () => {
  check = fixtureCheck(await readMetaSchema())
  directory = await mkdtemp(join(tmpdir(), 'handwire-fixtures-'))
})

afterAll(() => rm(directory, { recursive: true }))

const good = {
  id: 'area/group/case',
  title: 'A case',
  revision: ['2025-06-18'],
  level: 'MUST',
  kind: 'positive',
  requirements: [],
  transports: ['http', 'stdio'],
  steps: [{ wait: 1 }],
  provenance: { from: 'hand' }
}

const faultsOf = (value: object): string[] => {
  try {
    check(value, 'area/group/case.json')
  } catch (error) {
    if (error instanceof FixtureError) return error.faults
    throw error
  }
  return []
}

describe('the meta-schema', () => {
  test.each(formatExamples.map((example) => [example.id, example]))(
    'takes the example %s of the format page',
    (id, example) => {
      expect(check(example, `${id}.json`).id).toBe(id)
    }
  )

  test('takes the provenance of a recording', () => {
    const peer = { name: 'x', version: '1' }
    const provenance = {
      from: 'recording',
      client: peer,
      server: { ...peer, package: '2' },
      transport: 'http',
      date: '2026-11-22'
    }
    expect(faultsOf({ ...good, provenance: { ...provenance, normaliser: '1', edits: 'none' } })).toEqual([])
    expect(faultsOf({ ...good, provenance })).toEqual(['/provenance must have a member "normaliser"'])
  })

  test.each<[string, object, string]>([
    ['an unknown member', { ...good, tags: [] }, '/ must not have a member "tags"'],
    ['a missing member', { ...good, title: undefined }, '/ must have a member "title"'],
    ['an unknown level', { ...good, level: 'SHALL' }, '/level must be one of ["MUST","SHOULD","MAY"]'],
    ['no steps', { ...good, steps: [] }, '/steps must NOT have fewer than 1 items'],
    ['a step without a verb', { ...good, steps: [{ note: 'x' }] }, '/steps/0 must have a member "expect"'],
    ['two verbs', { ...good, steps: [{ wait: 1, drop: 'a' }] }, '/steps/0 must not have a member "wait"'],
    [
      'a modifier of another verb',
      { ...good, steps: [{ expect: { message: {} }, as: 'a' }] },
      '/steps/0 must not have a member "as"'
    ],
    [
      'an expect of nothing',
      { ...good, steps: [{ expect: { on: 'a' } }] },
      '/steps/0/expect must have a member "message"'
    ],
    [
      'an id in a notification',
      { ...good, steps: [{ notify: { id: 1, method: 'x' } }] },
      '/steps/0/notify/id must not be there'
    ],
    [
      'body and raw together',
      { ...good, steps: [{ http: { method: 'POST', body: {}, raw: '' } }] },
      '/steps/0/http/body must not be there'
    ],
    [
      'expect and accept together',
      { ...good, steps: [{ request: { id: 1, method: 'x' }, expect: {}, accept: [{ match: {}, grade: 'ok' }] }] },
      '/steps/0/expect must not be there'
    ],
    [
      'an unknown matcher, deep inside',
      { ...good, steps: [{ expect: { message: { a: [{ $regex: 'x' }] } } }] },
      '/steps/0/expect/message/a/0 must be one of'
    ],
    [
      'a range of one',
      { ...good, steps: [{ expect: { message: { $len: [1] } } }] },
      '/steps/0/expect/message/$len must NOT have fewer'
    ],
    [
      'a broken expression',
      { ...good, steps: [{ expect: { message: { $re: '(' } } }] },
      '/steps/0/expect/message/$re must match format'
    ]
  ])('refuses %s', (_, value, fault) => {
    const faults = faultsOf(JSON.parse(JSON.stringify(value)) as object)
    expect(faults.some((line) => line.startsWith(fault))).toBe(true)
  })

  test('leaves literal values, JSON Schema members and what is sent alone', () => {
    const steps = [
      { request: { id: null, method: 'x', params: [{ $regex: 1 }] }, expect: { $lit: { $regex: 1 } } },
      { expect: { message: { $schema: { $absent: true }, $ref: '#/$defs/a' } } },
      { http: { method: 'POST', body: { $anything: 1 }, headers: { accept: null, origin: { $get: 'x' } } } }
    ]
    expect(faultsOf({ ...good, steps })).toEqual([])
  })
})

test('a verb is found beside its modifiers', () => {
  expect(verbOf({ request: { id: 1, method: 'x' }, expect: {}, http: { status: 200 } })).toBe('request')
  expect(verbOf({ http: { method: 'GET' }, expect: {} })).toBe('http')
  expect(verbOf({ expect: { message: {} } })).toBe('expect')
})

describe('loading a directory', () => {
  const put = async (file: string, value: unknown): Promise<string> => {
    const path = join(directory, file)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value))
    return path
  }

  test('gives the cases in order of their ids, and nothing else', async () => {
    await put('b/group/case.json', { ...good, id: 'b/group/case' })
    await put('a/group/case.json', { ...good, id: 'a/group/case' })
    await put('requirements.json', [])
    await put('profiles/peer.json', {})
    await put('recordings/peer/raw.jsonl', '{}\n{}')
    expect((await loadFixtures(directory)).map(({ id }) => id)).toEqual(['a/group/case', 'b/group/case'])
  })

  test('opens few files at one time: a process may not have as many open as there are cases', async () => {
    const script = `
      const { corpusDirectory, loadFixtures } = await import('./src/conform/fixture.ts')
      console.log((await loadFixtures(corpusDirectory.pathname)).length)`
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', script]
    const { stdout } = await run('sh', ['-c', 'ulimit -n 100 && exec "$@"', 'sh', ...node])
    expect(Number(stdout)).toBeGreaterThan(1000)
  })

  test.each<[string, unknown, string]>([
    ['is not JSON', '{"id":', 'is not JSON'],
    ['breaks the meta-schema', { ...good, id: 'c/group/case', level: 'x' }, '/level must be one of'],
    ['has another id than its path', good, '/id must be the path: "c/group/case", not "area/group/case"']
  ])('names a file that %s', async (_, value, fault) => {
    const path = await put('c/group/case.json', value)
    await expect(loadFixtures(directory)).rejects.toThrow(FixtureError)
    await expect(loadFixtures(directory)).rejects.toThrow(`c/group/case.json: `)
    await expect(loadFixtures(directory)).rejects.toThrow(fault)
    await rm(path)
  })
})
