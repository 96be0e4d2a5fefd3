/** Slips in options. What is misspelled would be left out in silence, `auth` and `scopes` like any other; a wrong kind would work by chance. */
import { DeclarationError } from './errors.ts'
import { isObject } from './frame.ts'

/** What a member is, in the words of a refusal, and how it is told. */
const kinds = {
  text: ['a text', (value) => typeof value === 'string'],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
  number: ['a number', (value) => typeof value === 'number' && !Number.isNaN(value)],
  function: ['a function', (value) => typeof value === 'function'],
  object: ['an object', isObject],
  port: ['an object', (value) => isObject(value) || typeof value === 'function'],
  list: ['a list', Array.isArray],
  texts: ['a list of texts', (value) => Array.isArray(value) && value.every((one) => typeof one === 'string')]
} satisfies Record<string, readonly [words: string, is: (value: unknown) => boolean]>

/** What a member has to be; `true` for one that somebody else looks at. */
export type Kind = keyof typeof kinds | true

/** Every member that options may have: the types keep it whole. */
export type Members<T> = Readonly<Record<T extends unknown ? keyof T : never, Kind>>

/**
 * Throws a DeclarationError for options that are no object, for a member that nothing reads, and for one of another kind;
 * `of` says whose they are. A member that is undefined is one that is left out.
 */
export function checkMembers(of: string, options: unknown, known: Readonly<Record<string, Kind>>): void {
  if (!isObject(options)) throw new DeclarationError('option', `${of}: its options are an object`)
  const strange = Object.keys(options).filter((name) => !Object.hasOwn(known, name))
  if (strange.length > 0)
    throw new DeclarationError(
      'option',
      `${of} has no option ${strange.join(', ')}; it takes ${Object.keys(known).join(', ')}`
    )
  for (const [name, value] of Object.entries(options)) {
    const kind = known[name]
    if (value === undefined || kind === undefined || kind === true) continue
    const [words, is] = kinds[kind]
    if (!is(value)) throw new DeclarationError('option', `${of}: ${name} is ${words}`)
  }
}
