/** The event log in memory: what is kept of each stream, and what is given up. */
import { expect, test } from 'vitest'
import { defaultLimits, type Limits } from '../../src/protocol/limits.ts'
import { MemoryLog } from '../../src/protocol/memory.ts'
import { TestClock } from '../support/clock.ts'

function logOf(bounds: Partial<Limits> = {}): { log: MemoryLog; clock: TestClock } {
  const clock = new TestClock()
  return { log: new MemoryLog(clock, { ...defaultLimits, ...bounds }), clock }
}

const texts = (log: MemoryLog, after: string, session = 's'): string[] | undefined =>
  log.after(session, after)?.events.map((event) => event.text)

test('what followed an event is given back in order, with its ids', () => {
  const { log } = logOf()
  const ids = ['a', 'b', 'c'].map((text) => log.append('s', 'x', text))
  expect(new Set(ids).size).toBe(3)
  expect(log.after('s', ids[0] as string)).toEqual({
    stream: 'x',
    events: [
      { id: ids[1], text: 'b' },
      { id: ids[2], text: 'c' }
    ],
    ended: false
  })
})

test('after the last event there is nothing, yet', () => {
  const { log } = logOf()
  const id = log.append('s', 'x', 'a')
  expect(log.after('s', id)).toEqual({ stream: 'x', events: [], ended: false })
})

test('an ended stream says so', () => {
  const { log } = logOf()
  const id = log.append('s', 'x', 'a')
  log.end('s', 'x')
  expect(log.after('s', id)?.ended).toBe(true)
})

test('ids are never shared between streams', () => {
  const { log } = logOf()
  const ids = ['x', 'y', 'x', 'y', 'x.1'].map((stream) => log.append('s', stream, stream))
  expect(new Set(ids).size).toBe(ids.length)
})

test('only events of the same stream come back', () => {
  const { log } = logOf()
  const first = log.append('s', 'x', 'x1')
  log.append('s', 'y', 'y1')
  log.append('s', 'x', 'x2')
  expect(texts(log, first)).toEqual(['x2'])
})

test.each(['', 'x', 'x.', 'x.0', 'x.2', 'x.01', 'x.1 ', 'x.-1', 'x.1e0', 'x.1.0', 'x.0x1', 'y.1', '.1', '__proto__.1'])(
  '%j is no id of an event',
  (id) => {
    const { log } = logOf()
    log.append('s', 'x', 'a')
    expect(log.after('s', id)).toBeUndefined()
  }
)

test('an event of another session is unknown', () => {
  const { log } = logOf()
  expect(log.after('other', log.append('s', 'x', 'a'))).toBeUndefined()
})

test('at most logEvents are kept; the place before them is the last to resume from', () => {
  const { log } = logOf({ logEvents: 2 })
  const ids = ['a', 'b', 'c', 'd'].map((text) => log.append('s', 'x', text))
  expect(texts(log, ids[0] as string)).toBeUndefined()
  expect(texts(log, ids[1] as string)).toEqual(['c', 'd'])
  expect(texts(log, ids[3] as string)).toEqual([])
})

test('at most logBytes are kept', () => {
  const { log } = logOf({ logBytes: 10 })
  const ids = ['aaaa', 'bbbb', 'cccc'].map((text) => log.append('s', 'x', text))
  expect(texts(log, ids[0] as string)).toEqual(['bbbb', 'cccc'])
  log.append('s', 'x', 'dddd')
  expect(texts(log, ids[0] as string)).toBeUndefined()
  expect(texts(log, ids[1] as string)).toEqual(['cccc', 'dddd'])
})

test('the newest event is kept whatever its size, until another one comes', () => {
  const { log } = logOf({ logBytes: 10 })
  const before = log.append('s', 'x', 'a')
  const large = log.append('s', 'x', 'b'.repeat(11))
  expect(texts(log, before)).toEqual(['b'.repeat(11)])
  log.append('s', 'x', 'c')
  expect(texts(log, before)).toBeUndefined()
  expect(texts(log, large)).toEqual(['c'])
})

test('ended streams together hold at most logStreams times logBytes', () => {
  const { log } = logOf({ logStreams: 2, logBytes: 10 })
  const ids = ['x', 'y'].map((stream) => {
    const id = log.append('s', stream, 'a')
    log.append('s', stream, 'b'.repeat(15))
    log.end('s', stream)
    return id
  })
  expect(ids.map((id) => log.after('s', id) !== undefined)).toEqual([false, true])
})

test('each stream has bounds of its own', () => {
  const { log } = logOf({ logEvents: 1 })
  const x = log.append('s', 'x', 'x1')
  log.append('s', 'y', 'y1')
  log.append('s', 'y', 'y2')
  expect(texts(log, x)).toEqual([])
})

test('an ended stream is forgotten after logKeptMs', () => {
  const { log, clock } = logOf({ logKeptMs: 1000 })
  const id = log.append('s', 'x', 'a')
  log.end('s', 'x')
  clock.pass(999)
  expect(texts(log, id)).toEqual([])
  clock.pass(1)
  expect(log.after('s', id)).toBeUndefined()
})

test('a stream that has not ended is kept as long as its session', () => {
  const { log, clock } = logOf({ logKeptMs: 1000 })
  const id = log.append('s', 'x', 'a')
  clock.pass(100_000)
  expect(texts(log, id)).toEqual([])
})

test('of ended streams at most logStreams are kept, and the oldest goes first', () => {
  const { log } = logOf({ logStreams: 2 })
  const ids = ['x', 'y', 'z'].map((stream) => {
    const id = log.append('s', stream, stream)
    log.end('s', stream)
    return id
  })
  expect(ids.map((id) => log.after('s', id) !== undefined)).toEqual([false, true, true])
})

test('a running stream does not count among the ended ones', () => {
  const { log } = logOf({ logStreams: 1 })
  const running = log.append('s', 'running', 'a')
  for (const stream of ['x', 'y', 'z']) {
    log.append('s', stream, stream)
    log.end('s', stream)
  }
  expect(texts(log, running)).toEqual([])
})

test('a forgotten session leaves nothing, not even a timer', () => {
  const { log, clock } = logOf()
  const id = log.append('s', 'x', 'a')
  log.end('s', 'x')
  log.forget('s')
  expect(log.after('s', id)).toBeUndefined()
  expect(clock.pending).toBe(0)
})
