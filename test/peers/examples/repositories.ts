/** Git repositories of a test: one with odd names, a large one, and folders that only look like repositories. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What git itself prints of the odd one. */
export const oddTree = ['README.md', 'a name with spaces.txt', 'straße/größe.txt', '"two\\nlines.txt"']
/** Paths of the large one, in the order of git. */
export const largeTree = Array.from({ length: 20_000 }, (_, index) => `folder/${String(index).padStart(5, '0')}.txt`)

/** Lays out `<root>/inside/<owner>/<name>`, and a repository around and beside it that nobody may see. Returns the folder inside. */
export function layOut(root: string): string {
  const inside = join(root, 'inside')
  commit(root, [...outsiders])
  commit(join(root, 'beside'), [...outsiders])
  commit(join(inside, 'acme', 'odd'), ['README.md', 'a name with spaces.txt', 'straße/größe.txt', 'two\nlines.txt'])
  commit(join(inside, 'acme', 'large'), largeTree)
  commit(join(inside, 'other', 'widget'), ['widget.c'])
  mkdirSync(join(inside, 'acme', 'plain'))
  // git would look above for a repository
  mkdirSync(join(inside, 'acme', 'hollow', '.git'), { recursive: true })
  mkdirSync(join(inside, 'acme', 'pointer'))
  writeFileSync(join(inside, 'acme', 'pointer', '.git'), `gitdir: ${join(root, 'beside', '.git')}\n`)
  symlinkSync(join(root, 'beside'), join(inside, 'acme', 'linked'))
  return inside
}

const outsiders = ['secret.txt']

/** A repository with one commit of empty files; no file is written but those of git. */
function commit(directory: string, paths: string[]): void {
  mkdirSync(directory, { recursive: true })
  const { PATH } = process.env
  const author = { GIT_AUTHOR_NAME: 'test', GIT_AUTHOR_EMAIL: 'test@example.com' }
  const committer = { GIT_COMMITTER_NAME: 'test', GIT_COMMITTER_EMAIL: 'test@example.com' }
  const env = { PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1', ...author, ...committer }
  const git = (args: string[], input = ''): string =>
    execFileSync('git', args, { cwd: directory, env, input }).toString().trim()
  git(['init', '--quiet'])
  const blob = git(['hash-object', '-w', '--stdin'])
  git(['update-index', '-z', '--index-info'], paths.map((path) => `100644 ${blob}\t${path}\0`).join(''))
  git(['update-ref', 'HEAD', git(['commit-tree', git(['write-tree']), '-m', 'all'])])
}
