import { expect, test } from 'vitest'
import type { Frame } from '../../../src/conform/peer.ts'
import { ownFrames, told, wordsOf } from '../../../src/conform/report/exchange.ts'
import { exchange } from './sample.ts'

const stdio = (from: Frame['from'], text: string): Frame => ({
  atMs: 0,
  session: 'main',
  stream: 'messages',
  from,
  text
})

test('handshake, case and farewell are told apart over HTTP', () => {
  const parts = told(exchange()).map(({ part }) => part)
  expect(parts).toEqual([...Array(7).fill('handshake'), ...Array(4).fill('case'), 'leave', 'leave'])
})

test('handshake and case are told apart on stdio, where all messages share a stream', () => {
  const frames = [
    stdio('client', '{"jsonrpc":"2.0","id":999001,"method":"initialize"}'),
    stdio('server', '{"jsonrpc":"2.0","id":999001,"result":{}}'),
    stdio('client', '{"jsonrpc":"2.0","method":"notifications/initialized"}'),
    stdio('client', '{"jsonrpc":"2.0","id":1,"method":"ping"}'),
    stdio('server', '{"jsonrpc":"2.0","id":1,"result":{}}')
  ]
  expect(ownFrames(frames)).toEqual(frames.slice(3))
})

test('a second session has a handshake and a farewell of its own', () => {
  const second = exchange().map((frame) => ({ ...frame, session: 'second' }))
  const parts = told([...exchange(), ...second]).map(({ part }) => part)
  expect(parts.filter((part) => part === 'case')).toHaveLength(8)
  expect(parts.filter((part) => part === 'leave')).toHaveLength(4)
})

test('what a case itself sends of a handshake is its own', () => {
  const frames = exchange()
  const again = { ...(frames[3] as Frame), stream: '#9' }
  expect(ownFrames([...frames.slice(0, 7), again])).toEqual([again])
})

test('a DELETE that the case sends before the farewell is its own', () => {
  const frames = exchange()
  const own = frames.slice(-2).map((frame) => ({ ...frame, stream: '#6' }))
  expect(ownFrames([...frames.slice(0, 7), ...own, ...frames.slice(-2)])).toEqual(own)
})

test('a DELETE that is all a case sends is its own', () => {
  const only = exchange().slice(-2)
  expect(told(only).map(({ part }) => part)).toEqual(['case', 'case'])
})

test('when nothing but the handshake was said, it is what there is to see', () => {
  const frames = exchange().slice(0, 3)
  expect(ownFrames(frames)).toEqual(frames)
})

test('of the headers of a request only the unusual are said, and that a usual one is missing', () => {
  const url = 'http://h/mcp?x=1'
  const frame: Frame = {
    ...(exchange()[7] as Frame),
    request: { method: 'POST', url, headers: { Accept: 'text/plain' } }
  }
  expect(wordsOf(frame)).toMatchObject({
    arrow: '→',
    head: 'POST /mcp?x=1',
    headers: ['Accept: text/plain', '(no content-type)']
  })
})

test('an event is said with what it carried', () => {
  const frame: Frame = { atMs: 0, session: 'main', stream: 's', from: 'server', sse: { id: '7', retry: 10 }, text: 'x' }
  expect(wordsOf(frame)).toEqual({ arrow: '←', head: 'event (id: 7, retry: 10)', headers: [], text: 'x' })
})
