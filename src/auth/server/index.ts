/** The door to the authorization server that lives in the API: `handwire/auth-server`. */
export type { Account, Accounts, Attempt, AuthorizationServerOptions } from './options.ts'
export { hashPassword, passwordFile } from './passwords.ts'
export { type RedisStoreOptions, redisStore } from './redis.ts'
export type { RegistrationLimits } from './registration.ts'
export { type AuthorizationServer, authorizationServer } from './server.ts'
export { sqliteStore } from './sqlite.ts'
export { type AuthorizationStore, memoryStore, type StoredAs, type StoredPayload } from './store.ts'
export { type Pending, type UpstreamLogin, type UpstreamOptions, upstreamOpenId } from './upstream.ts'
