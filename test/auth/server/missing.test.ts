/** What is said when a package that the authorization server is built on is not installed. */
import { expect, test, vi } from 'vitest'
import { memoryStore, sqliteStore } from '../../../src/auth/server/index.ts'
import { authority } from './authority.ts'

vi.mock('oidc-provider', () => {
  throw new Error("Cannot find package 'oidc-provider'")
})
vi.mock('@libsql/client', () => {
  throw new Error("Cannot find package '@libsql/client'")
})

test('without oidc-provider the API does not start, and says what to install', async () => {
  await expect(authority({ auth: { store: memoryStore() } })).rejects.toThrow('npm install oidc-provider jose')
})

test('without @libsql/client a file cannot be the store', async () => {
  await expect(sqliteStore('auth.db').open?.()).rejects.toThrow('npm install @libsql/client')
})
