import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { corpusDirectory } from '../../../src/conform/fixture.ts'
import { definitionUrl, pages, requirement } from '../../../src/conform/requirements.ts'

const index = JSON.parse(readFileSync(new URL('requirements.json', corpusDirectory), 'utf8')) as {
  requirements: { id: string; page: string; says: string; level: string }[]
}
const site = 'https://modelcontextprotocol.io/specification/2025-06-18'

describe('a requirement', () => {
  test('has its sentence, its level and the address of its section', () => {
    const found = requirement('HTTP-11')
    expect(found).toMatchObject({ id: 'HTTP-11', level: 'MUST NOT', page: 'basic/transports' })
    expect(found?.says).toBe(index.requirements.find(({ id }) => id === 'HTTP-11')?.says)
    expect(found?.url).toBe(`${site}/basic/transports#sending-messages-to-the-server`)
  })

  test('that the index lacks is undefined', () => {
    expect(requirement('NOPE-01')).toBeUndefined()
  })

  test.each([
    ['index', site],
    ['basic/index', `${site}/basic`],
    ['architecture/index', `${site}/architecture`],
    ['server/utilities/logging', `${site}/server/utilities/logging`],
    ['basic/security_best_practices', `${site}/basic/security_best_practices`],
    ['schema', `${site}/schema`]
  ])('on the page %s is addressed under %s', (page, url) => {
    const ids = index.requirements.filter((one) => one.page === page).map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(0)
    for (const id of ids) expect(requirement(id)?.url).toMatch(new RegExp(`^${url.replaceAll('.', '\\.')}#[a-z0-9-]+$`))
  })
})

test('every page of the index has a title of its own', () => {
  const known = pages()
  expect(new Set(known.map(({ title }) => title)).size).toBe(known.length)
  expect(known.map(({ page }) => page)).toEqual(
    expect.arrayContaining([...new Set(index.requirements.map(({ page }) => page))])
  )
})

test('a definition is addressed in the schema reference by its name in small letters', () => {
  expect(definitionUrl('InitializeResult')).toBe(`${site}/schema#initializeresult`)
})
