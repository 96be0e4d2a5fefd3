/** What handlers throw, on its way to the log: it may be anything, also what a logger fails to print, and must not be lost for that. */
import type { Logger } from './ports.ts'

/**
 * Logs what was thrown, with `fields`, as `err`. A logger that throws, as pino does for an error that is frozen, gets a text as
 * `thrown` in its place. Never throws.
 */
export function logThrown(
  logger: Logger,
  level: 'warn' | 'error',
  thrown: unknown,
  message: string,
  fields: object = {}
): void {
  try {
    logger[level]({ err: thrown, ...fields }, message)
  } catch {
    try {
      logger[level]({ thrown: describe(thrown) }, message)
    } catch {
      // a log that takes nothing: there is nobody to tell, and whoever asked is still to be answered
    }
  }
}

/** Whether what was thrown is an error of a kind; false, too, for an object that lets nobody ask. */
export function isThrown<T>(thrown: unknown, kind: abstract new (...given: never[]) => T): thrown is T {
  try {
    return thrown instanceof kind
  } catch {
    return false
  }
}

/** A stack, or whatever text can be had. */
function describe(thrown: unknown): string {
  try {
    return String((thrown instanceof Error && thrown.stack) || thrown)
  } catch {
    return 'something that cannot be printed'
  }
}
