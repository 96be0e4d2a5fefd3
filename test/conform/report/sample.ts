/** Hand-made reports for the tests of the reporters: one that has every outcome, and the pieces to make others. */

import type { Frame } from '../../../src/conform/peer.ts'
import { count, type Report, type Result } from '../../../src/conform/report.ts'

export const liveSession = '5f1c9a52-6f0e-4d5b-8d53-0a51d6b1a001'
export const otherSession = 'Zz9+other/session=='
export const userToken = 'tok-3f9ac2d1'
/** What breaks out of a page that does not escape. */
export const hostile = '</script><img src=x onerror=alert(1)>"\'&'

/** A result; without more a pass about an HTTP rule. */
export function result(id: string, more: Partial<Result> = {}): Result {
  return {
    id,
    area: id.split('/')[0] as string,
    title: `Title of ${id}`,
    level: 'MUST',
    outcome: 'pass',
    requirements: ['HTTP-11'],
    frames: [],
    ms: 12.345,
    ...more
  }
}

/** A failed result at its second step. */
export function failure(id: string, more: Partial<Result> = {}): Result {
  return result(id, {
    outcome: 'fail',
    step: 2,
    reason: '/status is not in [400,499]',
    path: '/status',
    expected: { $num: [400, 499] },
    actual: 200,
    ...more
  })
}

export function reportOf(results: Result[], more: Partial<Report> = {}): Report {
  return {
    target: 'http://127.0.0.1:3000/mcp',
    transport: 'http',
    server: {
      revision: '2025-06-18',
      capabilities: { tools: { listChanged: true }, logging: {} },
      server: { name: 'acme', version: '1.2.3' }
    },
    uses: { tool: { name: 'echo', arguments: {} }, resource: 'file:///a' },
    runner: 'handwire-conform 0.1.0',
    date: '2026-11-22T10:00:00.123Z',
    ms: 3456,
    results,
    counts: count(results),
    ...more
  }
}

/** The frames of a case with a handshake, one exchange of its own and the DELETE at the end. */
export function exchange(session = liveSession): Frame[] {
  const url = 'http://127.0.0.1:3000/mcp'
  const usual = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
  const later = { ...usual, 'mcp-session-id': session, 'mcp-protocol-version': '2025-06-18' }
  const post = (atMs: number, stream: string, headers: Record<string, string>, message: object): Frame => ({
    atMs,
    session: 'main',
    stream,
    from: 'client',
    request: { method: 'POST', url, headers },
    text: JSON.stringify({ jsonrpc: '2.0', ...message })
  })
  const head = (atMs: number, stream: string, status: number, headers: Record<string, string>): Frame => ({
    atMs,
    session: 'main',
    stream,
    from: 'server',
    answer: { status, headers }
  })
  const json = { 'content-type': 'application/json', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }
  return [
    post(0.1, '#1', usual, { id: 999001, method: 'initialize', params: {} }),
    head(4, '#1', 200, { ...json, 'mcp-session-id': session }),
    { atMs: 4.1, session: 'main', stream: '#1', from: 'server', text: '{"jsonrpc":"2.0","id":999001,"result":{}}' },
    post(4.2, '#2', later, { method: 'notifications/initialized' }),
    head(5, '#2', 202, {}),
    {
      atMs: 5.1,
      session: 'main',
      stream: 'listen',
      from: 'client',
      request: { method: 'GET', url, headers: { ...later, accept: 'text/event-stream' } }
    },
    head(6, 'listen', 200, { 'content-type': 'text/event-stream' }),
    post(7, '#4', { ...later, accept: 'text/plain' }, { id: 1, method: 'ping' }),
    head(8, '#4', 200, json),
    { atMs: 8.1, session: 'main', stream: '#4', from: 'server', text: '{"jsonrpc":"2.0","id":1,"result":{}}' },
    {
      atMs: 8.5,
      session: 'main',
      stream: 'listen',
      from: 'server',
      sse: { id: 'e-1' },
      text: '{"jsonrpc":"2.0","method":"notifications/message"}'
    },
    {
      atMs: 9,
      session: 'main',
      stream: '#5',
      from: 'client',
      request: { method: 'DELETE', url, headers: { 'mcp-session-id': session } }
    },
    head(9.5, '#5', 204, {})
  ]
}

/** One of every outcome, two skips for one reason, a known failure and a stale one. */
export function everyOutcome(): Report {
  return reportOf([
    failure('http/accept/neither', { requirements: ['HTTP-11', 'HTTP-08'], frames: exchange() }),
    result('http/accept/mixed', {
      outcome: 'warn',
      level: 'SHOULD',
      step: 1,
      reason: 'the case of a type is no reason to refuse it',
      requirements: ['HTTP-08'],
      frames: exchange()
    }),
    result('lifecycle/initialize/plain', { requirements: ['LIFE-22'], frames: exchange(otherSession) }),
    result('lifecycle/initialize/older', {
      outcome: 'info',
      level: 'MAY',
      step: 1,
      reason: 'strict servers refuse',
      requirements: ['LIFE-22']
    }),
    result('cancel/running/one', {
      outcome: 'skip',
      reason: 'the server does not list test_slow among its tools',
      requirements: ['CANCEL-01']
    }),
    result('cancel/running/two', {
      outcome: 'skip',
      reason: 'the server does not list test_slow among its tools',
      requirements: ['CANCEL-01']
    }),
    result('stdio/exit/plain', { outcome: 'skip', reason: 'the case is not for http', requirements: ['STDIO-01'] }),
    result('ping/lost/one', { outcome: 'error', step: 1, reason: 'nothing was heard from the target\n    at there' }),
    failure('tools/errors/known', { known: 'reported upstream', requirements: ['TOOLS-34'] }),
    result('tools/errors/stale', { stale: true, requirements: ['TOOLS-34'] }),
    result('structure/EmptyResult', {
      outcome: 'fail',
      title: 'Each of 3 messages judged as EmptyResult is valid by the schema',
      requirements: [],
      reason: 'does not fit EmptyResult: must be object (in ping/plain/one and 2 more)',
      case: 'ping/plain/one',
      expected: { $def: 'EmptyResult' },
      actual: 'null',
      ms: 0
    })
  ])
}
