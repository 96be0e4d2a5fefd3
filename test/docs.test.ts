/** What the documentation shows is there, runs and compiles: the examples of docstrings and the code of the README. */
import { afterAll, describe, expect, test } from 'vitest'
import {
  blocksOf,
  type Documented,
  declarationOf,
  documentedIn,
  doors,
  functionsOf,
  type Sample
} from './support/docs.ts'
import { DocsProgram } from './support/docs-program.ts'
import { sourceFiles } from './support/rooms.ts'

const sources = sourceFiles('src').flatMap(({ file }) => documentedIn(file))
const told: Sample[] = sources.flatMap(({ file, name, examples }) =>
  examples.map((code, index) => ({ name: `${file} ${name}${index === 0 ? '' : ` ${index + 1}`}`, code }))
)
const examples = told.filter(({ code }) => code !== '')
const readme = blocksOf('README.md')

const program = new DocsProgram()
afterAll(() => program.remove())

const documented = (file: string, name: string): Documented | undefined =>
  sources.find((source) => source.file === file && source.name === name)

describe('every function that somebody may call has an example', () => {
  test.each(doors())('exported by $door', async ({ file }) => {
    const names = await functionsOf(file)
    expect(names.length).toBeGreaterThan(0)
    const missing = names.filter((name) => {
      const declared = declarationOf(file, name)
      return declared === undefined || (documented(declared.file, declared.name)?.examples.length ?? 0) === 0
    })
    expect(missing).toEqual([])
  })

  test.each(['Tools', 'Resources', 'Prompts', 'Routes', 'Mcp'])('a member of %s', (around) => {
    const members = sources.filter(
      ({ file, name }) => /^src\/(tools|resources|prompts|http)\//.test(file) && name.startsWith(`${around}.`)
    )
    expect(members.length).toBeGreaterThan(0)
    expect(members.filter(({ examples }) => examples.length === 0).map(({ name }) => name)).toEqual([])
  })
})

test('every example is a block of TypeScript', () => {
  expect(told.filter(({ code }) => code === '').map(({ name }) => name)).toEqual([])
})

test.each(examples)('the example runs: $name', async (example) => {
  await program.run(example)
})

test('examples and the code of the README compile, and wrong code would not', async () => {
  const wrong = { name: 'wrong', code: "import { text } from 'handwire'\ntext(5)\n" }
  for (const sample of [...examples, ...readme, wrong]) program.add(sample)
  const { wrong: found, ...others } = Object.fromEntries(await program.faults())
  expect(others).toEqual({})
  expect(found).toEqual([expect.stringMatching(/^line 2: error TS2345: Argument of type 'number'/)])
}, 120_000)

describe('what is looked for is found', () => {
  const text = `/** The file. */
import { a } from './a.ts'

/**
 * Says so.
 *
 * @example
 * \`\`\`ts
 * one()
 *
 * two()
 * \`\`\`
 * @example
 * \`\`\`ts
 * three()
 * \`\`\`
 */
export function told(): void {}

/** Without. */
export const bare = 1

/** Not for others. */
function own(): void {}

/** A few. */
export interface Few {
  /**
   * A member.
   *
   * @example
   * \`\`\`ts
   * few.member<1>()
   * \`\`\`
   */
  member<T>(of: T): void
  /** Another. */
  readonly other: string
}
`

  test('docstrings of exports and members, with the code of each example', () => {
    expect(documentedIn('src/x.ts', text)).toEqual([
      { file: 'src/x.ts', name: 'told', examples: ['one()\n\ntwo()\n', 'three()\n'] },
      { file: 'src/x.ts', name: 'bare', examples: [] },
      { file: 'src/x.ts', name: 'Few', examples: [] },
      { file: 'src/x.ts', name: 'Few.member', examples: ['few.member<1>()\n'] },
      { file: 'src/x.ts', name: 'Few.other', examples: [] }
    ])
  })

  test('the file that declares what another exports', () => {
    expect(declarationOf('src/http/index.ts', 'text')).toEqual({ file: 'src/protocol/content.ts', name: 'text' })
    expect(declarationOf('src/protocol/index.ts', 'readFrame')?.file).toBe('src/protocol/frame.ts')
    expect(declarationOf('src/http/index.ts', 'default')).toEqual({ file: 'src/http/index.ts', name: 'handwire' })
    expect(declarationOf('src/http/index.ts', 'nothing')).toBeUndefined()
  })

  test('code in Markdown, by line, and no other code', () => {
    const markdown = 'a\n```ts\nconst b = 1\n```\n```sh\nls\n```\n```ts\nc\n```\n'
    expect(blocksOf('A.md', markdown)).toEqual([
      { name: 'A.md:3', code: 'const b = 1\n' },
      { name: 'A.md:9', code: 'c\n' }
    ])
    expect(readme.length).toBeGreaterThan(4)
  })

  test('a sample that throws is told', async () => {
    const code = "import { notFound } from 'handwire'\nnotFound()\n"
    await expect(program.run({ name: 'throws', code })).rejects.toThrow('Resource not found')
  })
})
