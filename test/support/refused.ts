/** What a declaration is refused with. */
import { DeclarationError } from '../../src/protocol/errors.ts'

/** The DeclarationError that this throws; anything else that is thrown goes on, and nothing thrown is a failure. */
export function refused(declare: () => unknown): DeclarationError {
  try {
    declare()
  } catch (error) {
    if (error instanceof DeclarationError) return error
    throw error
  }
  throw new Error('it was taken')
}
