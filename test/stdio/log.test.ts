/** Where a stdio server logs when it is given no logger. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { stderrLogger } from '../../src/stdio/log.ts'

function captured(): string[] {
  const lines: string[] = []
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text))
    return true
  })
  onTestFinished(() => spy.mockRestore())
  return lines
}

test('an error goes to stderr as one line, with its stack and what is bound', () => {
  const lines = captured()
  stderrLogger()
    .child({ mcp: { id: 1 } })
    .error({ err: new Error('broken'), tool: 'a' }, 'tool failed')
  expect(lines).toHaveLength(1)
  expect(lines[0]?.endsWith('\n')).toBe(true)
  const line = JSON.parse(lines[0] as string)
  expect(line).toMatchObject({ level: 'error', mcp: { id: 1 }, tool: 'a', msg: 'tool failed' })
  expect(line.err).toContain('Error: broken\n    at ')
})

test('a thrown value that is no Error is logged as text', () => {
  const lines = captured()
  stderrLogger().warn({ err: 'plain' }, 'odd')
  expect(JSON.parse(lines[0] as string)).toEqual({ level: 'warn', err: 'plain', msg: 'odd' })
})

test('what is less than a warning is left out', () => {
  const lines = captured()
  stderrLogger().info({}, 'chatter')
  stderrLogger().debug({}, 'chatter')
  expect(lines).toEqual([])
})
