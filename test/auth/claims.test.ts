/** Whatever stands in a token that is signed well: nothing but good claims gets in, and nothing breaks. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jwt } from '../../src/auth/index.ts'
import { bearer, type Guarded, guarded, leak, opening, publicOrigin } from '../support/guarded.ts'
import { FakeIssuer, forge } from '../support/issuer.ts'

const resource = `${publicOrigin}/mcp`
const seconds = (): number => Math.floor(Date.now() / 1000)

let issuer: FakeIssuer
let api: Guarded

beforeAll(async () => {
  issuer = await FakeIssuer.start()
  api = await guarded({ '/mcp': { auth: jwt({ issuer: issuer.url, resource }) } })
})

afterAll(async () => {
  await api.close()
  await issuer.close()
})

/** Sends a token, and sees to it that nothing of it is anywhere. */
async function answerOf(token: string): Promise<number> {
  const told = api.log().length
  const { status, headers, body } = await api.ask(opening('/mcp', bearer(token)))
  expect(leak(token, JSON.stringify(headers) + body)).toBeUndefined()
  expect(leak(token, api.log().slice(told))).toBeUndefined()
  return status
}

const odd = fc.oneof(
  fc.constantFrom(undefined, null, '', 0, -1, 1e308, true, [], {}, [[]], ' ', resource, [resource], `${resource}/`),
  fc.string({ maxLength: 12 }),
  fc.integer({ min: -1e10, max: 1e12 }),
  fc.jsonValue({ maxDepth: 2 })
)

test('of claims that are made up, those alone get in that name issuer, audience, subject and an end to come', async () => {
  const claim = (good: unknown): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: odd })
  const claims = fc.record({
    iss: claim(issuer.url),
    aud: claim(resource),
    sub: claim('ann'),
    exp: claim(seconds() + 3600),
    nbf: claim(undefined),
    iat: claim(seconds()),
    scope: odd,
    scp: odd,
    client_id: odd,
    azp: odd
  })
  let good = 0
  await fc.assert(
    fc.asyncProperty(claims, async (made) => {
      const { iss, aud, sub, exp, nbf, iat } = made
      const isNumber = (value: unknown): value is number => typeof value === 'number'
      const forUs = (Array.isArray(aud) ? aud : [aud]).some((name) => name === resource || name === `${resource}/`)
      const begun = nbf === undefined || (isNumber(nbf) && nbf <= seconds() + 5)
      const lasts = isNumber(exp) && exp > seconds() - 5
      const issued = iat === undefined || isNumber(iat)
      const known = iss === issuer.url && typeof sub === 'string' && sub !== ''
      const status = await answerOf(forge({ alg: 'ES256', kid: issuer.key().kid }, made, issuer.key()))
      if (status === 200) good += 1
      expect(status).toBe(forUs && begun && lasts && issued && known ? 200 : 401)
    }),
    { numRuns: 400, seed: 20250618 }
  )
  expect(good).toBeGreaterThan(20)
})

test('whatever the header of a token says, it is 401 and never a fault', async () => {
  const text = fc.oneof(
    fc.constantFrom('ES256', 'none', 'HS256', 'RS256', 'dir', '', 'JWT', 'b64', 'kid', '*'),
    fc.string({ maxLength: 8 })
  )
  const member = fc.oneof(text, odd, fc.array(text, { maxLength: 3 }))
  const header = fc.dictionary(
    fc.constantFrom(
      'alg',
      'kid',
      'typ',
      'cty',
      'crit',
      'b64',
      'jwk',
      'jku',
      'x5c',
      'x5u',
      'x5t',
      'zip',
      'enc',
      'p2c',
      'apu',
      '__proto__'
    ),
    member,
    { maxKeys: 6 }
  )
  const payload = { iss: issuer.url, aud: resource, sub: 'ann', exp: seconds() + 3600 }
  await fc.assert(
    fc.asyncProperty(header, async (made) => {
      const { alg, crit, b64, kid } = made
      const token = forge(made, payload, issuer.key())
      // what is left is signed by the key that it is said to be signed by
      const signed =
        alg === 'ES256' && (kid === undefined || kid === issuer.key().kid) && crit === undefined && b64 === undefined
      const status = await answerOf(token)
      if (signed) expect([200, 401]).toContain(status)
      else expect(status).toBe(401)
    }),
    { numRuns: 400, seed: 20250618 }
  )
})

test('whatever is changed in the text of a good token, it is 401', async () => {
  const good = await issuer.token(resource)
  expect(await answerOf(good)).toBe(200)
  const alphabet = 'ABCXYZabcxyz0129-_.'
  const change = fc.record({
    place: fc.nat(good.length - 1),
    taken: fc.integer({ min: 0, max: 3 }),
    put: fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 3 })
  })
  // the last letter of a signature of 64 bytes has four bits that say nothing
  const last = good.length - 1
  await fc.assert(
    fc.asyncProperty(change, async ({ place, taken, put }) => {
      const changed = good.slice(0, place) + put + good.slice(place + taken)
      fc.pre(changed !== good && place < last - 3)
      expect(await answerOf(changed)).toBe(401)
    }),
    { numRuns: 400, seed: 20250618 }
  )
})
