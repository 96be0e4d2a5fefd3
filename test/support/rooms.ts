/** Which file imports what, and the arrows that it has to keep to (the rooms of src). */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One import: a file of this project by its path under the root, or a package or node: module by its name. */
export interface Import {
  of: string
  /** Whether it is gone at run time. */
  typeOnly: boolean
}

export interface SourceFile {
  /** Path under the root, such as `src/http/index.ts`. */
  file: string
  imports: Import[]
  /** The text without comments. */
  code: string
}

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every TypeScript file under a folder of the project. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
    .map((file) => readSource(file, readFileSync(join(root, file), 'utf8')))
}

/** The imports of one file, from its text. */
export function readSource(file: string, text: string): SourceFile {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+['"]([^'"]+)['"]/gm)
  const bare = code.matchAll(/^\s*import\s+['"]([^'"]+)['"]/gm)
  const dynamic = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)
  const imports = [
    ...[...statements].map(([, type, of]) => ({ of: of as string, typeOnly: type !== undefined })),
    ...[...bare, ...dynamic].map(([, of]) => ({ of: of as string, typeOnly: false }))
  ]
  return { file, code, imports: imports.map(({ of, typeOnly }) => ({ of: resolve(file, of), typeOnly })) }
}

function resolve(file: string, of: string): string {
  return of.startsWith('.') ? join(dirname(file), of) : of
}

/** The room of a file of src: `src/http/sse.ts` is in `http`. */
const roomOf = (file: string): string => file.split('/')[1] ?? ''

/** What each room may import beside itself: rooms, or single files of them. */
const arrows: Record<string, readonly string[]> = {
  protocol: [],
  tools: ['protocol'],
  resources: ['protocol'],
  prompts: ['protocol'],
  auth: ['protocol'],
  http: ['protocol', 'tools', 'resources', 'prompts', 'auth'],
  stdio: ['protocol', 'tools', 'resources', 'prompts'],
  conform: [
    ...['protocol/frame.ts', 'protocol/schema.ts', 'protocol/transcript.ts', 'protocol/types', 'http/sse.ts'],
    // where clients look for metadata, and which audience names a resource
    ...['auth/issuer.ts', 'auth/resource.ts']
  ],
  cli: ['protocol', 'tools', 'resources', 'prompts', 'auth', 'http', 'stdio', 'conform']
}

/** Where each package is at home: rooms or files. */
const homes: Record<string, readonly string[]> = {
  fastify: ['src/http', 'src/cli', 'src/auth/verifier.ts', 'src/auth/server'],
  jose: ['src/auth'],
  'oidc-provider': ['src/auth/server'],
  '@libsql/client': ['src/auth/server'],
  redis: ['src/auth/server'],
  'fastify-plugin': ['src/http'],
  ajv: ['src/protocol/schema.ts'],
  'ajv-formats': ['src/protocol/schema.ts'],
  'uri-template-matcher': ['src/resources/template.ts'],
  '@sinclair/typebox': [
    'src/protocol',
    'src/tools',
    'src/resources',
    'src/prompts',
    'src/http',
    'src/conform',
    'src/cli'
  ],
  pino: ['src/cli'],
  'prom-client': ['src/http/metrics.ts'],
  '@opentelemetry/api': ['src/http/telemetry.ts']
}

const within = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)

/** The arrows that one file breaks, in words. */
export function brokenArrows({ file, imports }: SourceFile): string[] {
  const room = roomOf(file)
  const allowed = arrows[room]
  if (allowed === undefined) return [`${file}: the room ${room} has no arrows yet`]
  return imports
    .filter(({ of }) => /^(src|test|bench|scripts)\//.test(of))
    .filter(({ of }) => !within(of, `src/${room}`) && !allowed.some((place) => within(of, `src/${place}`)))
    .map(({ of }) => `${file} imports ${of}`)
}

/** The packages that one file imports away from their home, in words. Types may be imported from a package that is only handed in. */
export function strayPackages({ file, imports }: SourceFile): string[] {
  return imports
    .filter(({ of }) => !/^(src|test|bench|scripts)\//.test(of) && !of.startsWith('node:'))
    .map(({ of }) => (of.startsWith('@') ? of.split('/').slice(0, 2).join('/') : (of.split('/')[0] as string)))
    .filter((name) => !(homes[name] ?? []).some((place) => within(file, place)))
    .map((name) => `${file} imports ${name}`)
}

/** Words of time, chance and network. */
const world =
  /\b(?:setTimeout|setInterval|setImmediate|performance|WebSocket|process|getRandomValues|Math\.random|Date\.now)\b|\b(?:Date|fetch)(?=\s*\()/g

/** What one file of protocol has of clock, chance, network or Fastify, in words; memory.ts is where the world is lent from. */
export function worldliness({ file, imports, code }: SourceFile): string[] {
  if (roomOf(file) !== 'protocol' || file === 'src/protocol/memory.ts') return []
  const modules = imports.filter(({ of }) => of.startsWith('node:') || of.startsWith('fastify'))
  const words = new Set([...code.matchAll(world)].map(([word]) => word))
  return [...modules.map(({ of }) => `${file} imports ${of}`), ...[...words].map((word) => `${file} says ${word}`)]
}

/** The first ring of imports that run-time imports close, as the files on it; undefined when there is none. */
export function runtimeCycle(files: readonly SourceFile[]): string[] | undefined {
  const imports = new Map(
    files.map(({ file, imports }) => [file, imports.filter(({ typeOnly }) => !typeOnly).map(({ of }) => of)])
  )
  const done = new Set<string>()
  const walk = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of imports.get(file) ?? []) {
      const ring = walk(next, [...path, file])
      if (ring !== undefined) return ring
    }
    done.add(file)
    return undefined
  }
  for (const file of imports.keys()) {
    const ring = walk(file, [])
    if (ring !== undefined) return ring
  }
  return undefined
}
