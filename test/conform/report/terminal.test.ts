import { describe, expect, test } from 'vitest'
import { progressLine, type TerminalOptions, terminalReport } from '../../../src/conform/report/terminal.ts'
import type { Report } from '../../../src/conform/report.ts'
import { everyOutcome, exchange, failure, reportOf, result } from './sample.ts'

const print = (report: Report, options: Partial<TerminalOptions> = {}): string =>
  terminalReport(report, { color: false, width: 100, ...options })
/** The lines from one that contains a text to the next blank one. */
const block = (text: string, of: string): string => {
  const lines = of.split('\n')
  const begin = lines.findIndex((line) => line.includes(text))
  const end = lines.indexOf('', begin)
  return begin < 0 ? '' : lines.slice(begin, end).join('\n')
}
const control = String.fromCharCode(27)

describe('a failure', () => {
  const text = print(everyOutcome())
  const told = block('HTTP-11', text)

  test('says the requirement with its level, and where the specification says it', () => {
    expect(told).toContain('HTTP-11 MUST NOT  A JSON array in a POST')
    expect(told).toContain('basic/transports#sending-messages-to-the-server')
  })

  test('stands under the page of its first requirement', () => {
    const page = 'Transports  https://modelcontextprotocol.io/specification/2025-06-18/basic/transports\n'
    expect(text).toContain(page)
    expect(text.indexOf(page)).toBeLessThan(text.indexOf('HTTP-11'))
    expect(text.indexOf('Structure of messages')).toBeGreaterThan(text.indexOf('HTTP-11'))
  })

  test('says case, step, path, expectation and what came', () => {
    expect(told).toContain('Case      http/accept/neither: Title of http/accept/neither')
    expect(told).toContain('Step 2    /status is not in [400,499]')
    expect(told).toContain('At        /status')
    expect(told).toContain('Expected  {"$num":[400,499]}')
    expect(told).toContain('Actual    200')
    expect(told.indexOf('At  ')).toBeLessThan(told.indexOf('Expected'))
  })

  test('names the other requirements of the case', () => {
    expect(told).toContain('also HTTP-08 SHOULD')
  })

  test('shows the frames of the case without the handshake and the farewell', () => {
    expect(told).toContain('→ POST /mcp  #4')
    expect(told).toContain('accept: text/plain')
    expect(told).toContain('{"jsonrpc":"2.0","id":1,"method":"ping"}')
    expect(told).toContain('← 200  #4')
    expect(told).toContain('← event (id: e-1)  listen')
    expect(told).not.toContain('999001')
    expect(told).not.toContain('DELETE')
  })

  test('ends with the command that runs it again', () => {
    expect(told).toMatch(/Again {5}handwire conform http:\/\/127\.0\.0\.1:3000\/mcp --only http\/accept\/neither$/)
  })

  test('of a structure links to the definition and runs the case it was seen in', () => {
    const structure = block('EmptyResult', text)
    expect(structure).toContain('/schema#emptyresult')
    expect(structure).toContain('--only ping/plain/one')
  })

  test('without a requirement in the index is told under Other cases by its title', () => {
    const stray = print(reportOf([failure('own/case/one', { requirements: ['NOPE-1'] })]))
    expect(stray).toContain('\nOther cases\n')
    expect(stray).toContain('✗ Title of own/case/one')
  })

  test('cuts long values and says how long they were', () => {
    const long = print(reportOf([failure('a/b/c', { actual: 'x'.repeat(5000) })]))
    expect(long).toContain('(5002 characters)')
    expect(long.length).toBeLessThan(3000)
  })

  test('shows the last of many frames and says how many came before', () => {
    const frames = Array.from({ length: 5 }, () => exchange().slice(7, 10)).flat()
    expect(print(reportOf([failure('a/b/c', { frames })]))).toContain('… 7 frames before')
  })
})

describe('the command that runs a case again', () => {
  test('on stdio stands before the command of the server', () => {
    const report = reportOf([failure('a/b/c')], { transport: 'stdio', target: 'node server.js --x' })
    expect(print(report)).toContain('handwire conform --stdio --only a/b/c -- node server.js --x')
  })

  test('is quoted for a shell, and carries the flags it is given', () => {
    const report = reportOf([failure('a/b/c')], { target: 'http://h/mcp?a=1&b=2' })
    const flags = ['--header', "X-Name: it's me"]
    expect(print(report, { flags })).toContain(
      String.raw`handwire conform 'http://h/mcp?a=1&b=2' --only a/b/c --header 'X-Name: it'\''s me'`
    )
  })
})

describe('what many cases share is told once', () => {
  const same = Array.from({ length: 30 }, (_, index) => failure(`http/many/case-${index}`, { frames: exchange() }))

  test('cases that break a requirement for the same reason are told by the first, and the others by id', () => {
    const text = print(reportOf(same))
    expect(text.match(/Expected/g)).toHaveLength(1)
    expect(text.match(/→ POST/g)).toHaveLength(1)
    expect(text).toContain('Same in   29 more cases: http/many/case-1,')
    expect(text).toContain('http/many/case-29')
  })

  test('another reason for the same requirement is told in a line', () => {
    const text = print(reportOf([...same, failure('http/many/other', { reason: '/body is missing' })]))
    expect(text.match(/Expected/g)).toHaveLength(1)
    expect(text).toContain('Also      http/many/other: /body is missing')
  })

  test('the same under another requirement refers to the first', () => {
    const text = print(reportOf([failure('http/a/one'), failure('tools/a/two', { requirements: ['TOOLS-34'] })]))
    expect(text.match(/Expected/g)).toHaveLength(1)
    expect(text).toContain('TOOLS-34 SCHEMA')
    expect(text).toContain('/status is not in [400,499], as in http/a/one')
  })

  test('the same under very many requirements is one thing, and each id is said with its requirement', () => {
    const ids = Array.from({ length: 20 }, (_, index) => `HTTP-${String(index + 1).padStart(2, '0')}`)
    const refused = ids.map((id, index) => {
      const reason = 'the handshake was refused: HTTP 500'
      return failure(`http/a/case-${index}`, { requirements: [id], step: 0, reason, actual: `x${index}` })
    })
    const text = print(reportOf(refused))
    expect(text.match(/Again/g)).toHaveLength(1)
    expect(text).toContain('http/a/case-19 (HTTP-20)')
    expect(text).toContain('Handshake ')
  })

  test('verbose tells every one of them', () => {
    const text = print(reportOf(same), { verbose: true })
    expect(text.match(/Expected/g)).toHaveLength(30)
    expect(text).toContain('999001')
    expect(text).toContain('DELETE /mcp')
  })
})

describe('what is no failure', () => {
  const text = print(everyOutcome())

  test('a warning is told without frames', () => {
    const told = block('HTTP-08 SHOULD', text.slice(text.indexOf('! HTTP-08')))
    expect(told).toContain('Step 1    the case of a type is no reason to refuse it')
    expect(told).not.toContain('→')
  })

  test('a note is one line', () => {
    expect(block('Worth knowing', text).split('\n')).toEqual([
      'Worth knowing  1 case, nothing to mend',
      '  i strict servers refuse: lifecycle/initialize/older'
    ])
  })

  test('skips are summed up by reason, apart from cases for another transport', () => {
    expect(block('Your server does not offer this', text).split('\n')).toEqual([
      'Your server does not offer this  2 cases not tested',
      '  2 cases: the server does not list test_slow among its tools'
    ])
    expect(block('Not for this transport', text)).toContain('1 case: the case is not for http')
  })

  test('errors could not be tested, and are told without the stack', () => {
    const told = block('Could not test', text)
    expect(told).toContain('1 case: nothing was heard from the target (ping/lost/one)')
    expect(told).not.toContain('at there')
  })

  test('known failures are told by the reason of the profile and in no other place', () => {
    expect(block('Known by the profile', text)).toContain('~ tools/errors/known: reported upstream')
    expect(text.match(/tools\/errors\/known/g)).toHaveLength(1)
  })

  test('a known failure that passes is to be removed', () => {
    expect(block('Known, and mended', text)).toContain('tools/errors/stale passes')
  })

  test('passes are listed only when asked for', () => {
    expect(text).not.toContain('lifecycle/initialize/plain')
    expect(print(everyOutcome(), { verbose: true })).toContain('✓ lifecycle/initialize/plain: Title of')
  })
})

describe('the frame of the report', () => {
  test('begins with who was tested', () => {
    const [first, second] = print(everyOutcome()).split('\n')
    expect(first).toBe('handwire-conform 0.1.0 · http://127.0.0.1:3000/mcp · HTTP')
    expect(second).toBe('acme 1.2.3 · revision 2025-06-18 · declares tools, logging')
  })

  test('says when nobody was greeted', () => {
    const { server: _, ...report } = reportOf([result('a/b/c', { outcome: 'error', reason: 'gone' })])
    expect(print(report)).toContain('The server was never greeted.')
  })

  test('ends with one line of counts, requirements and time', () => {
    expect(print(everyOutcome()).trimEnd().split('\n').at(-1)).toBe(
      '2 failed, 1 warned, 1 noted, 3 skipped, 1 could not be run, 1 known, 2 passed, 1 stale · ' +
        'requirements: 1 kept, 3 broken, 2 untested · 3.5 s'
    )
  })

  test('of a server without fault has nothing but header and summary', () => {
    expect(print(reportOf([result('a/b/c')])).split('\n')).toHaveLength(5)
  })

  test('keeps to the width, but for what must be copied', () => {
    const lines = print(everyOutcome(), { width: 60 }).split('\n')
    const long = lines.filter((line) => line.length > 60 && !line.includes('https://') && !line.includes('Again'))
    expect(long.slice(0, -1)).toEqual([])
  })

  test('has colour only when asked for', () => {
    expect(print(everyOutcome())).not.toContain(control)
    const painted = print(everyOutcome(), { color: true })
    expect(painted).toContain(`${control}[31m✗`)
    expect(painted.replaceAll(new RegExp(`${control}\\[\\d+m`, 'g'), '')).toBe(print(everyOutcome()))
  })

  test('nothing a peer wrote can move the cursor or turn the direction of reading', () => {
    const evil = `${control}[2J\u202Eabc\u0007\u009B1A`
    const frames = [{ ...exchange()[9]!, text: evil, stream: evil }]
    const server = { revision: evil, capabilities: { [evil]: {} }, server: { name: evil, version: evil } }
    const report = reportOf(
      [failure('a/b/c', { reason: evil, actual: evil, frames }), failure('a/b/d', { outcome: 'info', reason: evil })],
      {
        server
      }
    )
    const unseen = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/
    expect(print(report)).not.toMatch(unseen)
    expect(print(report)).toContain('\\u001b[2J')
    expect(progressLine(1, 2, {}, evil)).not.toMatch(unseen)
  })
})

describe('the progress line', () => {
  test('says how far the run is, what is wrong and the last case', () => {
    expect(progressLine(7, 120, { fail: 2, skip: 3, pass: 2 }, 'http/accept/one')).toBe(
      '  7/120  2 failed  3 skipped  http/accept/one'
    )
  })

  test.each([10, 30, 60])('is never longer than %i columns', (width) => {
    const counts = { fail: 200, warn: 100, error: 10, skip: 300 }
    expect(progressLine(700, 800, counts, 'http/a-very-long-name/of-a-case', { width }).length).toBeLessThanOrEqual(
      width
    )
  })

  test('has colour only when asked for', () => {
    expect(progressLine(1, 2, { fail: 1 }, 'a')).not.toContain(control)
    expect(progressLine(1, 2, { fail: 1 }, 'a', { color: true })).toContain(`${control}[31m1 failed`)
  })
})
