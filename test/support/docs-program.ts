/** Samples of the documentation as modules of a project that has the package installed: to be run, and to be compiled. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { doors, type Sample } from './docs.ts'
import { root } from './rooms.ts'

/** What samples may leave out because the text around them says it. */
const understood: Record<string, string> = {
  app: "declare const app: import('fastify').FastifyInstance",
  Type: "import { Type } from '@sinclair/typebox'",
  handwire: "import handwire from 'handwire'",
  assert: "import assert from 'node:assert/strict'",
  FastifyInstance: "import type { FastifyInstance } from 'fastify'",
  schema: "declare const schema: import('fastify').FastifySchema",
  handler: "declare const handler: import('fastify').RouteHandlerMethod",
  db: `declare const db: {
    purge(list: string, signal: AbortSignal): Promise<number>
    reindex(signal: AbortSignal): AsyncIterable<{ done: number; all: number }>
    count(): number
    lists(begin?: string): Promise<string[]>
    get(list: string, id: string): Promise<object | undefined>
    lines(day: string, signal: AbortSignal): AsyncIterable<string>
    on(event: 'change', listener: (list: string, id: string) => void): void
  }`
}

export class DocsProgram {
  readonly #directory = mkdtempSync(join(tmpdir(), 'handwire-docs-'))
  readonly #names = new Map<string, string>()

  constructor() {
    symlinkSync(join(root, 'node_modules'), join(this.#directory, 'node_modules'), 'junction')
    writeFileSync(join(this.#directory, 'package.json'), '{ "type": "module" }')
    const paths = Object.fromEntries(doors().map(({ door, file }) => [door, [join(root, file)]]))
    const compilerOptions = { paths, noUnusedLocals: false, noUnusedParameters: false }
    const project = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['samples'] }
    writeFileSync(join(this.#directory, 'tsconfig.json'), JSON.stringify(project))
    for (const folder of ['samples', 'running']) mkdirSync(join(this.#directory, folder))
  }

  /** Adds a sample to what is compiled; what it leaves out goes behind it, so that lines keep their numbers. */
  add({ name, code }: Sample): void {
    const missing = Object.entries(understood).filter(
      ([word]) => new RegExp(`\\b${word}\\b`).test(code) && !declares(code, word)
    )
    const file = `${this.#names.size}-${basename(name).replace(/[^\w.-]+/g, '-')}.ts`
    this.#names.set(file, name)
    const text = [code, ...missing.map(([, declaration]) => declaration), 'export {}', ''].join('\n')
    writeFileSync(join(this.#directory, 'samples', file), text)
  }

  /** What the compiler has against each sample, by its name; faults elsewhere stand under their own file. */
  async faults(): Promise<Map<string, string[]>> {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, [compiler, '-p', this.#directory, '--pretty', 'false'], (_, stdout) => resolve(stdout))
    })
    const faults = new Map<string, string[]>()
    for (const [, file = '', place, fault] of output.matchAll(/^(\S[^(\n]*)\((\d+),\d+\): (.*)$/gm)) {
      const name = this.#names.get(basename(file)) ?? file
      faults.set(name, [...(faults.get(name) ?? []), `line ${place}: ${fault}`])
    }
    return faults
  }

  /** Runs a sample as a module of its own. Rejects with what it throws. */
  async run({ name, code }: Sample): Promise<void> {
    const file = join(this.#directory, 'running', `${name.replace(/[^\w.-]+/g, '-')}.ts`)
    const sources = new Map(doors().map((door) => [door.door, join(root, door.file)]))
    writeFileSync(
      file,
      code.replace(/(from |import\()'(handwire[^']*)'/g, (_, before, door) => `${before}'${sources.get(door) ?? door}'`)
    )
    await import(pathToFileURL(file).href)
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Whether a module declares or imports a word itself. */
function declares(code: string, word: string): boolean {
  const declared = new RegExp(`\\b(?:const|let|var|function|class|using) (?:\\{[^}]*\\b)?${word}\\b`)
  const imported = new RegExp(`^import\\b[^'"]*\\b${word}\\b[^'"]*from`, 'm')
  return declared.test(code) || imported.test(code)
}
