/** What is said when a package that the authorization server is built on is not installed. */
import { expect, test, vi } from 'vitest'
import { memoryStore, redisStore, sqliteStore } from '../../../src/auth/server/index.ts'
import { authority } from './authority.ts'

vi.mock('oidc-provider', () => {
  throw new Error("Cannot find package 'oidc-provider'")
})
vi.mock('@libsql/client', () => {
  throw new Error("Cannot find package '@libsql/client'")
})
vi.mock('redis', () => {
  throw new Error("Cannot find package 'redis'")
})

test('without oidc-provider the API does not start, and says what to install', async () => {
  await expect(authority({ auth: { store: memoryStore() } })).rejects.toThrow('npm install oidc-provider jose')
})

test('without @libsql/client a file cannot be the store', async () => {
  await expect(sqliteStore('auth.db').open?.()).rejects.toThrow('npm install @libsql/client')
})

test('without redis a Redis cannot be the store', async () => {
  await expect(redisStore({ url: 'redis://127.0.0.1' }).open?.()).rejects.toThrow('npm install redis')
})

test.each(['redis.example', 'https://redis.example', 'redis://', 'redis://redis.example/first'])(
  '%s is no address of a Redis',
  (url) => {
    expect(() => redisStore({ url })).toThrow('url is no address of a Redis')
  }
)
