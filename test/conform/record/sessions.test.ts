/** A recording of several sessions is several captures. */
import { describe, expect, test } from 'vitest'
import { type Happening, isHttpEvent, readCapture } from '../../../src/conform/record/capture.ts'
import { mainSession, sessionsOf } from '../../../src/conform/record/sessions.ts'
import {
  answered,
  capture,
  get,
  greeted,
  greeting,
  handshake,
  ping,
  pipeHandshake,
  pipes,
  pong,
  post
} from './captures.ts'

const begins = (exchange: number, session: string): [number, Happening][] =>
  answered(exchange, post(greeting), greeted, 200, [['Mcp-Session-Id', session]])
const pings = (exchange: number, session: string, status = 200): [number, Happening][] =>
  answered(exchange, post(ping(exchange), [['mcp-session-id', session]]), pong(exchange), status)
const numbers = (text: string): number[][] =>
  sessionsOf(readCapture(text)).map(({ events }) => [
    ...new Set(events.filter(isHttpEvent).map(({ exchange }) => exchange))
  ])

describe('the sessions of a capture', () => {
  test('are told apart by their ids, also when they take turns', () => {
    const text = capture(...begins(1, 'a'), ...begins(2, 'b'), ...pings(3, 'a'), ...pings(4, 'b'), ...pings(5, 'a'))
    expect(numbers(text)).toEqual([
      [1, 3, 5],
      [2, 4]
    ])
  })

  test('are told apart by their beginnings where there are no ids', () => {
    const again = answered(3, post(greeting), greeted)
    const text = capture(
      ...handshake,
      ...answered(2, post(ping(1)), pong(1)),
      ...again,
      ...answered(4, post(ping(1)), pong(1))
    )
    expect(numbers(text)).toEqual([
      [1, 2],
      [3, 4]
    ])
  })

  test('are one where the client only looked whether anybody is there, and came back', () => {
    const text = capture(...begins(1, 'a'), [2, get([['mcp-session-id', 'a']])], ...begins(3, 'b'), ...pings(4, 'b'))
    expect(numbers(text)).toEqual([[1, 2, 3, 4]])
    const main = mainSession(readCapture(text))
    expect(main.events.filter(isHttpEvent).map(({ exchange }) => exchange)).not.toContain(1)
  })

  test('keep what was refused before the first, and what carries an id that was never given', () => {
    const refused = answered(1, post(ping(1)), {}, 400)
    expect(numbers(capture(...refused, ...begins(2, 'a'), ...pings(3, 'who?', 404), ...pings(4, 'a')))).toEqual([
      [1, 2, 3, 4]
    ])
  })

  test('are one on stdio', () => {
    const given = readCapture(pipes(...pipeHandshake, ['client', ping(1)], ['server', pong(1)]))
    expect(sessionsOf(given)).toEqual([given])
    expect(mainSession(given)).toEqual(given)
  })
})
