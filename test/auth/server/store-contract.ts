/** What every store of the authorization server does, wherever it keeps things. */
import { expect, test } from 'vitest'
import type { AuthorizationStore } from '../../../src/auth/server/index.ts'

/** How a test comes to the end of what is kept for a short time. */
export interface Brief {
  /** Seconds that it is kept. */
  seconds: number
  /** Goes on when that time is over; `gone` tells whether it is. */
  pass(gone: () => Promise<boolean>): Promise<void>
}

/**
 * Declares the tests.
 *
 * @param opened gives a store that is empty, and closed when the test ends
 */
export function keepsToContract(opened: () => Promise<AuthorizationStore>, { seconds, pass }: Brief): void {
  test('gives back what was put in, and the last of it', async () => {
    const store = await opened()
    await store.upsert('Grant', 'a', { deep: { list: [1, 'ü'] } })
    expect(await store.find('Grant', 'a')).toEqual({ deep: { list: [1, 'ü'] } })
    await store.upsert('Grant', 'a', { deep: 2 })
    expect(await store.find('Grant', 'a')).toEqual({ deep: 2 })
    expect(await store.find('Session', 'a')).toBeUndefined()
  })

  test('gives what nobody can change', async () => {
    const store = await opened()
    const payload = { list: [1] }
    await store.upsert('Grant', 'a', payload)
    payload.list.push(2)
    const found = (await store.find('Grant', 'a')) as { list: number[] }
    found.list.push(3)
    expect(await store.find('Grant', 'a')).toEqual({ list: [1] })
  })

  test('forgets what has expired, and nothing else', async () => {
    const store = await opened()
    await store.upsert('Client', 'brief', {}, { expiresIn: seconds, uid: 'u', grantId: 'g' })
    await store.upsert('Client', 'long', {}, { expiresIn: 3600, uid: 'v', grantId: 'g' })
    await store.upsert('Client', 'ever', {})
    await pass(async () => (await store.find('Client', 'brief')) === undefined)
    expect(await store.find('Client', 'brief')).toBeUndefined()
    expect(await store.findByUid('Client', 'u')).toBeUndefined()
    expect(await store.findByUid('Client', 'v')).toEqual({})
    expect(await store.count('Client')).toBe(2)
    await store.purge?.()
    expect(await store.count('Client')).toBe(2)
    expect(await store.consume('Client', 'brief')).toBe(false)
  })

  test('keeps for as long as it was told last', async () => {
    const store = await opened()
    await store.upsert('Client', 'other', {}, { expiresIn: seconds })
    await store.upsert('Client', 'a', {}, { expiresIn: seconds })
    await store.upsert('Client', 'a', { used: 1 }, { expiresIn: 3600 })
    await pass(async () => (await store.find('Client', 'other')) === undefined)
    expect(await store.find('Client', 'a')).toEqual({ used: 1 })
    expect(await store.count('Client')).toBe(1)
  })

  test('keeps nothing that has ended already', async () => {
    const store = await opened()
    await store.upsert('Session', 'a', {}, { uid: 'u' })
    await store.upsert('Session', 'a', {}, { uid: 'u', expiresIn: 0 })
    expect(await store.find('Session', 'a')).toBeUndefined()
    expect(await store.findByUid('Session', 'u')).toBeUndefined()
    expect(await store.count('Session')).toBe(0)
  })

  test('adds once, and in the place of what has expired', async () => {
    const store = await opened()
    const added = await Promise.all([1, 2, 3].map((place) => store.add('Keys', 'k', { place })))
    expect(added.filter(Boolean)).toHaveLength(1)
    await store.add('Keys', 'brief', { place: 3 }, { expiresIn: seconds })
    await pass(async () => (await store.find('Keys', 'brief')) === undefined)
    expect(await store.add('Keys', 'k', { place: 4 })).toBe(false)
    expect(await store.add('Keys', 'brief', { place: 4 })).toBe(true)
    expect(await store.find('Keys', 'brief')).toEqual({ place: 4 })
  })

  test('consumes once', async () => {
    const store = await opened()
    await store.upsert('RefreshToken', 'a', { b: 1 })
    const before = Math.floor(Date.now() / 1000)
    const consumed = await Promise.all([1, 2, 3].map(() => store.consume('RefreshToken', 'a')))
    const after = Math.floor(Date.now() / 1000)
    expect(consumed.filter(Boolean)).toHaveLength(1)
    const { consumed: at, ...rest } = (await store.find('RefreshToken', 'a')) ?? {}
    expect(rest).toEqual({ b: 1 })
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(after)
    expect(await store.consume('RefreshToken', 'none')).toBe(false)
  })

  test('keeps what was consumed before it was put in', async () => {
    const store = await opened()
    await store.upsert('RefreshToken', 'a', { b: 1, consumed: 12 })
    expect(await store.consume('RefreshToken', 'a')).toBe(false)
    expect(await store.find('RefreshToken', 'a')).toEqual({ b: 1, consumed: 12 })
    await store.upsert('RefreshToken', 'a', { b: 2 })
    expect(await store.consume('RefreshToken', 'a')).toBe(true)
  })

  test('finds by another name', async () => {
    const store = await opened()
    await store.upsert('Session', 'a', { accountId: 'ann' }, { uid: 'u' })
    expect(await store.findByUid('Session', 'u')).toEqual({ accountId: 'ann' })
    expect(await store.findByUid('Grant', 'u')).toBeUndefined()
    await store.destroy('Session', 'a')
    expect(await store.findByUid('Session', 'u')).toBeUndefined()
  })

  test('finds by the other name of the last that was put in', async () => {
    const store = await opened()
    await store.upsert('Session', 'a', {}, { uid: 'old' })
    await store.upsert('Session', 'a', {}, { uid: 'new' })
    expect(await store.findByUid('Session', 'old')).toBeUndefined()
    expect(await store.findByUid('Session', 'new')).toEqual({})
  })

  test('finds what has taken over the name of another that is destroyed', async () => {
    const store = await opened()
    await store.upsert('Session', 'a', { at: 1 }, { uid: 'u' })
    await store.upsert('Session', 'b', { at: 2 }, { uid: 'u' })
    await store.destroy('Session', 'a')
    expect(await store.findByUid('Session', 'u')).toEqual({ at: 2 })
  })

  test('destroys what goes with a grant, and of one model', async () => {
    const store = await opened()
    await store.upsert('RefreshToken', 'a', {}, { grantId: 'g' })
    await store.upsert('RefreshToken', 'b', {}, { grantId: 'other' })
    await store.upsert('AuthorizationCode', 'c', {}, { grantId: 'g' })
    await store.upsert('RefreshToken', 'd', {}, { grantId: 'g', uid: 'u' })
    await store.revokeByGrantId('RefreshToken', 'g')
    const left = await Promise.all([
      store.find('RefreshToken', 'a'),
      store.find('RefreshToken', 'b'),
      store.find('AuthorizationCode', 'c'),
      store.findByUid('RefreshToken', 'u')
    ])
    expect(left).toEqual([undefined, {}, {}, undefined])
    expect(await store.count('RefreshToken')).toBe(1)
  })

  test('does not destroy with a grant what has gone over to another', async () => {
    const store = await opened()
    await store.upsert('RefreshToken', 'a', {}, { grantId: 'old' })
    await store.upsert('RefreshToken', 'a', {}, { grantId: 'new' })
    await store.revokeByGrantId('RefreshToken', 'old')
    expect(await store.find('RefreshToken', 'a')).toEqual({})
    await store.revokeByGrantId('RefreshToken', 'new')
    expect(await store.find('RefreshToken', 'a')).toBeUndefined()
  })

  test('destroys what is not there without a word', async () => {
    const store = await opened()
    await store.destroy('Grant', 'none')
    await store.revokeByGrantId('Grant', 'none')
    expect(await store.count('Grant')).toBe(0)
  })
}
