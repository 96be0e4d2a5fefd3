/** What examples/README.md and the heads of the examples tell people to type is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(join(root, 'examples/README.md'), 'utf8')

/** Programs of the folders that have one. */
const programs = ['ten-lines', 'todo', 'repository'].flatMap((folder) =>
  readdirSync(join(root, 'examples', folder))
    .filter((file) => ['server.ts', 'stdio.ts'].includes(file))
    .map((file) => `examples/${folder}/${file}`)
)

test.each(programs)('the command that starts %s stands in its head and in the README', (program) => {
  const command = `npx tsx ${program}`
  const [head] = readFileSync(join(root, program), 'utf8').split('*/')
  expect(head).toContain(`\n *     ${command}\n`)
  expect(readme).toContain(`| \`${command}\` |`)
})

test('every file that the README names is there', () => {
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link as string)
  const commands = [...readme.matchAll(/examples\/[\w/.-]+\.ts/g)].map(([file]) => file.replace('examples/', ''))
  const missing = [...links, ...commands].filter((file) => !existsSync(join(root, 'examples', file)))
  expect(missing).toEqual([])
  expect(links.length).toBeGreaterThan(8)
})
