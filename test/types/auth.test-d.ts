/** What TypeScript knows of who calls: in handlers, in hooks of the API, in checks of the host's own, and of scopes. */
import type { FastifyRequest } from 'fastify'
import { expectTypeOf, test } from 'vitest'
import {
  type Auth,
  type HostCheck,
  type HostPrincipal,
  introspection,
  jwt,
  staticTokens,
  type Verifier
} from '../../src/auth/index.ts'
import {
  type Context,
  type EndpointOptions,
  type Mcp,
  type Principal,
  principalOf,
  type Register
} from '../../src/http/index.ts'
import type { CallerOf } from '../../src/protocol/register.ts'

declare const mcp: Mcp
declare const context: Context
declare const request: FastifyRequest

test('a handler is told who calls, or that nobody was verified', () => {
  expectTypeOf(context.principal).toEqualTypeOf<Principal | undefined>()
  expectTypeOf(context.session.principal).toEqualTypeOf<Principal | undefined>()
  expectTypeOf(context.principal?.scopes).toEqualTypeOf<readonly string[] | undefined>()
  expectTypeOf(context.principal?.claims?.['tenant']).toEqualTypeOf<unknown>()
  // @ts-expect-error nobody may be there
  context.principal.subject
  // @ts-expect-error it is read
  if (context.principal !== undefined) context.principal.subject = 'root'
  // @ts-expect-error the scopes are read, too
  context.principal?.scopes.push('admin')
})

test('hooks of the API are told the same', () => {
  expectTypeOf(principalOf(request)).toEqualTypeOf<Principal | undefined>()
  // @ts-expect-error they run for other routes, too
  principalOf(request).subject
})

test('a hook may meet nobody, whatever an application registered of its principals', () => {
  // as principalOf has it, and with `principal` registered
  type Told<R> = NonNullable<CallerOf<R>> | undefined
  type Registered = Told<{ principal: { tenant: string } }>
  expectTypeOf<ReturnType<typeof principalOf>>().toEqualTypeOf<Told<Register>>()
  expectTypeOf<undefined>().toExtend<Registered>()
  expectTypeOf<NonNullable<Registered>['tenant']>().toEqualTypeOf<string>()
})

test('an application says what its principals have, and that there always is one', () => {
  type Ours = CallerOf<{ principal: { tenant: string; claims: { level: number } } }>
  expectTypeOf<Ours['tenant']>().toEqualTypeOf<string>()
  expectTypeOf<Ours['subject']>().toEqualTypeOf<string>()
  expectTypeOf<Ours['claims']['level']>().toEqualTypeOf<number>()
  expectTypeOf<Ours>().toExtend<Principal>()
  expectTypeOf<undefined>().not.toExtend<Ours>()
  expectTypeOf<CallerOf<Record<never, never>>>().toEqualTypeOf<Principal | undefined>()
  // what it adds is read, and not written
  const change = (ours: Ours): void => {
    // @ts-expect-error it is read
    ours.tenant = 'another'
  }
  expectTypeOf(change).toBeFunction()
})

test("a check of the host's tells a subject, and what else it knows", () => {
  expectTypeOf<Awaited<ReturnType<HostCheck>>>().toEqualTypeOf<HostPrincipal | undefined>()
  expectTypeOf<Parameters<HostCheck>>().toEqualTypeOf<[FastifyRequest]>()
  const good: HostCheck[] = [
    () => undefined,
    () => ({ subject: 'ann' }),
    async () => ({ subject: 'ann', issuer: 'shop', client: 'till', scopes: ['buy'], expiresAt: 1, claims: { a: 1 } }),
    ({ headers }) => (headers.cookie === undefined ? undefined : { subject: headers.cookie })
  ]
  expectTypeOf(good).toExtend<Auth>()
  // @ts-expect-error nobody is told
  const nobody: HostCheck = () => ({ scopes: ['read'] })
  // @ts-expect-error null is not how a check says that it does not know
  const nothing: HostCheck = () => null
  // @ts-expect-error a list
  const text: HostCheck = () => ({ subject: 'ann', scopes: 'read' })
  // @ts-expect-error a text
  const number: HostCheck = async () => ({ subject: 7 })
  expectTypeOf([nobody, nothing, text, number]).toBeArray()
})

test('an endpoint is guarded by a verifier, a check, a chain of them, or by nobody', () => {
  const tokens = staticTokens([])
  const issued = { issuer: 'https://login.example', resource: 'https://mcp.example/mcp' }
  const own: Verifier = { verify: (token) => ({ issuer: 'own', subject: token, scopes: [] }) }
  expectTypeOf(tokens).toEqualTypeOf<Verifier>()
  expectTypeOf(jwt(issued)).toEqualTypeOf<Verifier>()
  expectTypeOf(introspection({ ...issued, clientId: 'a', clientSecret: 'b' })).toEqualTypeOf<Verifier>()
  const options: EndpointOptions[] = [
    { name: 'acme', version: '1' },
    { name: 'acme', version: '1', auth: false },
    { name: 'acme', version: '1', auth: tokens },
    { name: 'acme', version: '1', auth: [tokens, jwt(issued), own, () => undefined] },
    { name: 'acme', version: '1', auth: async ({ ip }) => ({ subject: ip }) }
  ]
  expectTypeOf(options).toBeArray()
  // @ts-expect-error by whom?
  mcp.serve({ name: 'acme', version: '1', auth: true })
  // @ts-expect-error a chain holds no `false`
  mcp.serve({ name: 'acme', version: '1', auth: [tokens, false] })
  // @ts-expect-error a verifier says who it vouches for
  mcp.serve({ name: 'acme', version: '1', auth: { verify: () => ({ subject: 'ann', scopes: [] }) } })
  // @ts-expect-error the audience of its tokens is never guessed
  jwt({ issuer: 'https://login.example' })
  // @ts-expect-error a hash, and no token
  staticTokens([{ name: 'ci', token: 'hw_1' }])
})

test('scopes are a list of texts', () => {
  mcp.tool('t', { scopes: ['read', 'write'] }, (_, { principal }) => principal?.subject)
  mcp.tool('t', { scopes: ['read'] as const }, () => '')
  mcp.resource('a://b', { scopes: ['read'] }, () => '')
  mcp.resource('a://{b}', { scopes: [] }, () => '')
  mcp.prompt('p', { scopes: ['read'] }, () => '')
  // @ts-expect-error a list
  mcp.tool('t', { scopes: 'read' }, () => '')
  // @ts-expect-error of texts
  mcp.resource('a://b', { scopes: [1] }, () => '')
  // @ts-expect-error a list
  mcp.prompt('p', { scopes: { read: true } }, () => '')
  // @ts-expect-error a list
  jwt({ issuer: 'https://login.example', resource: 'https://mcp.example', required: 'read' })
})
