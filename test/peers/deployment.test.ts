/**
 * The Dockerfile without docker: its stages are folders, its COPY, RUN, CMD and HEALTHCHECK are done by this machine's own
 * node and npm. It needs the package registry. What a real build would add is not seen here: the base image and the user.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { initialize } from '../support/bench.ts'
import {
  all,
  ignores,
  readCopy,
  readDockerfile,
  readEnvironment,
  readHealthcheck,
  type Stage,
  words
} from '../support/dockerfile.ts'
import { until } from '../support/gate.ts'
import { LoopbackPeer } from '../support/loopback.ts'
import { LineReader } from '../support/pipes.ts'

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const stages = readDockerfile(readFileSync(join(checkout, 'Dockerfile'), 'utf8'))
const ignored = ignores(readFileSync(join(checkout, '.dockerignore'), 'utf8'))
const last = stages.at(-1) as Stage
const entry = words(all(last, 'ENTRYPOINT')[0]) ?? []
const usual = words(all(last, 'CMD')[0]) ?? []
const { command: check = [] } = readHealthcheck(all(last, 'HEALTHCHECK')[0] ?? '')
const run = promisify(execFile)

const image = mkdtempSync(join(tmpdir(), 'image-'))
/** The folder in which the program of the image starts. */
let home = ''

beforeAll(() => {
  stages.forEach((stage, index) => {
    home = build(stage, join(image, stage.name ?? String(index)))
  })
}, 240_000)
afterAll(() => rmSync(image, { recursive: true }))

/** Does what a stage says, below a root of its own; gives its last working folder. */
function build(stage: Stage, root: string): string {
  let folder = root
  for (const { name, text } of stage.instructions) {
    if (name === 'WORKDIR') {
      folder = join(root, text)
      mkdirSync(folder, { recursive: true })
    } else if (name === 'COPY') {
      const { from, sources, target } = readCopy(text)
      const above = from === undefined ? checkout : join(image, from)
      for (const source of sources) {
        const inside = join(folder, target, target.endsWith('/') ? basename(source) : '')
        const filter = (path: string) => from !== undefined || !ignored(relative(checkout, path))
        cpSync(join(above, source), inside, { recursive: true, filter })
      }
    } else if (name === 'RUN') {
      // all packages of development are in the checkout already: only those of the image are installed anew
      if (text.startsWith('npm ci')) symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'))
      else shell(text, folder)
    }
  }
  return folder
}

/** Runs a line as RUN does; throws what it said when it fails. */
function shell(line: string, cwd: string): void {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${line}\n${stdout}${stderr}`)
}

/** The program of the image, as `docker run` starts it, without what the machine's own environment would add. */
async function started(args = usual): Promise<{ child: ChildProcess; port: number; env: NodeJS.ProcessEnv }> {
  const port = await freePort()
  const env = { PATH: process.env['PATH'], ...readEnvironment(last), PORT: String(port) }
  const [program = '', ...before] = entry
  const child = spawn(program, [...before, ...args], { cwd: home, env })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, port, env }
}

/** What the health check says: its exit code. */
async function health(env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = check
  return run(program, args, { cwd: home, env }).then(
    () => 0,
    ({ code }) => code
  )
}

test('the modules of the image are those that run, at the versions of the lock file', () => {
  const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8'))
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), 'fastify']) {
    const { version } = JSON.parse(readFileSync(join(home, 'node_modules', name, 'package.json'), 'utf8'))
    expect([name, version]).toEqual([name, packages[`node_modules/${name}`].version])
  }
  const development = Object.keys(devDependencies).filter((name) => name !== 'fastify' && !(name in dependencies))
  expect(development.filter((name) => existsSync(join(home, 'node_modules', name)))).toEqual([])
  expect(readdirSync(home).sort()).toEqual(['dist', 'node_modules', 'package.json', 'spec-fixtures'])
})

test('it serves, the health check follows it, and SIGTERM ends it with 0 although a stream is open', async () => {
  const { child, port, env } = await started()
  await until(() => health(env), 0)
  const peer = await LoopbackPeer.open(`http://127.0.0.1:${port}/mcp`)
  expect((await (await peer.request('tools/list')).json()).result.tools).toHaveLength(10)
  const stream = await peer.get()
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(await stream.closed).toEqual({ whole: true })
  expect(await health(env)).toBe(1)
})

test('a call that runs at SIGTERM is answered', async () => {
  const { child, port, env } = await started()
  await until(() => health(env), 0)
  const peer = await LoopbackPeer.open(`http://127.0.0.1:${port}/mcp`)
  const reply = await peer.call('test_tool_with_progress')
  await reply.next()
  child.kill('SIGTERM')
  expect((await reply.rest()).at(-1)?.message.result.content[0].text).toContain('successfully')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('it serves stdio', async () => {
  const { child } = await started(['serve', '--stdio'])
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('no pipes')
  const out = new LineReader(stdout)
  stdin.write(`${JSON.stringify(initialize())}\n`)
  await until(() => out.lines.length, 1)
  expect(JSON.parse(out.lines[0] ?? '').result.serverInfo.name).toBe('handwire-reference')
  stdin.end()
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('it has the cases with which it tests other servers', async () => {
  const [program = '', ...before] = entry
  const { stdout } = await run(program, [...before, 'conform', '--list', 'http://127.0.0.1/mcp'], { cwd: home })
  expect(stdout.split('\n').length).toBeGreaterThan(500)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
