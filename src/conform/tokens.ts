/**
 * Access tokens by name, for cases that need more than one: `valid` is what the user gave the runner, the others come from
 * a profile, by value or by the name of an environment variable.
 */
import type { Captures } from './captures.ts'
import { help } from './needs-help.ts'
import type { Target } from './peer.ts'
import type { Profile } from './profile.ts'

/** A token that is there, or why it is not. */
export type Token = { value: string } | { lacking: string }
export type Tokens = Readonly<Record<string, Token>>

/** The token that the user gave the runner. */
const own = 'valid'

/** The tokens of a profile, with variables looked up. */
export function tokensOf({ tokens = {} }: Profile, environment: NodeJS.ProcessEnv = process.env): Tokens {
  return Object.fromEntries(
    Object.entries(tokens).map(([name, given]): [string, Token] => {
      if (typeof given === 'string') return [name, { value: given }]
      const value = environment[given.env]
      return [name, value === undefined || value === '' ? { lacking: `the variable ${given.env} is empty` } : { value }]
    })
  )
}

/**
 * The values of the tokens of a profile: what reports must not hold.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { tokenValues } from 'handwire/conform'
 *
 * const profile = { tokens: { narrow: 'few-rights', expired: { env: 'EXPIRED_TOKEN' } } }
 * assert.deepEqual(tokenValues(profile, { EXPIRED_TOKEN: 'old' }), ['few-rights', 'old'])
 * ```
 */
export function tokenValues(profile: Profile, environment: NodeJS.ProcessEnv = process.env): string[] {
  return Object.values(tokensOf(profile, environment)).flatMap((token) => ('value' in token ? [token.value] : []))
}

/** Captures the tokens that a case needs, each as `token.NAME`. Returns why one is not there. */
export function captureTokens(
  names: readonly string[],
  target: Target,
  tokens: Tokens,
  captures: Captures
): string | undefined {
  for (const name of names) {
    const token = name === own ? ownToken(target) : tokens[name]
    if (token === undefined) return help(`the token "${name}", which a profile can give`)
    if ('lacking' in token) return help(`the token "${name}": ${token.lacking}`)
    captures.set(`token.${name}`, token.value)
  }
  return undefined
}

function ownToken({ authorization = '' }: Target): Token {
  const [, value] = /^bearer +(\S+)$/i.exec(authorization) ?? []
  return value === undefined ? { lacking: 'the runner was given none, --token gives one' } : { value }
}
