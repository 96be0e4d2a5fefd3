/** The rooms of src keep to their arrows, every package has one home, and the protocol knows nothing of the world. */
import { describe, expect, test } from 'vitest'
import {
  brokenArrows,
  readSource,
  runtimeCycle,
  type SourceFile,
  sourceFiles,
  strayPackages,
  worldliness
} from './support/rooms.ts'

const src = sourceFiles('src')

test('no file imports from a room that is not open to it', () => {
  expect(src.flatMap(brokenArrows)).toEqual([])
})

test('every package is imported only at its home', () => {
  expect(src.flatMap(strayPackages)).toEqual([])
})

test('the protocol has no clock, no chance, no network and no Fastify but in memory.ts', () => {
  expect(src.flatMap(worldliness)).toEqual([])
})

test('no ring of imports is closed at run time', () => {
  expect(runtimeCycle(src)).toBeUndefined()
})

test('there are files in every room, and imports in them', () => {
  const rooms = new Set(src.map(({ file }) => file.split('/')[1]))
  for (const room of ['protocol', 'tools', 'resources', 'prompts', 'auth', 'http', 'stdio', 'conform', 'cli'])
    expect(rooms).toContain(room)
  expect(src.flatMap(({ imports }) => imports).length).toBeGreaterThan(200)
})

const file = (path: string, text: string): SourceFile => readSource(path, text)

describe('each rule fails where it is broken', () => {
  test.each<[string, string]>([
    ['src/protocol/host.ts', '../tools/index.ts'],
    ['src/protocol/host.ts', '../http/index.ts'],
    ['src/protocol/types/tools.ts', '../../tools/tool.ts'],
    ['src/tools/index.ts', '../resources/index.ts'],
    ['src/resources/index.ts', '../prompts/index.ts'],
    ['src/prompts/index.ts', '../http/index.ts'],
    ['src/auth/index.ts', '../http/index.ts'],
    ['src/stdio/index.ts', '../auth/index.ts'],
    ['src/http/index.ts', '../stdio/index.ts'],
    ['src/http/index.ts', '../cli/version.ts'],
    ['src/stdio/index.ts', '../http/sse.ts'],
    ['src/stdio/index.ts', '../cli/version.ts'],
    ['src/conform/replay.ts', '../protocol/host.ts'],
    ['src/conform/replay.ts', '../http/index.ts'],
    ['src/http/index.ts', '../conform/replay.ts'],
    ['src/cli/index.ts', '../../test/support/clock.ts'],
    ['src/cli/index.ts', '../../bench/index.ts'],
    ['src/newroom/index.ts', '../protocol/frame.ts']
  ])('%s may not import %s', (path, of) => {
    for (const statement of [`import { a } from '${of}'`, `import type { A } from '${of}'`, `export * from '${of}'`])
      expect(brokenArrows(file(path, statement))).toHaveLength(1)
  })

  test.each<[string, string]>([
    ['src/protocol/host.ts', './frame.ts'],
    ['src/tools/index.ts', '../protocol/registry.ts'],
    ['src/http/index.ts', '../tools/index.ts'],
    ['src/stdio/index.ts', '../prompts/index.ts'],
    ['src/conform/replay.ts', '../protocol/types/index.ts'],
    ['src/conform/replay.ts', '../http/sse.ts'],
    ['src/cli/serve.ts', '../stdio/index.ts']
  ])('%s may import %s', (path, of) => {
    expect(brokenArrows(file(path, `import { a } from '${of}'`))).toEqual([])
  })

  test.each<[string, string]>([
    ['src/tools/tool.ts', 'ajv'],
    ['src/tools/tool.ts', 'ajv/dist/2020.js'],
    ['src/protocol/checks.ts', 'ajv-formats'],
    ['src/protocol/host.ts', 'fastify'],
    ['src/stdio/index.ts', 'fastify'],
    ['src/cli/serve.ts', 'fastify-plugin'],
    ['src/resources/methods.ts', 'uri-template-matcher'],
    ['src/http/index.ts', 'pino'],
    ['src/stdio/index.ts', 'pino'],
    ['src/cli/index.ts', '@modelcontextprotocol/sdk/types.js'],
    ['src/cli/index.ts', 'left-pad']
  ])('%s may not import %s', (path, name) => {
    expect(strayPackages(file(path, `import x from '${name}'`))).toHaveLength(1)
  })

  test.each([
    "import { request } from 'node:http'",
    "import net from 'node:net'",
    "import { setTimeout as sleep } from 'node:timers/promises'",
    "import type { FastifyReply } from 'fastify'",
    "await import('node:fs')",
    'setTimeout(later, 1)',
    'const now = Date.now()',
    'const now = new Date()',
    'performance.now()',
    'Math.random()',
    "fetch('/')",
    'process.exit()'
  ])('the protocol may not say: %s', (line) => {
    expect(worldliness(file('src/protocol/machine.ts', line))).not.toEqual([])
    expect(worldliness(file('src/protocol/memory.ts', line))).toEqual([])
    expect(worldliness(file('src/http/index.ts', line))).toEqual([])
  })

  test('what stands in a comment counts for nothing', () => {
    const text = "/** setTimeout\n import { a } from 'node:http' */\n// import 'fastify'\nexport const a = 1\n"
    const source = file('src/protocol/machine.ts', text)
    expect(source.imports).toEqual([])
    expect(worldliness(source)).toEqual([])
  })

  test('a ring of run-time imports is found, and one that types close is none', () => {
    const ring = (statement: string): SourceFile[] => [
      file('src/protocol/a.ts', "import { b } from './b.ts'"),
      file('src/protocol/b.ts', "import { c } from './types/c.ts'"),
      file('src/protocol/types/c.ts', statement)
    ]
    expect(runtimeCycle(ring("import { a } from '../a.ts'"))).toHaveLength(4)
    expect(runtimeCycle(ring("import { type A } from '../a.ts'"))).toHaveLength(4)
    expect(runtimeCycle(ring("export * from '../a.ts'"))).toHaveLength(4)
    expect(runtimeCycle(ring("import '../a.ts'"))).toHaveLength(4)
    expect(runtimeCycle(ring("import type { A } from '../a.ts'"))).toBeUndefined()
  })

  test('an import over several lines is seen', () => {
    const text = "import {\n  type A,\n  b\n} from '../http/index.ts'\n"
    expect(brokenArrows(file('src/stdio/index.ts', text))).toEqual(['src/stdio/index.ts imports src/http/index.ts'])
  })
})
