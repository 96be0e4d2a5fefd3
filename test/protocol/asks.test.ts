/** Questions to the client, as the machine decides about them. */
import { expect, test } from 'vitest'
import { did, Machine } from '../support/machine.ts'

const roots = { roots: [] }

test('a question goes out on the stream of the call that asks, and its answer wakes the handler', () => {
  const machine = new Machine()
  machine.request(1)
  expect(did(machine.ask('a', 1))).toEqual(['send roots/list on 1'])
  expect(did(machine.answer('a', roots))).toEqual(['accept', 'wake a'])
})

test('before notifications/initialized a question is held, and sent then', () => {
  const machine = new Machine({ ready: false })
  machine.request(1)
  expect(machine.ask('a', 1)).toEqual([])
  expect(did(machine.notify('notifications/initialized'))).toEqual(['accept', 'remember ready', 'send roots/list on 1'])
})

test('a second notifications/initialized sends nothing again', () => {
  const machine = new Machine({ ready: false })
  machine.request(1)
  machine.ask('a', 1)
  machine.notify('notifications/initialized')
  expect(did(machine.notify('notifications/initialized'))).toEqual(['accept'])
})

test('notifications/initialized with an id is refused, and yet it is heard', () => {
  const machine = new Machine({ ready: false })
  expect(did(machine.request(1, 'notifications/initialized', {}))).toEqual(['refuse unknownMethod', 'remember ready'])
})

test('an answer to a held question is ignored: nobody can know of it', () => {
  const machine = new Machine({ ready: false })
  machine.request(1)
  machine.ask('a', 1)
  expect(did(machine.answer('a', roots))).toEqual(['accept', 'warn'])
  expect(machine.state.asks.size).toBe(1)
})

test('a held question whose call is cancelled is never sent', () => {
  const machine = new Machine({ ready: false })
  machine.request(1)
  machine.ask('a', 1)
  expect(did(machine.cancel(1))).toEqual(['accept', 'stop 1', 'wake a cancelled', 'end 1'])
  expect(did(machine.notify('notifications/initialized'))).toEqual(['accept', 'remember ready'])
})

test('a question that is due is cancelled on the wire and fails', () => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  expect(did(machine.tell({ is: 'due', ask: 'a' }))).toEqual(['send notifications/cancelled on 1', 'wake a timeout'])
})

test('a held question that is due fails without a word', () => {
  const machine = new Machine({ ready: false })
  machine.request(1)
  machine.ask('a', 1)
  expect(did(machine.tell({ is: 'due', ask: 'a' }))).toEqual(['wake a timeout'])
})

test('a question that was answered is never due', () => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  machine.answer('a', roots)
  expect(machine.tell({ is: 'due', ask: 'a' })).toEqual([])
})

test.each<[string, (machine: Machine) => void]>([
  ['after a timeout', (machine) => machine.tell({ is: 'due', ask: 'a' })],
  ['after the cancel of its call', (machine) => machine.cancel(1)],
  ['after the end of its call', (machine) => machine.tell({ is: 'settled', request: 1 })],
  ['a second time', (machine) => machine.answer('a', roots)]
])('an answer %s is ignored', (_, before) => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  before(machine)
  expect(did(machine.answer('a', roots))).toEqual(['accept', 'warn'])
})

test('an answer with an id of the other type is ignored', () => {
  const machine = new Machine()
  machine.request(1)
  machine.ask(7, 1)
  expect(did(machine.answer('7', roots))).toEqual(['accept', 'warn'])
  expect(did(machine.answer(7, roots))).toEqual(['accept', 'wake 7'])
})

test('a call that ends without waiting takes its question back', () => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  expect(did(machine.tell({ is: 'settled', request: 1 }))).toEqual([
    'send notifications/cancelled on 1',
    'wake a cancelled'
  ])
})

test('a question of a call that has ended fails', () => {
  expect(did(new Machine().ask('a', 1))).toEqual(['wake a cancelled'])
})

test('a question that the client did not declare fails, and nothing is sent', () => {
  const machine = new Machine({ client: { info: { name: 'a', version: '0' }, capabilities: {} } })
  machine.request(1)
  expect(did(machine.ask('a', 1))).toEqual(['wake a unsupported'])
})

test('a ping needs no capability', () => {
  const machine = new Machine({ client: { info: { name: 'a', version: '0' }, capabilities: {} } })
  machine.request(1)
  expect(did(machine.tell({ is: 'asked', ask: 'a', request: 1, method: 'ping', params: undefined }))).toEqual([
    'send ping on 1'
  ])
})

test('an error of the client fails the question with its message', () => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  const error = { code: -1, message: 'not now' }
  const effects = machine.tell({ is: 'arrived', message: { is: 'response', id: 'a', error } })
  expect(effects[1]).toMatchObject({ answer: { failure: { reason: 'refused', message: 'Roots failed: not now' } } })
})

test.each([{}, { roots: 7 }, { roots: [{}] }])('the malformed answer %j fails the question', (result) => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  expect(did(machine.answer('a', result as Record<string, unknown>))).toEqual(['accept', 'wake a invalid'])
})

test('a client cannot cancel a question of ours', () => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  expect(did(machine.cancel('a'))).toEqual(['accept'])
  expect(machine.state.asks.size).toBe(1)
})

test('an id of a question may be the id of a request: the spaces are two', () => {
  const machine = new Machine()
  machine.request('a')
  machine.ask('a', 'a')
  expect(did(machine.answer('a', roots))).toEqual(['accept', 'wake a'])
  expect(machine.state.requests.has('a')).toBe(true)
})
