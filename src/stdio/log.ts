/** Where a stdio server logs when it is given no logger: warnings and errors to stderr, one JSON object a line (STDIO-05). */
import type { Logger } from '../protocol/ports.ts'

/** The logger; `bound` goes into every line. */
export function stderrLogger(bound: object = {}): Logger {
  const write = (level: string, fields: object, message?: string): void => {
    const { err, ...rest } = fields as { err?: unknown }
    const error = err instanceof Error ? { err: err.stack } : err === undefined ? {} : { err: String(err) }
    process.stderr.write(`${JSON.stringify({ level, ...bound, ...rest, ...error, msg: message })}\n`)
  }
  return {
    debug() {},
    info() {},
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
    child: (fields) => stderrLogger({ ...bound, ...fields })
  }
}
