/** The parts of the doctor that need no server: addresses, words for failures, and the diagnosis as text. */
import { describe, expect, test } from 'vitest'
import { isPrivate } from '../../../src/conform/doctor/address.ts'
import { kindOf } from '../../../src/conform/doctor/failure.ts'
import { shown } from '../../../src/conform/doctor/visit.ts'
import { type Diagnosis, diagnosisText, doctor } from '../../../src/conform/index.ts'

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  '::',
  'fd00::1',
  'fe80::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::10.0.0.1'
])('%s is private', (address) => expect(isPrivate(address)).toBe(true))

test.each([
  '93.184.216.34',
  '172.32.0.1',
  '2606:2800:220:1::1',
  '::ffff:93.184.216.34',
  '64:ff9b::5db8:d822',
  'mcp.example'
])('%s is not private', (address) => expect(isPrivate(address)).toBe(false))

test.each([
  ['ENOTFOUND', 'name'],
  ['ECONNREFUSED', 'refused'],
  ['CERT_HAS_EXPIRED', 'certificate'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['HPE_INVALID_CONSTANT', 'words'],
  ['SOMETHING', 'cut']
])('the code %s is a failure of the kind %s', (code, kind) => {
  expect(kindOf(code)).toBe(kind)
})

test.each([
  ['https://a.example/mcp?api_key=abc&x=1#frag=2', 'https://a.example/mcp?api_key=…&x=…#frag=…'],
  ['https://ann:secret@a.example/mcp', 'https://…@a.example/mcp'],
  ['/login?next=abc', '/login?next=…']
])('%s is shown without what may be a key', (url, text) => {
  expect(shown(url)).toBe(text)
})

test.each(['ftp://a.example/mcp', 'https://ann:secret@a.example/mcp'])('%s is nothing for the doctor', async (url) => {
  const refused = await doctor(url).catch((error: Error) => error)
  expect(refused).toBeInstanceOf(TypeError)
  expect(String(refused)).not.toContain('secret')
})

describe('the diagnosis as text', () => {
  const diagnosis: Diagnosis = {
    format: 'handwire-doctor/1',
    doctor: 'handwire 0',
    url: 'https://mcp.example/mcp',
    conclusion: 'wrong',
    server: { name: 'evil\u001b[2J', version: '1', revision: '2025-06-18' },
    counts: { problem: 1, warning: 0, note: 0, ok: 1 },
    findings: [
      { area: 'session', check: 'session/id', level: 'ok', says: 'It gives a session id' },
      {
        area: 'entrance',
        check: 'entrance/initialize',
        level: 'problem',
        says: 'The server failed',
        where: 'POST https://mcp.example/mcp',
        expected: '200',
        received: `500\u001b]0;title\u0007 ${'long '.repeat(90)}`,
        mend: 'look into its log',
        requirements: ['HTTP-18']
      }
    ],
    first: ['look into its log']
  }

  test('tells stage by stage, what to do first, and a sum', () => {
    const text = diagnosisText(diagnosis, { color: false, width: 80 })
    const at = (part: string): number => text.indexOf(part)
    expect(text.startsWith('handwire doctor  https://mcp.example/mcp\n')).toBe(true)
    expect(at('The entrance')).toBeLessThan(at('The session'))
    expect(text).toContain('  ✗ The server failed\n      where     POST https://mcp.example/mcp\n')
    expect(text).toContain('      rules     HTTP-18\n')
    expect(text).toMatch(/What to do first\n {2}1\. look into its log\n\nsomething is wrong: 1 problem, 0 warnings/)
  })

  test('keeps to its width, and lets no server move the cursor', () => {
    const text = diagnosisText(diagnosis, { color: false, width: 60 })
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
    expect(/[\u0000-\u0009\u000b-\u001f]/.test(text)).toBe(false)
  })

  test('is coloured only where that was asked for', () => {
    expect(diagnosisText(diagnosis, { color: true, width: 80 })).toContain('\u001b[31m✗')
    expect(diagnosisText(diagnosis, { color: false, width: 80 })).not.toContain('\u001b[')
  })

  test('leaves out what is fine when it is to be quiet', () => {
    const text = diagnosisText(diagnosis, { color: false, width: 80, quiet: true })
    expect(text).toContain('The server failed')
    expect(text).not.toContain('The session')
  })
})
