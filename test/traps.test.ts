/** Every trap that others fell into has a test by name, and the names are those of tests that run. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { corpusDirectory, loadFixtures } from '../src/conform/fixture.ts'
import { type Guard, type TrapId, trapIds } from './support/trap.ts'
import { traps } from './support/traps.ts'

const ids: readonly TrapId[] = Object.values(trapIds).flat()
const known = new Set((await loadFixtures(fileURLToPath(corpusDirectory))).map(({ id }) => id))

/** Whether a test of that exact title stands in a source, neither skipped nor left for later. */
function hasTest(source: string, title: string): boolean {
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/'/g, "\\\\?'")
  const plain = `\\btest(?:\\.concurrent)?\\(\\s*(['"\`])${escaped}\\1,`
  const each = `\\btest\\.(?:each|for)\\([^]*?\\)\\(\\s*(['"\`])${escaped}\\1,`
  return new RegExp(plain).test(source) || new RegExp(each).test(source)
}

/** What a guard names and is not there. */
function missing(guard: Guard): string[] {
  if ('cases' in guard) return guard.cases.filter((id) => !known.has(id))
  const { file, title } = guard
  let source: string
  try {
    source = readFileSync(new URL(file, import.meta.url), 'utf8')
  } catch {
    return [file]
  }
  return hasTest(source, title) ? [] : [`${file}: ${title}`]
}

test('every trap of the list has a row, every row is on the list, and no id is there twice', () => {
  expect(Object.keys(traps).sort()).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(ids.length)
})

test.each(ids)('%s is tested by name', (id) => {
  const { whose, trap, guards } = traps[id]
  expect([whose.length, trap.length]).not.toContain(0)
  expect(guards.flatMap(missing)).toEqual([])
  expect(guards.flatMap((guard) => ('cases' in guard ? guard.cases : [guard.title])).length).toBeGreaterThan(0)
})

describe('a name', () => {
  const source =
    "test('a tool\\'s name', () => {})\ntest.each([1, 2])('of %s', () => {})\ntest(`is %s?`, { timeout: 1 }, f)"

  test.each(["a tool's name", 'of %s', 'is %s?'])('is found: %s', (title) => {
    expect(hasTest(source, title)).toBe(true)
  })

  test.each(['a tool', 'of', 'is', 'a tool.s name'])('is not found by a part of it or another: %s', (title) => {
    expect(hasTest(source, title)).toBe(false)
  })

  test('of a test that does not run is not found', () => {
    expect(hasTest("test.skip('a tool', f)\ntest.todo('a tool', f)\n// a tool", 'a tool')).toBe(false)
  })

  test('of a case or a file that is not there is told', () => {
    expect(missing({ cases: ['ping/answer/empty', 'ping/answer/never'] })).toEqual(['ping/answer/never'])
    expect(missing({ file: 'traps/never.test.ts', title: 'never' })).toEqual(['traps/never.test.ts'])
    expect(missing({ file: 'traps/errors.test.ts', title: 'never' })).toEqual(['traps/errors.test.ts: never'])
  })
})
