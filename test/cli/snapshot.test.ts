/** handwire snapshot as a process: what it prints, writes and exits with. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { readSnapshotOptions } from '../../src/cli/snapshot.ts'
import { UsageError } from '../../src/cli/usage.ts'
import handwire from '../../src/http/index.ts'
import { handwire as command } from '../support/command.ts'
import { TinyServer } from '../support/tiny-server.ts'

async function snapshot(
  args: string[],
  env?: Record<string, string>
): Promise<{ code: number | null; out: string; errors: string }> {
  const running = command(['snapshot', ...args], env)
  const { code } = await running.exited
  return { code, out: running.out.lines.join('\n').trim(), errors: running.errors }
}

async function offerFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshot-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'offer.json')
}

/** A server with one tool of this input, and its address. A token is asked for when one is given. */
async function server(input: Parameters<typeof Type.Object>[0], token?: string): Promise<string> {
  const app = Fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'todo', version: '1.9.0' })
  if (token !== undefined)
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers.authorization !== `Bearer ${token}`) await reply.code(401).send('no')
    })
  app.mcp.tool('add', { input: Type.Object(input) }, () => 'added')
  return `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
}

test('what is saved compares with itself without a change, and exits 0', async () => {
  const [url, path] = [await server({ a: Type.String() }), await offerFile()]
  const saved = await snapshot([url, '--out', path])
  expect(saved).toEqual({ code: 0, out: `${path}: 1 tool, 0 resources, 0 templates, 0 prompts`, errors: '' })
  expect(await snapshot([url, '--check', path])).toEqual({
    code: 0,
    out: 'nothing changed since the snapshot of todo 1.9.0',
    errors: ''
  })
})

test('a change that breaks exits 1 and is told first', async () => {
  const path = await offerFile()
  await snapshot([await server({ a: Type.String() }), '--out', path])
  const url = await server({ a: Type.String({ description: 'new' }), b: Type.String() })
  const { code, out } = await snapshot([url, '--check', path])
  expect(code).toBe(1)
  expect(out.split('\n')).toEqual([
    'breaks   tool "add": /input/b was added and is required',
    'changed  tool "add": /input/a description changed',
    '2 changes, 1 breaking, since the snapshot of todo 1.9.0'
  ])
})

test('a change that breaks nothing exits 0, and --quiet leaves it out', async () => {
  const path = await offerFile()
  await snapshot([await server({ a: Type.String() }), '--out', path])
  const url = await server({ a: Type.String(), b: Type.Optional(Type.String()) })
  const told = await snapshot([url, '--check', path])
  expect(told).toMatchObject({ code: 0, out: expect.stringContaining('changed  tool "add": /input/b was added') })
  const { code, out } = await snapshot([url, '--check', path, '--quiet'])
  expect({ code, out }).toEqual({ code: 0, out: '1 change, none breaking, since the snapshot of todo 1.9.0' })
})

test('--out - writes the snapshot to standard output alone', async () => {
  const { code, out } = await snapshot([await server({}), '--out', '-', '--without', 'resources'])
  expect(code).toBe(0)
  const offer = JSON.parse(out) as object
  expect(offer).toMatchObject({ format: 'handwire-snapshot/1', server: { name: 'todo' } })
  expect(offer).not.toHaveProperty('resources')
})

test('a server that asks for a token is reached with one, also from the environment, and it is not written', async () => {
  const [url, path] = [await server({}, 'very-secret-token'), await offerFile()]
  const refused = await snapshot([url, '--out', path])
  expect(refused).toMatchObject({ code: 3, errors: expect.stringContaining('--token gives it one') })
  expect(await snapshot([url, '--out', path, '--token', 'very-secret-token'])).toMatchObject({ code: 0 })
  expect(await snapshot([url, '--check', path], { HANDWIRE_TOKEN: 'very-secret-token' })).toMatchObject({ code: 0 })
  expect(await readFile(path, 'utf8')).not.toContain('very-secret-token')
})

test('a server on stdio is reached by its command', async () => {
  const path = await offerFile()
  const serve = [process.execPath, '--import', 'tsx', 'src/cli/index.ts', 'serve', '--stdio']
  const { code, out } = await snapshot(['--out', path, '--stdio', '--', ...serve])
  expect(code).toBe(0)
  expect(out).toMatch(/: [1-9]\d* tools, [1-9]/)
})

test('a file without a snapshot exits 2 and says how to save one', async () => {
  const path = await offerFile()
  const url = 'http://127.0.0.1:9/mcp'
  const missing = await snapshot([url, '--check', path])
  expect(missing).toMatchObject({ code: 2, errors: expect.stringContaining(`--out ${path} saves one`) })
  await writeFile(path, '{}')
  expect(await snapshot([url, '--check', path])).toMatchObject({
    code: 2,
    errors: expect.stringContaining('is no snapshot')
  })
})

test('a server that is not there exits 3 and says which', async () => {
  const tiny = new TinyServer()
  const url = await tiny.start()
  await tiny.stop()
  const { code, errors } = await snapshot([url, '--out', '-'])
  expect(code).toBe(3)
  expect(errors).toContain(`${url} cannot be reached`)
})

test('a snapshot that cannot be written exits 3', async () => {
  const { code, errors } = await snapshot([await server({}), '--out', '/nowhere/offer.json'])
  expect(code).toBe(3)
  expect(errors).toContain('could not be written')
})

const url = 'http://127.0.0.1:3000/mcp'
test.each<[string, string[]]>([
  ['no server', ['--out', 'a']],
  ['neither --out nor --check', [url]],
  ['both --out and --check', [url, '--out', 'a', '--check', 'a']],
  ['an unknown list', [url, '--out', 'a', '--without', 'toString']],
  ['an unknown option', [url, '--out', 'a', '--json']],
  ['a token on stdio', ['--out', 'a', '--token', 't', '--stdio', '--', 'x']]
])('%s is a usage error in words', (_, args) => {
  expect(() => readSnapshotOptions(args, {})).toThrow(UsageError)
})
