/** Decisions of the machine, each alone: requests, cancels, progress, log messages, changes. */
import { expect, test } from 'vitest'
import type { Effect } from '../../src/protocol/machine.ts'
import { loggingLevels, type RequestId } from '../../src/protocol/types/index.ts'
import { did, Machine } from '../support/machine.ts'

test('a request is run, and its id is free again when it is settled', () => {
  const machine = new Machine()
  expect(did(machine.request(1))).toEqual(['run tools/call'])
  expect(did(machine.request(1))).toEqual(['refuse duplicateId'])
  expect(machine.tell({ is: 'settled', request: 1 })).toEqual([])
  expect(did(machine.request(1))).toEqual(['run tools/call'])
})

test('a duplicate leaves the first request running', () => {
  const machine = new Machine()
  machine.request(1)
  machine.request(1)
  expect(did(machine.cancel(1))).toEqual(['accept', 'stop 1', 'end 1'])
})

test('1 and "1" are two ids', () => {
  const machine = new Machine()
  expect(did(machine.request(1))).toEqual(['run tools/call'])
  expect(did(machine.request('1'))).toEqual(['run tools/call'])
  expect(did(machine.cancel('1'))).toEqual(['accept', 'stop "1"', 'end "1"'])
  expect(machine.state.requests.has(1)).toBe(true)
})

test.each(['ping', 'logging/setLevel', 'tools/list'])('%s with an id in use is a duplicate', (method) => {
  const machine = new Machine()
  machine.request(1)
  expect(did(machine.request(1, method, { level: 'debug' }))).toEqual(['refuse duplicateId'])
})

test('a refused request takes no id', () => {
  const machine = new Machine()
  expect(did(machine.request(1, 'nope'))).toEqual(['refuse unknownMethod'])
  expect(did(machine.request(1, 'tools/call', {}))).toEqual(['refuse invalidParams'])
  expect(did(machine.request(1))).toEqual(['run tools/call'])
})

test('past the most in flight a request is refused, and a ping answered', () => {
  const machine = new Machine({}, 1)
  machine.request(1)
  expect(did(machine.request(2))).toEqual(['refuse tooManyRequests'])
  expect(did(machine.request(3, 'ping', {}))).toEqual(['answer 3'])
})

test('checks come in order: method, capability, params', () => {
  const machine = new Machine({ offered: { logging: {} } })
  expect(did(machine.request(1, 'nope', {}))).toEqual(['refuse unknownMethod'])
  expect(did(machine.request(1, 'tools/call', {}))).toEqual(['refuse notOffered'])
  expect(did(new Machine().request(1, 'tools/call', {}))).toEqual(['refuse invalidParams'])
})

test('subscribing needs the member subscribe, not the capability alone', () => {
  const machine = new Machine({ offered: { resources: {} } })
  expect(did(machine.request(1, 'resources/subscribe', { uri: 'a:b' }))).toEqual(['refuse notOffered'])
})

test('a method of Object.prototype is unknown', () => {
  for (const method of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
    expect(did(new Machine().request(1, method, {}))).toEqual(['refuse unknownMethod'])
})

test.each<[string, unknown]>([
  ['never used', 9],
  ['of the other type', '1'],
  ['null', null],
  ['missing', undefined],
  ['an object', {}]
])('a cancel of an id that is %s changes nothing', (_, id) => {
  const machine = new Machine()
  machine.request(1)
  const effects = did(machine.cancel(id)).filter((effect) => effect !== 'warn')
  expect(effects).toEqual(['accept'])
  expect(machine.state.requests.size).toBe(1)
})

test.each<RequestId>([0, ''])('the id %j can be cancelled', (id) => {
  const machine = new Machine()
  machine.request(id)
  expect(did(machine.cancel(id))[1]).toBe(`stop ${JSON.stringify(id)}`)
})

test('a cancel of a finished request changes nothing', () => {
  const machine = new Machine()
  machine.request(1)
  machine.tell({ is: 'settled', request: 1 })
  expect(did(machine.cancel(1))).toEqual(['accept'])
})

test('the reason of a cancel reaches the handler', () => {
  const machine = new Machine()
  machine.request(1)
  const effects = machine.notify('notifications/cancelled', { requestId: 1, reason: 'no longer wanted' })
  expect(effects[1]).toEqual({ do: 'stop', request: 1, reason: 'no longer wanted' })
})

test('a cancel with open questions withdraws them, wakes the handler and then ends', () => {
  const machine = new Machine()
  machine.request(1)
  machine.ask('a', 1)
  machine.ask('b', 1)
  expect(did(machine.cancel(1))).toEqual([
    'accept',
    'stop 1',
    'send notifications/cancelled on 1',
    'wake a cancelled',
    'send notifications/cancelled on 1',
    'wake b cancelled',
    'end 1'
  ])
})

test('unknown and malformed notifications are accepted and change nothing', () => {
  const machine = new Machine()
  for (const method of ['nope', 'tools/call', 'notifications/message', 'notifications/progress'])
    expect(did(machine.notify(method))).toEqual(['accept', 'warn'])
  expect(did(machine.notify('notifications/roots/list_changed'))).toEqual(['accept'])
})

const withToken = (progressToken: string | number): Record<string, unknown> => ({ name: 'a', _meta: { progressToken } })
const progress = (machine: Machine, ...values: number[]): unknown[] =>
  values
    .flatMap((value) => machine.tell({ is: 'progressed', request: 1, step: { progress: value } }))
    .filter((effect): effect is Effect & { do: 'send' } => effect.do === 'send')
    .map(({ text }) => JSON.parse(text).params.progress)

test.each<string | number>(['t', '', 0, 7])('progress carries the very token %j', (token) => {
  const machine = new Machine()
  machine.request(1, 'tools/call', withToken(token))
  const [effect] = machine.tell({ is: 'progressed', request: 1, step: { progress: 1, total: 2, message: 'm' } })
  expect(effect).toMatchObject({ do: 'send', on: 1, loose: true })
  expect(JSON.parse((effect as Effect & { do: 'send' }).text).params).toEqual({
    progressToken: token,
    progress: 1,
    total: 2,
    message: 'm'
  })
})

test('without a token there is no progress', () => {
  const machine = new Machine()
  machine.request(1)
  expect(progress(machine, 1)).toEqual([])
})

test('progress that does not rise is dropped', () => {
  const machine = new Machine()
  machine.request(1, 'tools/call', withToken('t'))
  expect(progress(machine, -5, 0, 0, 1, 0.5, 1, 1.5)).toEqual([-5, 0, 1, 1.5])
})

test('progress that is no finite number is dropped', () => {
  const machine = new Machine()
  machine.request(1, 'tools/call', withToken('t'))
  expect(progress(machine, Number.NaN, Number.POSITIVE_INFINITY, 1)).toEqual([1])
})

test('a total that is no finite number is not sent as null', () => {
  const machine = new Machine()
  machine.request(1, 'tools/call', withToken('t'))
  const step = { progress: 1, total: Number.NaN }
  const [effect] = machine.tell({ is: 'progressed', request: 1, step })
  expect(JSON.parse((effect as Effect & { do: 'send' }).text).params).toEqual({ progressToken: 't', progress: 1 })
})

test('after the end of its request progress and log messages are dropped', () => {
  const machine = new Machine()
  machine.request(1, 'tools/call', withToken('t'))
  machine.tell({ is: 'settled', request: 1 })
  expect(progress(machine, 1)).toEqual([])
  expect(machine.tell({ is: 'logged', request: 1, level: 'error', data: 'a', logger: undefined })).toEqual([])
})

const heard = (machine: Machine): string[] =>
  loggingLevels.filter(
    (level) => machine.tell({ is: 'logged', request: 1, level, data: level, logger: undefined }).length > 0
  )

test('log messages below the level are not sent; the level is info at first', () => {
  const machine = new Machine()
  machine.request(1)
  expect(heard(machine)).toEqual(loggingLevels.slice(loggingLevels.indexOf('info')))
})

test.each(loggingLevels)('from level %s on log messages are sent', (level) => {
  const machine = new Machine()
  machine.request(1)
  expect(did(machine.request(2, 'logging/setLevel', { level }))).toEqual(['remember level', 'answer 2'])
  expect(heard(machine)).toEqual(loggingLevels.slice(loggingLevels.indexOf(level)))
})

test.each(['loud', '', 'INFO', 7, null])('%j is no level, and the level stays', (level) => {
  const machine = new Machine()
  expect(did(machine.request(2, 'logging/setLevel', { level }))).toEqual(['refuse wrongLevel'])
  expect(machine.state.session.level).toBe('info')
})

test('a log message without data says null, for the member is required', () => {
  const machine = new Machine()
  machine.request(1)
  const [effect] = machine.tell({ is: 'logged', request: 1, level: 'error', data: undefined, logger: 'l' })
  const params = JSON.parse((effect as Effect & { do: 'send' }).text).params
  expect(params).toEqual({ level: 'error', logger: 'l', data: null })
})

test('only subscribers hear of an update', () => {
  const machine = new Machine({ subscriptions: ['a://b'] })
  expect(did(machine.tell({ is: 'updated', uri: 'a://b' }))).toEqual([
    'send notifications/resources/updated on undefined'
  ])
  expect(machine.tell({ is: 'updated', uri: 'a://c' })).toEqual([])
})

test.each(['tools', 'resources', 'prompts'] as const)('a change of %s is told where it was offered', (list) => {
  expect(did(new Machine().tell({ is: 'changed', list }))).toEqual([
    `send notifications/${list}/list_changed on undefined`
  ])
  expect(new Machine({ offered: {} }).tell({ is: 'changed', list })).toEqual([])
})

test('the end of a session cancels every request', () => {
  const machine = new Machine()
  machine.request(1)
  machine.request(2)
  machine.ask('a', 2)
  expect(did(machine.tell({ is: 'ended', reason: 'over' }))).toEqual([
    'stop 1',
    'end 1',
    'stop 2',
    'send notifications/cancelled on 2',
    'wake a cancelled',
    'end 2'
  ])
})
