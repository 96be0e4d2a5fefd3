/** One stream over a log that answers at once, and over one that takes its time. */
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../src/protocol/limits.ts'
import { MemoryLog } from '../../src/protocol/memory.ts'
import type { EventLog } from '../../src/protocol/ports.ts'
import { Stream } from '../../src/protocol/stream.ts'
import { TestClock } from '../support/clock.ts'
import { turns } from '../support/gate.ts'
import { RecordingReader } from '../support/recording.ts'

const memory = (): EventLog => new MemoryLog(new TestClock(), defaultLimits)

/** The same, a turn of the event loop later; the first answers take longest. */
function late(): EventLog {
  const log = memory()
  let hurry = 6
  const wait = async (): Promise<void> => {
    hurry = Math.max(1, hurry - 1)
    await turns(hurry)
  }
  return {
    append: async (...of) => wait().then(() => log.append(...of)),
    end: async (...of) => wait().then(() => log.end(...of)),
    after: async (...of) => wait().then(() => log.after(...of)),
    forget: async (...of) => wait().then(() => log.forget(...of))
  }
}

const texts = (reader: RecordingReader): string[] => reader.events.map(({ text }) => text)
const settled = (): Promise<void> => turns(60)

describe.each<[string, () => EventLog]>([
  ['a log that answers at once', memory],
  ['a log that takes its time', late]
])('over %s', (_, makeLog) => {
  const make = (log = makeLog()): { stream: Stream; log: EventLog; failures: unknown[] } => {
    const failures: unknown[] = []
    return { stream: new Stream('x', 1, 's', log, (error) => failures.push(error)), log, failures }
  }

  test('a reader gets what is pushed, in order, and the end', async () => {
    const { stream } = make()
    const reader = new RecordingReader()
    stream.attach(reader)
    for (const text of ['1', '2', '3']) stream.push(text)
    stream.end()
    await settled()
    expect(texts(reader)).toEqual(['1', '2', '3'])
    expect(reader.ended).toBe(true)
  })

  test('a reader that comes back gets what it missed and then what follows', async () => {
    const { stream } = make()
    const first = new RecordingReader()
    stream.attach(first)
    stream.push('1')
    await settled()
    stream.detach(first)
    stream.push('2')
    const second = new RecordingReader()
    const resumed = stream.resume(second, first.events[0]?.id as string)
    stream.push('3')
    stream.end()
    expect(await resumed).toBe(true)
    await settled()
    expect(texts(second)).toEqual(['2', '3'])
    expect(second.ended).toBe(true)
  })

  test('a second reader takes over from the first', async () => {
    const { stream } = make()
    const [first, second] = [new RecordingReader(), new RecordingReader()]
    stream.attach(first)
    stream.attach(second)
    stream.push('1')
    await settled()
    expect(first.ended).toBe(true)
    expect(texts(first)).toEqual([])
    expect(texts(second)).toEqual(['1'])
  })

  test('the loss of a reader that was taken over from is no loss', async () => {
    const { stream } = make()
    const [first, second] = [new RecordingReader(), new RecordingReader()]
    stream.attach(first)
    stream.attach(second)
    await settled()
    stream.detach(first)
    stream.push('1')
    await settled()
    expect(stream.live).toBe(true)
    expect(texts(second)).toEqual(['1'])
  })

  test('a reader that comes after the end is ended', async () => {
    const { stream } = make()
    stream.end()
    const reader = new RecordingReader()
    stream.attach(reader)
    await settled()
    expect(reader.ended).toBe(true)
    expect(stream.live).toBe(false)
  })

  test('what is pushed after the end is not kept', async () => {
    const { stream, log } = make()
    const reader = new RecordingReader()
    stream.attach(reader)
    stream.push('1')
    stream.end()
    stream.push('2')
    await settled()
    expect((await log.after('s', reader.events[0]?.id as string))?.events).toEqual([])
  })

  test('a place that is gone resumes nothing', async () => {
    const { stream } = make()
    const reader = new RecordingReader()
    expect(await stream.resume(reader, 'x.9')).toBe(false)
    expect(stream.live).toBe(false)
  })
})

test('a log that fails is reported, and the events after it still come', async () => {
  const log = memory()
  let fail = true
  const broken: EventLog = {
    append: async (...of) => {
      if (fail) throw new Error('the log is gone')
      return log.append(...of)
    },
    end: (...of) => log.end(...of),
    after: (...of) => log.after(...of),
    forget: (...of) => log.forget(...of)
  }
  const failures: unknown[] = []
  const stream = new Stream('x', 1, 's', broken, (error) => failures.push(error))
  const reader = new RecordingReader()
  stream.attach(reader)
  stream.push('1')
  await turns()
  fail = false
  stream.push('2')
  await turns()
  expect(failures).toHaveLength(1)
  expect(texts(reader)).toEqual(['2'])
})
