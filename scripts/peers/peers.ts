/** The foreign servers: what each is, how it is started, what it is known to do. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Peer {
  /** Also the name of its profile. */
  name: string
  title: string
  /** The packages it is made of, the one under test first, as they are installed. */
  packages(): Package[]
  /** How the server was written, for the reader of the page. */
  configured: string
  /** Where it listens when somebody asks for it by name. */
  port: number
  /** What starts it; PORT in the environment says where it listens. */
  command: string[]
  /** What it needs beyond the packages of this one. */
  own?: Own
  /** How many cases run at once; default that of the runner. */
  jobs?: number
  /** Cases that its profile skips and that the run without a profile has to leave out, too. */
  leftOut?: string[]
}

/** Packages that only this peer needs, installed on demand. */
export interface Own {
  folder: URL
  /** What is in the folder once they are there. */
  mark: string
  /** Commands that install them, run in the folder one after the other. */
  install: string[][]
  /** Where they cannot be installed, the peer is left out. */
  optional?: true
}

export interface Package {
  name: string
  version: string
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const root = new URL('../../', import.meta.url)
const fastmcp = new URL('fastmcp/', import.meta.url)
const python = here('fastmcp-python/.venv/bin/python')
const typescript = (file: string): string[] => [process.execPath, '--import', 'tsx', here(file)]

export const peers: Peer[] = [
  {
    name: 'everything',
    title: 'The official everything server',
    packages: () => [
      installed('@modelcontextprotocol/server-everything', root),
      installed('@modelcontextprotocol/sdk', root)
    ],
    configured:
      'The published package as it is, started with `streamableHttp`: sessions, an event store of its own, CORS for every ' +
      'origin. Its tools stand in for those of the corpus as its profile says; it has no counterpart for most of them.',
    port: 3901,
    command: [
      process.execPath,
      fileURLToPath(new URL('node_modules/@modelcontextprotocol/server-everything/dist/index.js', root)),
      'streamableHttp'
    ]
  },
  {
    name: 'sdk-v1',
    title: 'A server with the official TypeScript SDK, version 1',
    packages: () => [installed('@modelcontextprotocol/sdk', root)],
    configured:
      "`McpServer` behind `createMcpExpressApp` and `StreamableHTTPServerTransport`, as the SDK's own example for sessions " +
      'has it: a session and an event store for each client, an unknown session answered 404. Subscriptions are handled ' +
      'with the low-level server. `enforceStrictCapabilities` is on.',
    port: 3902,
    command: typescript('sdk-v1.ts')
  },
  {
    name: 'sdk-v2',
    title: 'A server with the official TypeScript SDK, version 2, with sessions',
    packages: () => [installed('@modelcontextprotocol/server', root), installed('@modelcontextprotocol/node', root)],
    configured:
      '`McpServer` behind `NodeStreamableHTTPServerTransport` on `node:http`: a session and an event store for each client, ' +
      'and in front of it the two guards that the README puts there, `localhostHostValidation` and `localhostOriginValidation`.',
    port: 3903,
    command: typescript('sdk-v2.ts')
  },
  {
    name: 'sdk-v2-stateless',
    title: 'The same server behind `createMcpHandler` of version 2',
    packages: () => [installed('@modelcontextprotocol/server', root), installed('@modelcontextprotocol/node', root)],
    configured:
      'The entry for HTTP that version 2 documents first, with its defaults: clients of the 2025 revisions are served without ' +
      'sessions and without a GET stream. The server behind it is the same, and so are the guards.',
    port: 3904,
    command: typescript('sdk-v2-stateless.ts')
  },
  {
    name: 'fastmcp',
    title: 'A server with punkpeye/fastmcp',
    packages: () => [installed('fastmcp', fastmcp), installed('mcp-proxy', fastmcp)],
    configured:
      'Defaults throughout: sessions, a bounded event store for each, CORS for every origin, a ping every five seconds. ' +
      'Sampling and roots go through the session object, as its README has it.',
    port: 3905,
    command: typescript('fastmcp/server.js'),
    own: { folder: fastmcp, mark: 'node_modules/', install: [['npm', 'ci', '--no-audit', '--no-fund']] },
    jobs: 16,
    leftOut: ['session/unknown/inherited-name']
  },
  {
    name: 'fastmcp-python',
    title: 'A server with PrefectHQ/fastmcp for Python',
    packages: () => [distributed('fastmcp'), distributed('mcp')],
    configured:
      'Defaults over HTTP, so with sessions and without an event store. Log messages and progress go through the context, ' +
      'sampling and roots through the session of the SDK below, as fastmcp has no door to them.',
    port: 3906,
    command: [python, here('fastmcp-python/server.py')],
    own: {
      folder: new URL('fastmcp-python/', import.meta.url),
      mark: '.venv/bin/python',
      install: [
        ['python3', '-m', 'venv', '.venv'],
        ['.venv/bin/pip', 'install', '--quiet', '-r', 'requirements.txt']
      ],
      optional: true
    }
  }
]

/** The peer of that name. Throws when there is none. */
export function peerNamed(name: string): Peer {
  const peer = peers.find((one) => one.name === name)
  if (peer === undefined)
    throw new Error(`no peer is called ${name}; there are ${peers.map((one) => one.name).join(', ')}`)
  return peer
}

/** The profile of a peer. */
export function profileOf({ name }: Pick<Peer, 'name'>): URL {
  return new URL(`spec-fixtures/profiles/${name}.json`, root)
}

/** Whether all that a peer needs is installed. */
export function isInstalled({ own }: Pick<Peer, 'own'>): boolean {
  return own === undefined || existsSync(new URL(own.mark, own.folder))
}

function installed(name: string, folder: URL): Package {
  const file = new URL(`node_modules/${name}/package.json`, folder)
  return { name, version: (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version }
}

/** A package of the Python environment. */
function distributed(name: string): Package {
  const ask = 'import sys, importlib.metadata; print(importlib.metadata.version(sys.argv[1]))'
  return { name: `${name} (Python)`, version: execFileSync(python, ['-c', ask, name], { encoding: 'utf8' }).trim() }
}
