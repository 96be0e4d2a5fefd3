/** What is shipped for deployment agrees with itself and with the server: Dockerfile, .dockerignore, fly.toml, nginx.conf. */
import { existsSync, readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { readServeOptions } from '../src/cli/serve-options.ts'
import { defaultLimits } from '../src/protocol/limits.ts'
import {
  all,
  ignores,
  readCopy,
  readDockerfile,
  readEnvironment,
  readHealthcheck,
  type Stage,
  words
} from './support/dockerfile.ts'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const stages = readDockerfile(read('Dockerfile'))
const last = stages.at(-1) as Stage
const environment = readEnvironment(last)
const command = [...(words(all(last, 'ENTRYPOINT')[0]) ?? []), ...(words(all(last, 'CMD')[0]) ?? [])]
const served = readServeOptions(command.slice(command.indexOf('serve') + 1), environment)
const ignored = ignores(read('.dockerignore'))

describe('the Dockerfile', () => {
  test('copies only what is there and what .dockerignore lets through', () => {
    const copies = stages.flatMap((stage) => all(stage, 'COPY').map(readCopy))
    const sources = copies.filter(({ from }) => from === undefined).flatMap(({ sources }) => sources)
    expect(sources).toContain('package-lock.json')
    expect(sources.filter((path) => ignored(path) || !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([])
  })

  test('names only stages that stand above', () => {
    stages.forEach((stage, index) => {
      const known = stages.slice(0, index).map(({ name }) => name)
      for (const { from } of all(stage, 'COPY').map(readCopy)) if (from !== undefined) expect(known).toContain(from)
    })
  })

  test('has one base for all stages, of a version that the package runs on', () => {
    const images = new Set(stages.map(({ image }) => image))
    expect(images.size).toBe(1)
    const major = Number(/^node:(\d+)-alpine$/.exec([...images][0] ?? '')?.[1])
    expect(major).toBeGreaterThanOrEqual(Number(/\d+/.exec(JSON.parse(read('package.json')).engines.node)?.[0]))
  })

  test('ends with a user that is not root, given by number', () => {
    expect(all(last, 'USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)])
  })

  test('starts node itself as process 1, which so gets the signal', () => {
    expect(command.slice(0, 3)).toEqual(['node', 'dist/cli/index.js', 'serve'])
    expect(all(last, 'STOPSIGNAL')).toEqual(['SIGTERM'])
  })

  test('serves on every address of the container, at the port that it names', () => {
    expect(served).toMatchObject({ host: '0.0.0.0', stdio: false })
    expect(all(last, 'EXPOSE')).toEqual([String(served.port)])
  })

  test('lets running calls end before `docker stop` kills, after 10 seconds', () => {
    expect(served.graceMs).toBeGreaterThan(defaultLimits.graceMs)
    expect(served.graceMs).toBeLessThan(10_000)
  })

  test('has a health check that needs no program but node', () => {
    const { options, command } = readHealthcheck(all(last, 'HEALTHCHECK')[0] ?? '')
    expect(command?.slice(0, 2)).toEqual(['node', '-e'])
    expect(options).toMatchObject({ interval: expect.any(String), timeout: expect.any(String) })
  })

  test('installs from the lock file and runs no scripts of packages', () => {
    const installs = stages.flatMap((stage) => all(stage, 'RUN')).filter((run) => /npm (ci|i|install)\b/.test(run))
    expect(installs).toHaveLength(2)
    for (const run of installs) expect(run).toMatch(/npm ci --ignore-scripts/)
  })
})

test.each([
  '.git/config',
  '.env',
  'node_modules/fastify/package.json',
  'dist/cli/index.js',
  'test/rooms.test.ts',
  '.ci/run'
])('%s stays out of the image', (path) => {
  expect(ignored(path)).toBe(true)
})

describe('fly.toml', () => {
  const fly = readToml(read('fly.toml'))

  test('sends requests to the port that the image serves', () => {
    expect(fly['http_service.internal_port']).toBe(String(served.port))
  })

  test('tells the server the address that clients use', () => {
    const set = Object.entries(fly).filter(([key]) => key.startsWith('env.'))
    const environment = Object.fromEntries(set.map(([key, value]) => [key.slice(4), value.slice(1, -1)]))
    const { publicUrl, path } = readServeOptions([], environment)
    expect(publicUrl?.href).toBe(`https://${fly['app']?.slice(1, -1)}.fly.dev${path}`)
  })

  test('asks for readiness where the server answers it', () => {
    expect(fly['http_service.checks.path']).toBe("'/readyz'")
  })

  test('ends with the signal that drains, and waits longer than the image gives running calls', () => {
    expect(fly['kill_signal']).toBe("'SIGTERM'")
    expect(Number(fly['kill_timeout']) * 1000).toBeGreaterThan(served.graceMs ?? Number.POSITIVE_INFINITY)
  })

  test('never stops the machine that holds the sessions, nor runs two at a deploy', () => {
    expect(fly['http_service.auto_stop_machines']).toBe("'off'")
    expect(fly['http_service.min_machines_running']).toBe('1')
    expect(fly['deploy.strategy']).toBe("'rolling'")
  })

  test('holds no secret', () => {
    expect(Object.keys(fly).filter((key) => /^env\..*(TOKEN|SECRET|KEY|PASSWORD)/i.test(key))).toEqual([])
  })
})

describe('deploy/nginx.conf', () => {
  const site = read('deploy/nginx.conf')
  const value = (name: string): string => new RegExp(`^ *${name} ([^;]+);`, 'm').exec(site)?.[1] ?? ''
  const ms = (name: string): number => Number(/^(\d+)s$/.exec(value(name))?.[1]) * 1000

  test('waits longer than a call may be silent and than the pause between keep-alive comments', () => {
    expect(ms('proxy_read_timeout')).toBeGreaterThan(defaultLimits.callMs)
    expect(ms('proxy_read_timeout')).toBeGreaterThan(defaultLimits.keepAliveMs)
  })

  test('takes bodies as large as the server does, and holds them in memory', () => {
    const bytes = Number(/^(\d+)m$/.exec(value('client_max_body_size'))?.[1]) * 1024 * 1024
    expect(bytes).toBe(defaultLimits.bodyBytes)
    expect(value('client_body_buffer_size')).toBe(value('client_max_body_size'))
  })

  test('gives up an idle connection to the server before the server does', async () => {
    const app = Fastify()
    expect(ms('keepalive_timeout')).toBeLessThan(app.server.keepAliveTimeout)
    await app.close()
  })
})

describe('the readers', () => {
  test('a stage begins with FROM, a line may go on, and a comment is none', () => {
    const text = ['ARG A=b', 'FROM node:$' + '{A} AS one', 'RUN a \\', '  && b', '# no', 'FROM one', 'CMD ["x"]'].join(
      '\n'
    )
    expect(readDockerfile(text)).toEqual([
      { name: 'one', image: 'node:b', instructions: [{ name: 'RUN', text: 'a  && b' }] },
      { name: undefined, image: 'one', instructions: [{ name: 'CMD', text: '["x"]' }] }
    ])
    expect(words('["x"]')).toEqual(['x'])
    expect(words('x')).toBeUndefined()
  })

  test('the last fitting line of .dockerignore decides, and a folder stands for what is in it', () => {
    const decides = ignores('*\n!src\nsrc/**/*.log\n')
    expect(['a', 'a/b', 'src', 'src/a/b.ts', 'src/a/b.log', 'srcs'].map(decides)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true
    ])
  })
})

/** Keys with their table before them, and values as they stand. */
function readToml(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  let table = ''
  for (const line of text.split('\n')) {
    const head = /^\s*\[+([\w.]+)\]+/.exec(line)?.[1]
    if (head !== undefined) table = `${head}.`
    const [, key, value] = /^\s*(\w+)\s*=\s*('[^']*'|\S+)/.exec(line) ?? []
    if (key !== undefined && value !== undefined) found[`${table}${key}`] = value
  }
  return found
}
