/** Normalising is idempotent, and a case grows from the normal form as from the capture (format page, 8, rule 11). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixtureCheck, readMetaSchema } from '../../../src/conform/fixture.ts'
import { grow, handOf } from '../../../src/conform/record/grow.ts'
import { normalise } from '../../../src/conform/record/normalise.ts'
import { onHttp, onPipes } from './conversations.ts'

const check = fixtureCheck(await readMetaSchema())
const numbers = fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 })
const options = { seed: 20_250_618, numRuns: 300 }

/** The case, or why there is none. */
function outcome(text: string): string {
  try {
    const { fixture, text: written } = grow(text, 'recordings/a/b', handOf(undefined))
    check(fixture, 'a case')
    return written
  } catch (error) {
    if (!/nothing was said/.test((error as Error).message)) throw error
    return (error as Error).message
  }
}

describe.each([
  ['over HTTP', onHttp],
  ['on stdio', onPipes]
])('any conversation %s', (_, made) => {
  test('has one normal form', () => {
    fc.assert(
      fc.property(numbers, (given) => {
        const once = normalise(made(given))
        expect(normalise(once)).toBe(once)
      }),
      options
    )
  })

  test('becomes the same valid case from its capture and from its normal form', () => {
    fc.assert(
      fc.property(numbers, (given) => {
        const text = made(given)
        expect(outcome(normalise(text))).toBe(outcome(text))
      }),
      options
    )
  })
})
