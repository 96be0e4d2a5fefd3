/** The error table: every row names a requirement that exists, on the page and in the section that it says. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { retryAfter, statusOf } from '../../src/http/status.ts'
import { AskError, type ErrorName, errorTable, ProtocolError, ToolError } from '../../src/protocol/errors.ts'

interface Requirement {
  id: string
  page: string
  anchor: string
}

const { requirements } = JSON.parse(
  readFileSync(new URL('../../spec-fixtures/requirements.json', import.meta.url), 'utf8')
) as { requirements: Requirement[] }
const byId = new Map(requirements.map((requirement) => [requirement.id, requirement]))
const sections = new Set(requirements.map(({ page, anchor }) => `${page}#${anchor}`))
const rows = Object.entries(errorTable) as [ErrorName, (typeof errorTable)[ErrorName]][]

test.each(rows)('%s names a requirement of the index', (_, { requirement }) => {
  expect(byId.has(requirement)).toBe(true)
})

test.each(rows)('%s names a section of the page that its requirement is on', (_, { requirement, section }) => {
  expect(sections).toContain(section)
  expect(section.split('#')[0]).toBe(byId.get(requirement)?.page)
})

test.each(rows)('%s says one short sentence', (_, { message }) => {
  const text = message('x')
  expect(text).toMatch(/^\S.*\S$/)
  expect(text.length).toBeLessThanOrEqual(80)
  expect(text).not.toMatch(/[\n\r]|\. |\.$/)
})

test.each(rows)('%s has a code that JSON-RPC or MCP knows', (_, { code }) => {
  const known = [-32700, -32600, -32601, -32602, -32603, -32002]
  expect(known.includes(code) || (code <= -32000 && code >= -32099)).toBe(true)
})

test.each(rows)('%s earns a status, and a pause where one makes sense', (name) => {
  const status = statusOf(name)
  expect([200, 400, 401, 403, 404, 405, 406, 413, 415, 429, 500, 503]).toContain(status)
  expect(retryAfter(status)).toBe(status === 429 || status === 503 ? '1' : undefined)
})

test('a ProtocolError gives its row, and with teach what it taught', () => {
  const error = new ProtocolError('unknownTool', { subject: 'nope', expected: 'a tool', received: 'nope' })
  expect(error.requirement).toBe('TOOLS-34')
  expect(error.body(false)).toEqual({ code: -32602, message: 'Unknown tool: nope' })
  expect(error.body(true).data).toMatchObject({ requirement: 'TOOLS-34', expected: 'a tool', received: 'nope' })
})

test('data of the error itself is there without teach', () => {
  const error = new ProtocolError('resourceNotFound', { data: { uri: 'a://b' } })
  expect(error.body(false).data).toEqual({ uri: 'a://b' })
})

test('what came is cut to 200 characters, as JSON where it is no text', () => {
  const received = (value: unknown): unknown =>
    new ProtocolError('invalidParams', { received: value }).body(true).data?.['received']
  expect(received('a'.repeat(200))).toBe('a'.repeat(200))
  expect(received('a'.repeat(201))).toBe(`${'a'.repeat(200)}…`)
  expect(received({ a: 1 })).toEqual({ a: 1 })
  expect(String(received({ a: 'b'.repeat(300) }))).toHaveLength(201)
  expect(received(null)).toBeNull()
})

test('an AskError is a ToolError, so that a tool which does not catch it fails with its message', () => {
  expect(new AskError('timeout', 'too late')).toBeInstanceOf(ToolError)
})
