/** The door to authorization: who may use an endpoint, and how it is found out (basic/authorization). */
export type { Principal } from '../protocol/principal.ts'
export type { Auth } from './guard.ts'
export { type IntrospectionOptions, introspection } from './introspection.ts'
export { type JwtOptions, jwt } from './jwt.ts'
export { newToken, type StaticToken, staticTokens } from './static.ts'
export {
  type HostCheck,
  type HostPrincipal,
  type Issued,
  TokenError,
  UnreachableError,
  type Verifier
} from './verifier.ts'
