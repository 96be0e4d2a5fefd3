/** What the documentation shows: examples in docstrings, code in Markdown, and which exports have one. */
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from './rooms.ts'

/** A piece of TypeScript that somebody may copy. */
export interface Sample {
  /** Where it stands: the file, and the declaration or the line. */
  name: string
  code: string
}

/** A declaration with a docstring. A member is named with its interface: `Tools.tool`. */
export interface Documented {
  file: string
  name: string
  examples: string[]
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** The doors of the package, as the path that is imported and the source file behind it. */
export function doors(): { door: string; file: string }[] {
  const { name, exports } = JSON.parse(read('package.json')) as {
    name: string
    exports: Record<string, { types: string } | string>
  }
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [{ door: join(name, path), file: target.types.replace('./dist/', 'src/').replace('.d.ts', '.ts') }]
  )
}

/** The functions that a door exports at run time, classes left out. */
export async function functionsOf(file: string): Promise<string[]> {
  const exported = (await import(join(root, file))) as Record<string, unknown>
  const isFunction = (value: unknown): boolean =>
    typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
  return Object.keys(exported).filter((name) => isFunction(exported[name]))
}

/** The file that declares an export of a file, and its name there. */
export function declarationOf(file: string, name: string): { file: string; name: string } | undefined {
  const text = read(file)
  if (name === 'default') {
    const local = /^export default (\w+)$/m.exec(text)?.[1]
    return local === undefined ? undefined : declarationOf(file, local)
  }
  if (new RegExp(`^export (?:async )?(?:function\\*?|const) ${name}\\b`, 'm').test(text)) return { file, name }
  for (const [, list, of] of text.matchAll(/^export (\*|\{[^}]*\}) from '(\.[^']+)'/gm)) {
    if (list !== '*' && !new RegExp(`\\b${name}\\b`).test(list as string)) continue
    const found = declarationOf(relative(root, join(root, dirname(file), of as string)), name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Every declaration of a source file that has a docstring. */
export function documentedIn(file: string, text = read(file)): Documented[] {
  return [...text.matchAll(/^( *)\/\*\*([\s\S]*?)\*\/\n((?: *\/\/.*\n)*)( *)(.*)$/gm)].flatMap((match) => {
    const [, indent = '', comment = '', , , declared = ''] = match
    const name = nameOf(declared)
    if (name === undefined) return []
    const around = indent === '' ? undefined : enclosing(text.slice(0, match.index))
    return [{ file, name: around === undefined ? name : `${around}.${name}`, examples: examplesIn(comment) }]
  })
}

/** What a line declares, when that can be exported or is a member. */
function nameOf(line: string): string | undefined {
  const exported =
    /^export (?:default )?(?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|class|interface|type) (\w+)/
  return exported.exec(line)?.[1] ?? /^(?:readonly |static |async |get )*(\w+)\??\s*[<(:]/.exec(line)?.[1]
}

/** The interface or class whose members the text has reached. */
function enclosing(before: string): string | undefined {
  return [...before.matchAll(/^export (?:abstract )?(?:interface|class|type) (\w+)/gm)].at(-1)?.[1]
}

/** The code of each `@example` of a docstring; empty where it has no block of TypeScript. */
function examplesIn(comment: string): string[] {
  const text = comment.replace(/^ *\* ?/gm, '')
  return text
    .split(/^@example\b/m)
    .slice(1)
    .map((part) => /```ts\n([\s\S]*?)```/.exec(part)?.[1] ?? '')
}

/** The blocks of TypeScript in a Markdown file, named by the line they begin at. */
export function blocksOf(file: string, text = read(file)): Sample[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    name: `${file}:${text.slice(0, match.index).split('\n').length + 1}`,
    code: match[1] as string
  }))
}
