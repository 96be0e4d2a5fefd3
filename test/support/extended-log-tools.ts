/** Tools of the extended server that log to the client: at every level, every JSON value, what is no JSON, and much. */
import { Type } from '@sinclair/typebox'
import type { Mcp } from '../../src/http/index.ts'

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const

/** Plugs them in. */
export function offerLogTools(mcp: Pick<Mcp, 'tool'>): void {
  mcp.tool('test_log_levels', { description: 'Logs the name of each level at that level.' }, (_, { message }) => {
    for (const level of levels) message(level, level, 'levels')
    return 'logged'
  })
  mcp.tool('test_log_values', { description: 'Logs one value of every JSON type.' }, (_, { message }) => {
    for (const value of ['text', 7, 0.5, true, null, [1, 'a', null], { a: { b: [] } }]) message('error', value)
    return 'logged'
  })
  mcp.tool('test_log_odd_values', { description: 'Logs what JSON has no word for.' }, (_, { message }) => {
    const cycle: Record<string, unknown> = {}
    cycle['cycle'] = cycle
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('odd'), () => 1, cycle]) {
      try {
        message('error', value)
      } catch {
        // a server may refuse to log it; what counts is that nothing malformed goes out
      }
    }
    return 'logged'
  })
  mcp.tool(
    'test_log_many',
    {
      description: 'Logs the numbers from 1 on.',
      input: Type.Object({ count: Type.Integer({ minimum: 0, maximum: 10_000 }) })
    },
    ({ count }, { message }) => {
      for (let number = 1; number <= count; number++) message('info', number)
      return 'logged'
    }
  )
}
