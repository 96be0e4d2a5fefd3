/** Slips in the names of options. What is misspelled would be left out in silence, `auth` and `scopes` like any other. */
import { DeclarationError } from './errors.ts'
import { isObject } from './frame.ts'

/** Every member that options may have: the types keep it whole. */
export type Members<T> = Readonly<Record<T extends unknown ? keyof T : never, true>>

/** Throws a DeclarationError for options that are no object, and for a member that nothing reads; `of` says whose they are. */
export function checkMembers(of: string, options: unknown, known: Readonly<Record<string, true>>): void {
  if (!isObject(options)) throw new DeclarationError('option', `${of}: its options are an object`)
  const strange = Object.keys(options).filter((name) => !Object.hasOwn(known, name))
  if (strange.length > 0)
    throw new DeclarationError(
      'option',
      `${of} has no option ${strange.join(', ')}; it takes ${Object.keys(known).join(', ')}`
    )
}
