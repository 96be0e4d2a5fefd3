/** Every link of a page of ours leads to something that is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/rooms.ts'

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'examples/README.md', 'spec-fixtures/README.md'],
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)
].filter((file) => file.endsWith('.md'))

/** The anchors of a page, as its headings give them. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} +(.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .replaceAll('`', '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
  )
}

/** The links of a page that lead to nothing. */
function deadLinks(file: string, text: string): string[] {
  const links = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to)
  return links
    .filter((to) => !/^[a-z]+:/.test(to))
    .filter((to) => {
      const [path = '', anchor] = to.split('#')
      const target = path === '' ? file : join(dirname(file), path)
      if (target !== file && !existsSync(join(root, target))) return true
      if (anchor === undefined || !target.endsWith('.md')) return false
      return !anchorsOf(target === file ? text : readFileSync(join(root, target), 'utf8')).includes(anchor)
    })
}

test.each(pages)('the links of %s', (file) => {
  expect(deadLinks(file, readFileSync(join(root, file), 'utf8'))).toEqual([])
})

test('a link to nothing is told', () => {
  const text = '# One two\n[a](#one-two) [b](#three) [c](nowhere.md) [d](README.md#the-map) [e](README.md#the-mop)\n'
  expect(deadLinks('x.md', text)).toEqual(['#three', 'nowhere.md', 'README.md#the-mop'])
})
