/** Conversations made up from a row of numbers, as captures: whatever the numbers, they could have been recorded. */
import type { Json } from '../../../src/conform/json.ts'
import type { Happening, PipeHappening } from '../../../src/conform/record/capture.ts'
import { capture, frame, get, greeted, greeting, initialized, json, pipes, post, stream } from './captures.ts'

interface Running {
  id: number
  exchange: number
  token: number | undefined
  answers: 'body' | 'stream'
}

/** What both transports have in common: who could speak next, and what they could say. */
class Chance {
  readonly #numbers: number[]
  #at = 0

  constructor(numbers: number[]) {
    this.#numbers = numbers
  }

  get over(): boolean {
    return this.#at >= this.#numbers.length
  }

  below(count: number): number {
    return count === 0 ? 0 : (this.#numbers[this.#at++] ?? 0) % count
  }
}

const call = (id: number, token: number | undefined): Json => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'a', ...(token === undefined ? {} : { _meta: { progressToken: token } }) }
})
const result = (id: number): Json => ({ jsonrpc: '2.0', id, result: { content: [] } })
const progress = (progressToken: number, step: number): Json => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken, progress: step }
})
const log = (step: number): Json => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level: 'info', data: step }
})
const ask = (id: number): Json => ({ jsonrpc: '2.0', id, method: 'roots/list' })
const reply = (id: number): Json => ({ jsonrpc: '2.0', id, result: { roots: [] } })
const cancel = (requestId: number): Json => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId }
})

/** A conversation on stdio. */
export function onPipes(numbers: number[]): string {
  const chance = new Chance(numbers)
  const events: (PipeHappening | ['client' | 'server', ...Json[]])[] = [
    ['client', greeting],
    ['server', greeted],
    ['client', initialized]
  ]
  const running: Running[] = []
  const asked: number[] = []
  for (let step = 1; !chance.over; step++) {
    const one = running[chance.below(running.length)]
    const choice = chance.below(8)
    if (choice <= 1) {
      const token = chance.below(2) === 0 ? step : undefined
      running.push({ id: step, exchange: 0, token, answers: 'body' })
      events.push(['client', call(step, token)])
    } else if (choice === 2) events.push(['server', log(step)])
    else if (choice === 3) {
      asked.push(step)
      events.push(['server', ask(step)])
    } else if (choice === 4 && asked.length > 0) events.push(['client', reply(asked.shift()!)])
    else if (one === undefined) events.push({ from: 'client', chunk: 'not json\n' })
    else if (choice === 5 && one.token !== undefined) events.push(['server', progress(one.token, step)])
    else if (choice === 6) events.push(['client', cancel(one.id)])
    else {
      running.splice(running.indexOf(one), 1)
      events.push(['server', result(one.id)])
    }
  }
  return pipes(...events, { from: 'client', end: true }, { exit: { code: 0, signal: null } })
}

/** A conversation over HTTP, with a standalone stream. */
export function onHttp(numbers: number[]): string {
  const chance = new Chance(numbers)
  const events: [number, Happening][] = [
    [1, post(greeting)],
    [1, { answer: { status: 200, headers: json } }],
    [1, { chunk: JSON.stringify(greeted) }],
    [1, { end: true }],
    [2, post(initialized)],
    [2, { answer: { status: 202, headers: [] } }],
    [2, { end: true }],
    [3, get()],
    [3, { answer: { status: 200, headers: stream } }]
  ]
  const running: Running[] = []
  const asked: number[] = []
  let exchanges = 3
  const notify = (message: Json): void => {
    const exchange = ++exchanges
    events.push(
      [exchange, post(message)],
      [exchange, { answer: { status: 202, headers: [] } }],
      [exchange, { end: true }]
    )
  }
  for (let step = 1; !chance.over; step++) {
    const one = running[chance.below(running.length)]
    const choice = chance.below(9)
    const say = (message: Json): void => {
      const streams = one !== undefined && one.answers === 'stream' && chance.below(2) === 0
      events.push([streams ? one.exchange : 3, { chunk: frame(message, `event-${step}`) }])
    }
    if (choice <= 1) {
      const token = chance.below(2) === 0 ? step : undefined
      const answers = chance.below(2) === 0 ? 'body' : 'stream'
      const exchange = ++exchanges
      running.push({ id: step, exchange, token, answers })
      events.push([exchange, post(call(step, token))])
      if (answers === 'stream') events.push([exchange, { answer: { status: 200, headers: stream } }])
    } else if (choice === 2) say(log(step))
    else if (choice === 3) {
      asked.push(step)
      say(ask(step))
    } else if (choice === 4 && asked.length > 0) notify(reply(asked.shift()!))
    else if (one === undefined) continue
    else if (choice === 5 && one.token !== undefined) say(progress(one.token, step))
    else if (choice === 6) notify(cancel(one.id))
    else if (choice === 7 && one.answers === 'stream') {
      running.splice(running.indexOf(one), 1)
      events.push([one.exchange, { abort: 'client' }])
    } else {
      running.splice(running.indexOf(one), 1)
      const body = one.answers === 'stream' ? frame(result(one.id)) : JSON.stringify(result(one.id))
      if (one.answers === 'body') events.push([one.exchange, { answer: { status: 200, headers: json } }])
      events.push([one.exchange, { chunk: body }], [one.exchange, { end: true }])
    }
  }
  const farewell = ++exchanges
  events.push(
    [farewell, { request: { method: 'DELETE', target: '/mcp', headers: [] } }],
    [farewell, { answer: { status: 204, headers: [] } }],
    [farewell, { end: true }]
  )
  return capture(...events)
}
