/** handwire conform as a process: what it prints, writes and exits with. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { handwire } from '../support/command.ts'
import { listeningReference } from '../support/reference.ts'
import { TinyServer } from '../support/tiny-server.ts'

let app: FastifyInstance
let url: string

beforeAll(async () => {
  const listening = await listeningReference()
  app = listening.app
  url = listening.url
})
afterAll(() => app.close())

async function conform(...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const command = handwire(['conform', ...args])
  const { code } = await command.exited
  return { code, out: command.out.lines.join('\n'), errors: command.errors }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'conform-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

async function brokenServer(): Promise<string> {
  const tiny = new TinyServer()
  tiny.broken.add('pings-with-more')
  const address = await tiny.start()
  onTestFinished(() => tiny.stop())
  return address
}

test('a server without fault exits 0, and the last line sums up', async () => {
  const { code, out, errors } = await conform(url, '--only', 'ping')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(out.split('\n').at(-1)).toMatch(/0 failed.*passed/)
})

test('a fault exits 1 and is told with its requirement, its address and the way to see it again', async () => {
  const address = await brokenServer()
  const { code, out } = await conform(address, '--only', 'ping')
  expect(code).toBe(1)
  expect(out).toContain('PING-')
  expect(out).toContain('https://modelcontextprotocol.io/specification/2025-06-18/basic/utilities/ping#')
  expect(out).toMatch(new RegExp(`handwire conform ${address} --only ping/`))
})

test('--quiet leaves the last line', async () => {
  const { code, out } = await conform(await brokenServer(), '--only', 'ping', '--quiet')
  expect(code).toBe(1)
  expect(out.trim().split('\n')).toHaveLength(1)
})

test('all reports are written, and none holds the session or the token', async () => {
  const path = await folder()
  const files = ['--json', join(path, 'r.json'), '--junit', join(path, 'r.xml'), '--html', join(path, 'html')]
  const sessions: string[] = []
  const { app: own, url: address } = await listeningReference({
    onFrame: ({ session }) => void (session !== undefined && session !== '' && sessions.push(session))
  })
  onTestFinished(() => own.close())
  const { code } = await conform(address, '--only', 'ping', '--token', 'very-secret-token', ...files)
  expect(code).toBe(0)
  const written = [...(await readdir(path)), ...(await readdir(join(path, 'html'))).map((name) => join('html', name))]
  expect(written).toEqual(expect.arrayContaining(['r.json', 'r.xml', join('html', 'index.html')]))
  const secrets = ['very-secret-token', ...new Set(sessions)]
  expect(secrets.length).toBeGreaterThan(2)
  for (const name of written.filter((one) => /\.(json|xml|html)$/.test(one))) {
    const text = await readFile(join(path, name), 'utf8')
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  }
  expect(JSON.parse(await readFile(join(path, 'r.json'), 'utf8'))).toMatchObject({ format: 'handwire-conform/1' })
})

test('--json - leaves standard output to the report alone', async () => {
  const { code, out } = await conform(url, '--only', 'ping/answer', '--json', '-')
  expect(code).toBe(0)
  expect(JSON.parse(out).counts.fail).toBe(0)
})

test('--list names the cases and sends nothing', async () => {
  const { code, out } = await conform('http://127.0.0.1:9/mcp', '--only', 'ping/answer', '--list')
  expect(code).toBe(0)
  expect(out.split('\n').every((line) => line === '' || line.startsWith('ping/answer/'))).toBe(true)
})

test('a warning counts under --strict alone', async () => {
  const path = await folder()
  const dir = join(path, 'ping', 'own')
  await mkdir(dir, { recursive: true })
  const fixture = {
    id: 'ping/own/pong',
    title: 'A ping is answered with pong',
    revision: ['2025-06-18'],
    level: 'SHOULD',
    kind: 'positive',
    requirements: ['PING-01'],
    transports: ['http'],
    steps: [{ request: { id: 1, method: 'ping' }, expect: { result: { pong: true } } }],
    provenance: { from: 'hand' }
  }
  await writeFile(join(dir, 'pong.json'), JSON.stringify(fixture))
  expect((await conform(url, '--fixtures', path)).code).toBe(0)
  expect((await conform(url, '--fixtures', path, '--strict')).code).toBe(1)
})

test('a skip counts under --no-skips alone', async () => {
  const only = ['--only', 'recordings/server-everything/sum']
  expect((await conform(url, ...only)).code).toBe(0)
  expect((await conform(url, ...only, '--no-skips')).code).toBe(1)
})

test('no case selected, a wrong fixture, a wrong profile and wrong usage exit 2', async () => {
  const path = await folder()
  await writeFile(join(path, 'wrong.json'), '{')
  expect(await conform(url, '--only', 'nothing')).toMatchObject({ code: 2, errors: expect.stringContaining('--list') })
  expect(await conform(url, '--profile', join(path, 'wrong.json'))).toMatchObject({
    code: 2,
    errors: expect.stringContaining('wrong.json')
  })
  expect(await conform()).toMatchObject({ code: 2, errors: expect.stringContaining('address') })
})

test('a server that is not there exits 3 and says which', async () => {
  const tiny = new TinyServer()
  const address = await tiny.start()
  await tiny.stop()
  const { code, out, errors } = await conform(address)
  expect({ code, out }).toEqual({ code: 3, out: '' })
  expect(errors).toContain(`${address} cannot be reached`)
})

test('a command that ends at once exits 3 and shows what it said last', async () => {
  const script = 'console.error("no config found"); process.exit(4)'
  const { code, errors } = await conform('--stdio', '--only', 'ping/answer', '--', process.execPath, '-e', script)
  expect(code).toBe(3)
  expect(errors).toContain('no config found')
})

test('a server on stdio is tested by its command', async () => {
  const serve = [process.execPath, '--import', 'tsx', 'src/cli/index.ts', 'serve', '--stdio']
  const { code, out } = await conform('--stdio', '--only', 'ping/answer', '--', ...serve)
  expect(code).toBe(0)
  expect(out).toContain('stdio')
})

test('a report that cannot be written exits 3', async () => {
  const { code, errors } = await conform(url, '--only', 'ping/answer', '--json', '/nowhere/r.json')
  expect(code).toBe(3)
  expect(errors).toContain('could not be written')
})
