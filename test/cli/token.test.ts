/** handwire token, and what HANDWIRE_TOKENS may hold. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { staticTokens } from '../../src/auth/index.ts'
import { passwordFile } from '../../src/auth/server/passwords.ts'
import { readSecret } from '../../src/cli/secret-input.ts'
import { readTokenOptions, readTokens } from '../../src/cli/token.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { handwire } from '../support/command.ts'

const sha256 = createHash('sha256').update('t').digest('hex')
const now = Date.parse('2026-01-01T00:00:00Z')

describe('HANDWIRE_TOKENS', () => {
  test('is a list of what staticTokens takes', async () => {
    const tokens = [
      { name: 'ci', sha256, scopes: ['read', 'write'], expires: '2999-01-31' },
      { name: 'bot', sha256: sha256.replace(/^./, '0') }
    ]
    const read = readTokens(JSON.stringify(tokens))
    expect(read).toEqual(tokens)
    expect(await staticTokens(read).verify('t', {})).toMatchObject({ subject: 'ci', scopes: ['read', 'write'] })
  })

  const secret = 'hw_this-is-a-token-in-the-wrong-place'
  const entry = (members: object): string =>
    JSON.stringify([
      { name: 'a', sha256 },
      { name: 'b', sha256: sha256.replace(/^./, '1'), ...members }
    ])

  test.each<[what: string, text: string, says: RegExp]>([
    ['a plain token', secret, /is no JSON/],
    ['an object', JSON.stringify({ [secret]: secret }), /is no list/],
    ['nothing', '', /is no JSON/],
    ['no entries', '[]', /is empty/],
    ['a text as an entry', JSON.stringify([secret]), /entry 1: it is no object/],
    ['no name', entry({ name: '' }), /entry 2: name/],
    ['a token in place of its hash', entry({ sha256: secret }), /entry 2: sha256 is not 64 hexadecimal digits/],
    ['scopes in one text', entry({ scopes: secret }), /entry 2: scopes/],
    ['a scope that cannot be sent', entry({ scopes: ['a b'] }), /entry 2: scopes/],
    ['an end that is none', entry({ expires: secret }), /entry 2: expires/],
    ['an end in a form of its own', entry({ expires: '1/2/2027' }), /entry 2: expires/],
    [
      'a member that is misspelled',
      entry({ expire: '2027-01-01', [secret]: 1 }),
      /entry 2: it has a member beside name/
    ],
    ['the same hash twice', entry({ sha256: sha256.toUpperCase() }), /same sha256 in entries 1 and 2/]
  ])('with %s is refused in words, and none of it is repeated', (_, text, says) => {
    const refused = (() => {
      try {
        return readTokens(text)
      } catch (error) {
        return error as Error
      }
    })()
    expect(refused).toBeInstanceOf(UsageError)
    expect(String(refused)).toMatch(says)
    expect(String(refused)).not.toContain('hw_')
  })
})

describe('options', () => {
  test('new needs no more', () => {
    expect(readTokenOptions(['new'], now)).toEqual({
      does: 'new',
      json: false,
      name: 'ci',
      scopes: [],
      expires: undefined
    })
  })

  test.each<[string, string[], object]>([
    ['--name', ['--name', 'build bot'], { name: 'build bot' }],
    ['--scopes', ['--scopes', ' read  write '], { scopes: ['read', 'write'] }],
    ['--expires in days', ['--expires', '90d'], { expires: '2026-04-01T00:00:00.000Z' }],
    ['--expires in hours', ['--expires', '12h'], { expires: '2026-01-01T12:00:00.000Z' }],
    ['--expires in weeks', ['--expires', '2w'], { expires: '2026-01-15T00:00:00.000Z' }],
    ['--expires at a date', ['--expires', '2027-01-31'], { expires: '2027-01-31T00:00:00.000Z' }],
    ['--expires at a time', ['--expires', '2027-01-31T12:00:00+01:00'], { expires: '2027-01-31T11:00:00.000Z' }],
    ['--json', ['--json'], { json: true }]
  ])('%s is read', (_, args, expected) => {
    expect(readTokenOptions(['new', ...args], now)).toMatchObject(expected)
  })

  test.each<[string, string[]]>([
    ['nothing to do', []],
    ['something else to do', ['revoke']],
    ['a word too many', ['hash', 'hw_secret']],
    ['a name over two lines', ['new', '--name', 'a\nb']],
    ['an empty name', ['new', '--name', '']],
    ['a scope with quotes', ['new', '--scopes', '"read"']],
    ['an end that is none', ['new', '--expires', 'soon']],
    ['an end that is over', ['new', '--expires', '2025-12-31']],
    ['no time at all', ['new', '--expires', '0d']],
    ['a day that is none', ['new', '--expires', '2027-02-31T00:00:00Z x']],
    ['an unknown option', ['new', '--scope', 'read']],
    ['a name for a hash', ['hash', '--name', 'ci']],
    ['a password of nobody', ['password']],
    ['a password of a name with a colon', ['password', '--name', 'ann:x']],
    ['a password that ends', ['password', '--name', 'ann', '--expires', '90d']],
    ['a password as a word', ['password', '--name', 'ann', 'hw_secret']]
  ])('%s is a usage error that repeats no secret', (_, args) => {
    const refused = (): unknown => readTokenOptions(args, now)
    expect(refused).toThrow(UsageError)
    expect(refused).not.toThrow(/hw_secret/)
  })
})

describe('the process', () => {
  async function run(args: string[], input?: string): Promise<{ code: number | null; out: string; errors: string }> {
    const command = handwire(['token', ...args])
    command.child.stdin.end(input)
    const { code } = await command.exited
    return { code, out: command.out.lines.join('\n'), errors: command.errors }
  }

  test('new prints a token once, its hash, and configuration that lets it in', async () => {
    const { code, out } = await run(['new', '--name', "ann's bot", '--scopes', 'read write', '--expires', '90d'])
    expect(code).toBe(0)
    const token = /^token +(hw_\S+)$/m.exec(out)?.[1] ?? ''
    const hash = /^sha256 +(\S+)$/m.exec(out)?.[1]
    expect(hash).toBe(createHash('sha256').update(token).digest('hex'))
    const quoted = /HANDWIRE_TOKENS='(.*)'$/m.exec(out)?.[1]?.replaceAll(String.raw`'\''`, "'") ?? ''
    const tokens = readTokens(quoted)
    expect(tokens).toMatchObject([{ name: "ann's bot", sha256: hash, scopes: ['read', 'write'] }])
    expect(await staticTokens(tokens).verify(token, {})).toMatchObject({ subject: "ann's bot" })
    expect(out).toContain(
      `auth: staticTokens([{ name: 'ann\\'s bot', sha256: '${hash}', scopes: ['read', 'write'], expires: '`
    )
    expect(quoted).not.toContain(token)
  })

  test('new --json is for machines', async () => {
    const { code, out } = await run(['new', '--json'])
    const { token, ...entry } = JSON.parse(out)
    expect(code).toBe(0)
    expect(entry).toEqual({ name: 'ci', sha256: createHash('sha256').update(token).digest('hex') })
  })

  test('hash reads a token from standard input', async () => {
    const { code, out } = await run(['hash'], 't\n')
    expect({ code, out: out.trim() }).toEqual({ code: 0, out: sha256 })
  })

  test('password makes a line for the file of people', async () => {
    const { code, out } = await run(['password', '--name', 'ann', '--scopes', 'read'], 'correct horse\n')
    expect(code).toBe(0)
    expect(out).not.toContain('correct horse')
    const folder = await mkdtemp(join(tmpdir(), 'people-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'people'), `${out.trim()}\n`)
    const people = passwordFile(join(folder, 'people'))
    expect(await people.find?.('ann')).toMatchObject({ subject: 'ann', scopes: ['read'] })
  })

  test('password of nothing exits 2', async () => {
    expect(await run(['password', '--name', 'ann'], '\n')).toMatchObject({ code: 2, out: '' })
  })

  test.each([
    ['nothing', ''],
    ['two lines', 'hw_one\nhw_two\n']
  ])('hash of %s exits 2, and repeats nothing', async (_, input) => {
    const { code, out, errors } = await run(['hash'], input)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(errors).not.toContain('hw_')
  })
})

describe('a secret from a terminal', () => {
  /** A terminal at which keys are pressed. */
  function terminal(keys: string): { input: PassThrough; raw: boolean[]; shown: string[]; read: Promise<string> } {
    const raw: boolean[] = []
    const shown: string[] = []
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => void raw.push(mode) })
    const read = readSecret(input, 'token', { write: (text) => shown.push(text) })
    input.write(keys)
    return { input, raw, shown, read }
  }

  test('ends with Enter, and is not shown', async () => {
    const { read, raw, shown } = terminal('hw_secreX\u007ft\rmore')
    expect(await read).toBe('hw_secret')
    expect(raw).toEqual([true, false])
    expect(shown.join('')).toBe('token (not shown): \n')
  })

  test('is left with Ctrl-C', async () => {
    const { read, raw } = terminal('hw_sec\u0003')
    await expect(read).rejects.toThrow(UsageError)
    expect(raw).toEqual([true, false])
  })
})
