import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { corpusDirectory } from '../../src/conform/fixture.ts'
import { Inbox } from '../../src/conform/inbox.ts'
import type { Json } from '../../src/conform/json.ts'
import { definitionsOf, judgeStructure } from '../../src/conform/structure.ts'

const definitions = definitionsOf(JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8')))

/** The definitions that an answer breaks, given what was asked and by which HTTP method. */
function broken(answer: Json | string, { asked, status = 200 }: { asked?: Json; status?: number } = {}): string[] {
  const inbox = new Inbox()
  const stream = inbox.open(undefined, () => undefined)
  stream.head = { status, headers: {} }
  inbox.ask(asked)
  inbox.arrive(stream, typeof answer === 'string' ? answer : JSON.stringify(answer))
  return judgeStructure([inbox], definitions).faults.map(({ definition }) => definition)
}

const ping = (id: Json): Json => ({ jsonrpc: '2.0', id, method: 'ping' })

test('a result is judged by the method that was asked under its id', () => {
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  expect(broken({ jsonrpc: '2.0', id: 1, result: { tools: {} } }, { asked: list })).toEqual(['ListToolsResult'])
  expect(broken({ jsonrpc: '2.0', id: 2, result: { tools: {} } }, { asked: list })).toEqual([])
})

test('an error may lack its id or have null, a result may not', () => {
  const error = { code: -32700, message: 'no' }
  expect(broken({ jsonrpc: '2.0', error })).toEqual([])
  expect(broken({ jsonrpc: '2.0', id: null, error })).toEqual([])
  expect(broken({ jsonrpc: '2.0', id: null, result: {} })).toEqual(['JSONRPCResponse'])
})

test('an id that the client made up against the rules may be repeated, another may not be made up', () => {
  expect(broken({ jsonrpc: '2.0', id: 1.5, result: {} }, { asked: ping(1.5) })).toEqual([])
  expect(broken({ jsonrpc: '2.0', id: 1.5, result: {} }, { asked: ping(1) })).toEqual(['JSONRPCResponse'])
})

test('a refusal may be any document, unless it calls itself JSON-RPC', () => {
  expect(broken({ title: 'Bad Request' }, { status: 400 })).toEqual([])
  expect(broken({ jsonrpc: '1.0', id: 1, result: {} }, { status: 400 })).toEqual(['JSONRPCResponse'])
  expect(broken({ ok: true })).toEqual(['JSONRPCMessage'])
})

test('what is no JSON is a fault, and counted', () => {
  expect(broken('oops')).toEqual(['JSONRPCMessage'])
})
