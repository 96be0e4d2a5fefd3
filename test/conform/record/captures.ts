/** Captures written down in a test, and what grows from them. */
import type { Fixture } from '../../../src/conform/fixture.ts'
import type { Json } from '../../../src/conform/json.ts'
import {
  type CaptureEvent,
  type Happening,
  type HeaderList,
  type PipeHappening,
  printCapture,
  type Recording
} from '../../../src/conform/record/capture.ts'
import { type Grown, grow, handOf } from '../../../src/conform/record/grow.ts'

export const json: HeaderList = [
  ['content-type', 'application/json'],
  ['accept', 'application/json, text/event-stream']
]
export const stream: HeaderList = [['content-type', 'text/event-stream']]

/** An SSE frame of a message. */
export const frame = (message: Json, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`

export const post = (message: Json, more: HeaderList = []): Happening => ({
  request: { method: 'POST', target: '/mcp', headers: [...json, ...more], body: JSON.stringify(message) }
})
export const get = (more: HeaderList = []): Happening => ({
  request: { method: 'GET', target: '/mcp', headers: [['accept', 'text/event-stream'], ...more] }
})

export const ping = (id: Json): Json => ({ jsonrpc: '2.0', id, method: 'ping' })
export const pong = (id: Json): Json => ({ jsonrpc: '2.0', id, result: {} })
export const hello = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 's', version: '1' } }
export const greeting: Json = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { capabilities: {} } }
export const greeted: Json = { jsonrpc: '2.0', id: 0, result: hello }
export const initialized: Json = { jsonrpc: '2.0', method: 'notifications/initialized' }

/** An exchange that is answered with one body. */
export const answered = (
  exchange: number,
  asked: Happening,
  body: Json,
  status = 200,
  more: HeaderList = []
): [number, Happening][] => [
  [exchange, asked],
  [exchange, { answer: { status, headers: [...json, ...more] } }],
  [exchange, { chunk: JSON.stringify(body) }],
  [exchange, { end: true }]
]

export const handshake: [number, Happening][] = answered(1, post(greeting), greeted)

const recording: Recording = {
  client: { name: 'c', version: '1' },
  server: { name: 's', version: '1' },
  transport: 'http',
  date: '2026-11-22'
}

/** The text of a capture of these happenings, each given with its exchange. */
export const capture = (...happenings: [number, Happening][]): string =>
  printCapture({
    recording,
    events: happenings.map(([exchange, happening], ms): CaptureEvent => ({ exchange, ms, ...happening }))
  })

/** The text of a capture of stdio. A message is a line of the side it is given with. */
export const pipes = (...happenings: (PipeHappening | ['client' | 'server', ...(Json | string)[]])[]): string =>
  printCapture({
    recording: { ...recording, transport: 'stdio' },
    events: happenings.map((happening, ms): CaptureEvent => {
      if (!Array.isArray(happening)) return { ms, ...happening }
      const [from, ...lines] = happening
      const chunk = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')
      return { ms, from, chunk }
    })
  })

export const pipeHandshake = [
  ['client', greeting],
  ['server', greeted],
  ['client', initialized]
] satisfies Parameters<typeof pipes>

export const grown = (given: string): Grown => grow(given, 'recordings/a/b', handOf(undefined))
export const fixtureOf = (given: string): Fixture => grown(given).fixture
export const steps = (given: string): object[] => fixtureOf(given).steps
