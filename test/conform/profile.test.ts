import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Fixture } from '../../src/conform/fixture.ts'
import { applyProfile as apply, type Profile, ProfileError, readProfile, reasonFor } from '../../src/conform/profile.ts'

const fixture = (steps: object[], needs: object = {}): Fixture => ({ id: 'a/b/c', needs, steps }) as unknown as Fixture
const applyProfile = (own: Fixture, profile: Profile): Fixture => {
  const applied = apply(own, profile)
  if (typeof applied === 'string') throw new Error(applied)
  return applied
}
const call = (id: number, name: string, given: object = {}): object => ({
  id,
  method: 'tools/call',
  params: { name, arguments: given, _meta: { progressToken: 1 } }
})

async function file(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'p.json'), text)
  return join(folder, 'p.json')
}

test('a tool is called by the name and with the arguments of the profile; the rest of the request stays', () => {
  const { steps, needs } = applyProfile(
    fixture([{ request: call(1, 'test_a', { b: 1 }) }], { tools: ['test_a', 'other'] }),
    {
      tools: { test_a: { name: 'echo', arguments: { message: 'hi' } } }
    }
  )
  expect(steps).toEqual([{ request: call(1, 'echo', { message: 'hi' }) }])
  expect(needs).toEqual({ tools: ['echo', 'other'] })
})

test('a raw exchange is rewritten as a request is', () => {
  const { steps } = applyProfile(fixture([{ http: { method: 'POST', body: call(1, 'test_a') } }]), {
    tools: { test_a: { name: 'echo' } }
  })
  expect(steps).toEqual([{ http: { method: 'POST', body: call(1, 'echo') } }])
})

test('the result of the profile takes the place of the one of the case, wherever the answer is described', () => {
  const own = { content: [{ text: 'as the corpus has it' }] }
  const { steps } = applyProfile(
    fixture([
      { request: call(1, 'test_a'), expect: { id: 1, result: own } },
      { request: call(2, 'test_b'), expect: { id: 2, result: own } },
      { expect: { message: { id: 1, result: own } } },
      {
        http: { method: 'POST' },
        expect: {
          message: {
            $any: [
              { id: 1, result: own },
              { id: 1, error: {} }
            ]
          }
        }
      },
      { never: { message: { id: 1, result: { $absent: true } } } }
    ]),
    { tools: { test_a: { name: 'echo', result: { content: { $is: 'array' } } } } }
  )
  const loose = { content: { $is: 'array' } }
  expect(steps).toEqual([
    { request: call(1, 'echo'), expect: { id: 1, result: loose } },
    { request: call(2, 'test_b'), expect: { id: 2, result: own } },
    { expect: { message: { id: 1, result: loose } } },
    {
      http: { method: 'POST' },
      expect: {
        message: {
          $any: [
            { id: 1, result: loose },
            { id: 1, error: {} }
          ]
        }
      }
    },
    { never: { message: { id: 1, result: { $absent: true } } } }
  ])
})

test('ids are the business of one session', () => {
  const own = { content: [] }
  const { steps } = applyProfile(
    fixture([
      { request: call(1, 'test_a'), in: 'B' },
      { request: { id: 1, method: 'ping' }, expect: { id: 1, result: own } },
      { expect: { message: { id: 1, result: own } }, in: 'B' }
    ]),
    { tools: { test_a: { result: { isError: true } } } }
  )
  expect(steps.slice(1)).toEqual([
    { request: { id: 1, method: 'ping' }, expect: { id: 1, result: own } },
    { expect: { message: { id: 1, result: { isError: true } } }, in: 'B' }
  ])
})

test('the result of a resource is that of reading it, not of subscribing to it', () => {
  const { steps } = applyProfile(
    fixture([
      { request: { id: 1, method: 'resources/subscribe', params: { uri: 'test://a' } }, expect: { id: 1, result: {} } },
      { expect: { message: { method: 'notifications/resources/updated', params: { uri: 'test://a' } } } }
    ]),
    { resources: { 'test://a': { name: 'demo://b', result: { contents: [] } } } }
  )
  expect(steps).toEqual([
    { request: { id: 1, method: 'resources/subscribe', params: { uri: 'demo://b' } }, expect: { id: 1, result: {} } },
    { expect: { message: { method: 'notifications/resources/updated', params: { uri: 'demo://b' } } } }
  ])
})

test('a completion refers to the names of the target', () => {
  const complete = (ref: object): object => ({ request: { id: 1, method: 'completion/complete', params: { ref } } })
  const { steps } = applyProfile(
    fixture([complete({ type: 'ref/prompt', name: 'test_p' }), complete({ type: 'ref/resource', uri: 'test://{id}' })]),
    { prompts: { test_p: { name: 'hello' } }, templates: { 'test://{id}': { name: 'demo://{n}' } } }
  )
  expect(steps).toEqual([
    complete({ type: 'ref/prompt', name: 'hello' }),
    complete({ type: 'ref/resource', uri: 'demo://{n}' })
  ])
})

test('a case that reads what only the replaced result remembered cannot be put so', () => {
  const steps = [
    { request: call(1, 'test_a'), expect: { id: 1, result: { content: [{ uri: { $set: 'link' } }] } } },
    { request: { id: 2, method: 'resources/read', params: { uri: { $get: 'link' } } } }
  ]
  expect(apply(fixture(steps), { tools: { test_a: { result: {} } } })).toContain('"link"')
  const profile = { tools: { test_a: { result: { content: [{ uri: { $set: 'link' } }] } } } }
  expect(apply(fixture(steps), profile)).toBeTypeOf('object')
})

test('resources go by their URI in reads and subscriptions, prompts by their name', () => {
  const { steps } = applyProfile(
    fixture([
      { request: { id: 1, method: 'resources/read', params: { uri: 'test://a' } } },
      { request: { id: 2, method: 'resources/subscribe', params: { uri: 'test://a' } } },
      { request: { id: 3, method: 'prompts/get', params: { name: 'test_p' } } }
    ]),
    {
      resources: { 'test://a': { name: 'demo://b' } },
      prompts: { test_p: { name: 'hello', arguments: { city: 'Ulm' } } }
    }
  )
  expect(steps).toMatchObject([
    { request: { params: { uri: 'demo://b' } } },
    { request: { params: { uri: 'demo://b' } } },
    { request: { params: { name: 'hello', arguments: { city: 'Ulm' } } } }
  ])
})

test('a profile without names leaves a case as it is', () => {
  const own = fixture([{ request: call(1, 'test_a') }])
  expect(applyProfile(own, { features: ['session'] })).toBe(own)
})

test('a reason is found by id, then by glob', () => {
  const entries = { 'tools/**': 'glob', 'tools/call/x': 'id' }
  expect(reasonFor('tools/call/x', entries)).toBe('id')
  expect(reasonFor('tools/call/y', entries)).toBe('glob')
  expect(reasonFor('prompts/x', entries)).toBeUndefined()
})

test('a profile is read from its file', async () => {
  await expect(readProfile(await file('{"features": ["session"]}'))).resolves.toEqual({ features: ['session'] })
})

test.each([
  ['no JSON', '{'],
  ['an unknown member', '{"tool": {}}'],
  ['a substitute that substitutes nothing', '{"tools": {"a": {}}}'],
  ['a feature there is not', '{"features": ["magic"]}']
])('%s is refused with the name of the file', async (_, text) => {
  const path = await file(text)
  await expect(readProfile(path)).rejects.toThrow(ProfileError)
  await expect(readProfile(path)).rejects.toThrow('p.json')
})

test('a file that is not there is refused', async () => {
  await expect(readProfile('/nowhere/p.json')).rejects.toThrow('cannot be read')
})
