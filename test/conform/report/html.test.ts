import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { peerPage } from '../../../src/conform/report/html/peer-page.ts'
import { fileName, writeHtml } from '../../../src/conform/report/html.ts'
import type { Report } from '../../../src/conform/report.ts'
import { all, type Element, parseMarkup, textOf } from './elements.ts'
import { everyOutcome, exchange, failure, hostile, reportOf, result } from './sample.ts'

const read = (report: Report): Element => parseMarkup(peerPage(report), 'html')
const rowOf = (page: Element, id: string): Element => all(page, 'tr', { id })[0]!
const named = (name: string, more: Partial<Report> = {}): Report =>
  reportOf([result('a/b/c')], {
    server: { revision: '2025-06-18', capabilities: {}, server: { name, version: '1' } },
    ...more
  })

describe('the page of a peer', () => {
  const page = read(everyOutcome())

  test('has one heading for the peer and one for each page of the specification, in its order', () => {
    expect(all(page, 'h1').map(textOf)).toEqual(['acme 1.2.3'])
    expect(all(page, 'section').map((section) => textOf(all(section, 'h2')[0]!).trim())).toEqual([
      'Lifecycle specification',
      'Transports specification',
      'Cancellation specification',
      'Tools specification',
      'Structure of messages specification'
    ])
  })

  test('has a row for each case, with outcome, requirement and the link to its section', () => {
    expect(all(page, 'tr').filter(({ attributes }) => 'data-o' in attributes)).toHaveLength(11)
    const row = rowOf(page, 'http/accept/neither')
    expect(row.attributes['data-o']).toBe('fail')
    expect(textOf(row)).toContain('HTTP-11 MUST NOT A JSON array in a POST')
    expect(all(row, 'a').map(({ attributes }) => attributes['href'])).toContain(
      'https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#sending-messages-to-the-server'
    )
  })

  test('shows of a failure what was expected, what came and how to see it again', () => {
    const values = all(rowOf(page, 'http/accept/neither'), 'dd').map(textOf)
    expect(values).toEqual([
      '/status',
      '{"$num":[400,499]}',
      '200',
      'handwire conform http://127.0.0.1:3000/mcp --only http/accept/neither'
    ])
  })

  test('carries the flags it is given into the command', () => {
    const text = peerPage(reportOf([failure('a/b/c')]), ['--profile', 'mine.json'])
    expect(text).toContain('--only a/b/c --profile mine.json')
  })

  test('has the wire log of a failure in order, with times and streams, the handshake included', () => {
    const log = textOf(all(rowOf(page, 'http/accept/neither'), 'pre')[0]!)
    const places = [
      '0.1 ms #1 → POST /mcp',
      '4.0 ms #1 ← 200',
      '7.0 ms #4 → POST /mcp',
      'event (id: e-1)',
      'DELETE /mcp'
    ]
    const found = places.map((place) => log.indexOf(place))
    expect(found).not.toContain(-1)
    expect(found).toEqual([...found].sort((one, other) => one - other))
  })

  test('sums up the handshake of a case that passed in one line', () => {
    const log = textOf(all(rowOf(page, 'lifecycle/initialize/plain'), 'pre')[0]!)
    expect(log).toContain('the handshake, 7 frames')
    expect(log).not.toContain('999001')
  })

  test('names the session of a frame where there are several', () => {
    const frames = [...exchange(), ...exchange().map((frame) => ({ ...frame, session: 'second' }))]
    const log = textOf(all(read(reportOf([failure('a/b/c', { frames })])), 'pre')[0]!)
    expect(log).toContain('second/#4 → POST')
  })

  test('folds away what passed and what was skipped, and nothing else', () => {
    const folded = all(page, 'details', { class: 'fold' }).flatMap((fold) => all(fold, 'tr'))
    const outcomes = new Set(folded.flatMap(({ attributes }) => attributes['data-o'] ?? []))
    expect(outcomes).toEqual(new Set(['pass', 'skip']))
    expect(textOf(rowOf(page, 'cancel/running/one'))).toContain('the server does not list test_slow')
  })

  test('tells what is wrong, what is not offered and what could not be tested apart', () => {
    const parts = all(page, 'dl', { class: 'three' }).flatMap((list) => all(list, 'div').map(textOf))
    expect(parts[0]).toContain(
      'The server is wrong2 failures, 1 warning, 1 stale known failure, 1 known by the profile'
    )
    expect(parts[1]).toContain('does not offer this3 cases')
    expect(parts[2]).toContain('Could not be tested1 case')
  })

  test('is a table to a screen reader: a caption and column headers for each', () => {
    const tables = all(page, 'table')
    expect(tables.length).toBeGreaterThan(4)
    for (const table of tables) {
      expect(all(table, 'caption').map(textOf)[0]).not.toBe('')
      expect(all(table, 'th', { scope: 'col' })).toHaveLength(3)
    }
  })

  test('links only to ids that are there', () => {
    const ids = new Set(
      [...all(page, 'tr'), ...all(page, 'h2'), ...all(page, 'main')].map(({ attributes }) => attributes['id'])
    )
    const links = all(page, 'a').flatMap(({ attributes }) => /^#(.*)/.exec(attributes['href'] ?? '')?.[1] ?? [])
    expect(links.filter((link) => !ids.has(decodeURIComponent(link)))).toEqual([])
  })

  test('hides the filter until there is a script to serve it', () => {
    expect(all(page, 'form')[0]?.attributes).toHaveProperty('hidden')
    expect(all(page, 'input', { type: 'checkbox' }).map(({ attributes }) => attributes['value'])).toEqual([
      'fail',
      'error',
      'warn',
      'info',
      'pass',
      'known',
      'skip'
    ])
  })
})

describe('a page is closed', () => {
  const policyOf = (page: Element): string =>
    all(page, 'meta').find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy')?.attributes[
      'content'
    ] ?? ''
  const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

  test('its policy allows its own style and script by their hashes, and nothing else', () => {
    const page = read(everyOutcome())
    const [style, script] = [all(page, 'style'), all(page, 'script')]
    expect([style.length, script.length]).toEqual([1, 1])
    expect(policyOf(page)).toBe(
      `default-src 'none'; style-src ${digest(textOf(style[0]!))}; script-src ${digest(textOf(script[0]!))}; ` +
        `base-uri 'none'; form-action 'none'`
    )
  })

  test('it loads nothing, and has no style or handler in an attribute', () => {
    const text = peerPage(everyOutcome())
    expect(text).not.toMatch(/\s(src|srcset|style|on[a-z]+)=/)
    expect(text).not.toMatch(/url\(|@import|<link|<iframe|<object/)
  })

  test('the script is a script', () => {
    const [script] = all(read(everyOutcome()), 'script')
    expect(() => new Function(textOf(script!))).not.toThrow()
  })

  test('what a peer writes stays text wherever it stands', () => {
    const server = {
      revision: hostile,
      capabilities: { [hostile]: {} },
      server: { name: `${hostile}\u0000\u202E`, version: hostile }
    }
    const frames = exchange().map((frame) => ({
      ...frame,
      text: `${hostile}\u0000\u202E`,
      stream: hostile,
      session: `${hostile}${frame.stream}`,
      ...(frame.sse === undefined ? {} : { sse: { id: hostile, event: hostile } }),
      ...(frame.answer === undefined ? {} : { answer: { status: 200, headers: { [hostile]: hostile } } })
    }))
    const wrong = { reason: hostile, path: hostile, expected: hostile, actual: { [hostile]: hostile }, frames }
    const report = reportOf(
      [
        failure('a/b/c', wrong),
        result('a/b/d', { outcome: 'skip', reason: hostile, frames }),
        result('a/b/e', { outcome: 'error', reason: hostile }),
        failure('a/b/f', { ...wrong, known: hostile })
      ],
      { server, target: hostile, uses: { tool: { name: hostile, arguments: {} }, resource: hostile } }
    )
    const page = read(report)
    expect(all(page, 'img')).toEqual([])
    expect(all(page, 'script')).toHaveLength(1)
    expect(textOf(all(page, 'h1')[0]!)).toBe(`${hostile}\\u0000\\u202e ${hostile}`)
    expect(textOf(rowOf(page, 'a/b/c'))).toContain(`${hostile}\\u0000\\u202e`)
  })
})

describe('a page stays small', () => {
  const long = (id: string, outcome: 'pass' | 'fail', size: number, many: number) => {
    const frame = { ...exchange()[9]!, text: 'x'.repeat(size) }
    const more = { frames: Array.from({ length: many }, () => frame), actual: 'y'.repeat(size) }
    return outcome === 'pass' ? result(id, { frames: more.frames }) : failure(id, more)
  }
  const logOf = (page: Element, id: string): string => textOf(all(rowOf(page, id), 'pre')[0]!)

  test('a log ends with a note after some 20,000 characters', () => {
    const log = logOf(read(reportOf([long('a/b/c', 'fail', 4000, 20)])), 'a/b/c')
    expect(log.length).toBeLessThan(21_000)
    expect(log).toMatch(/… 1\d more frames, left out to keep this page small$/)
  })

  test('a log that is small is whole', () => {
    expect(logOf(read(reportOf([long('a/b/c', 'fail', 100, 20)])), 'a/b/c')).not.toContain('left out')
  })

  test('with 800 large failures it has some 3 MB', () => {
    const results = Array.from({ length: 800 }, (_, index) => long(`http/a/case-${index}`, 'fail', 3000, 10))
    expect(peerPage(reportOf(results)).length).toBeLessThan(3_200_000)
  })

  test('failures keep their logs where passing cases lose theirs', () => {
    const results = Array.from({ length: 300 }, (_, index) => long(`http/a/case-${index}`, 'pass', 600, 40))
    const page = read(reportOf([...results, long('http/b/wrong', 'fail', 600, 25)]))
    expect(logOf(page, 'http/b/wrong')).not.toContain('left out')
    expect(logOf(page, 'http/a/case-7')).toContain('left out')
  })
})

describe('the names of files', () => {
  test('are those of peer and transport', () => {
    expect(fileName(named('acme'))).toBe('acme-http')
    expect(fileName(named('acme', { transport: 'stdio' }))).toBe('acme-stdio')
  })

  test.each(['../../etc/passwd', 'a\u0000b', 'C:\\x', '.', '', 'Ä', 'x'.repeat(500), '</script>', 'CON', 'index'])(
    'are safe for a peer called %j',
    (name) => {
      expect(fileName(named(name))).toMatch(/^[a-z0-9][a-z0-9-]{0,75}-http$/)
    }
  )

  test('differ for peers whose names differ', () => {
    const names = ['a b', 'a-b', 'A-B', 'a/b', 'a--b', 'Ä', 'Ö', '-a-b-'].map((name) => fileName(named(name)))
    expect(new Set(names).size).toBe(names.length)
  })

  test('come from the target when the server has no name', () => {
    const { server: _, ...report } = named('x')
    expect(fileName(report)).toMatch(/^http-127-0-0-1-3000-mcp-[0-9a-f]{6}-http$/)
  })
})

describe('a folder of reports', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'handwire-html-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const index = async (): Promise<Element> => parseMarkup(await readFile(join(directory, 'index.html'), 'utf8'), 'html')

  test('is made, and gets the page, its data and an index', async () => {
    const written = await writeHtml(everyOutcome(), join(directory, 'new', 'folder'))
    expect(Object.values(written).map((file) => basename(file))).toEqual([
      'acme-http.html',
      'acme-http.json',
      'index.html'
    ])
    for (const file of Object.values(written)) expect((await readFile(file, 'utf8')).length).toBeGreaterThan(500)
  })

  test('the index has a column for each peer and a row for each area, with counts', async () => {
    await writeHtml(everyOutcome(), directory)
    await writeHtml(named('other', { transport: 'stdio' }), directory)
    const page = await index()
    const [head] = all(page, 'thead')
    expect(all(head!, 'a').map((link) => [textOf(link), link.attributes['href']])).toEqual([
      ['acme', 'acme-http.html'],
      ['other', 'other-stdio.html']
    ])
    const rows = all(page, 'th', { scope: 'row' }).map(textOf)
    expect(rows).toEqual(['All', 'a', 'cancel', 'http', 'lifecycle', 'ping', 'stdio', 'tools', 'structure'])
    const row = all(all(page, 'tbody')[0]!, 'tr').find((one) => textOf(one).startsWith('http'))!
    expect(all(row, 'td').map(textOf)).toEqual(['1 failed1 warned', 'not run'])
    expect(all(row, 'a')[0]?.attributes['href']).toBe('acme-http.html#q=http%2F')
  })

  test('a second run of a peer takes the place of the first', async () => {
    await writeHtml(everyOutcome(), directory)
    await writeHtml(named('acme'), directory)
    expect(await readdir(directory)).toHaveLength(3)
    expect(all(await index(), 'th', { scope: 'row' }).map(textOf)).toEqual(['All', 'a'])
  })

  test('what is no report is left alone and out of the index', async () => {
    await writeFile(join(directory, 'notes.json'), '{"format":"handwire-conform/1"}')
    await writeFile(join(directory, 'notes.html'), 'mine')
    await writeFile(join(directory, 'broken.json'), '{')
    await writeFile(join(directory, 'broken.html'), '')
    await writeHtml(named('acme'), directory)
    expect(all(all(await index(), 'thead')[0]!, 'a')).toHaveLength(1)
    expect(await readFile(join(directory, 'notes.html'), 'utf8')).toBe('mine')
  })

  test('the names of peers stay text in the index', async () => {
    await writeHtml(named(hostile), directory)
    const page = await index()
    expect(all(page, 'img')).toEqual([])
    expect(all(page, 'script')).toEqual([])
    expect(all(page, 'a').map(textOf)).toContain(hostile)
  })
})
