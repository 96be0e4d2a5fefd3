/** handwire token: tokens for machines, and the configuration that lets them in. */
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { newToken, type StaticToken } from '../auth/index.ts'
import { hashPassword } from '../auth/server/passwords.ts'
import { isObject } from '../protocol/frame.ts'
import { readSecret } from './secret-input.ts'
import { exitCodes, UsageError } from './usage.ts'

export const tokenHelp = `handwire token: tokens for machines, such as CI and service accounts

  handwire token new        a new token, its hash, and how to configure it; the token is shown this once
  handwire token hash       the hash of the token on standard input
  handwire token password   a line for the file of handwire serve --people, of the password on standard input

  --name N         who uses it, for logs and tools; ci. Of a password, who logs in with it
  --scopes 'a b'   what it may be used for, separated by spaces; nothing that asks for scopes
  --expires E      when it ends: 90d, 12h, 8w, or a date such as 2027-01-31; never
  --json           as JSON

A server takes the tokens whose hashes stand in HANDWIRE_TOKENS, a JSON list of { name, sha256, scopes?, expires? }. Keep the
hash; hand out the token. To change a token, configure the new hash beside the old one until everybody has the new token.

exit codes: 0 fine · 2 usage
`

export type TokenCommand =
  | { does: 'hash'; json: boolean }
  | { does: 'password'; name: string; scopes: string[] }
  | { does: 'new'; json: boolean; name: string; scopes: string[]; expires: string | undefined }

/** What a scope may be made of (RFC 6749 section 3.3). */
const scope = /^[\x21\x23-\x5b\x5d-\x7e]+$/
/** What can stand behind Bearer (RFC 6750 section 2.1). */
const sendable = /^[A-Za-z0-9\-._~+/]+=*$/
/** How the file of people knows somebody. */
const person = /^[^\s:#\p{Cc}][^:\p{Cc}]{0,199}$/u
const members = ['name', 'sha256', 'scopes', 'expires']
const units: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Options from the command line. Throws a UsageError. `now` is in milliseconds since 1970. */
export function readTokenOptions(args: string[], now = Date.now()): TokenCommand {
  const { values, positionals } = parsed(args)
  const [does, ...more] = positionals
  if (does === undefined) throw new UsageError('say what to do: handwire token new, hash or password')
  // the rest may be a secret that somebody pasted
  if (more.length > 0)
    throw new UsageError('there is a word too many: tokens and passwords are read from standard input')
  const { name, scopes = '', expires } = values as { name?: string; scopes?: string; expires?: string }
  const json = values['json'] === true
  const listed = scopes.split(/\s+/).filter((part) => part !== '')
  const wrong = listed.find((part) => !scope.test(part))
  if (wrong !== undefined)
    throw new UsageError(`"${wrong}" is no scope: quotes, backslashes and other alphabets cannot be sent`)
  if (does === 'hash') {
    if (name !== undefined || listed.length > 0 || expires !== undefined)
      throw new UsageError('--name, --scopes and --expires are for handwire token new')
    return { does, json }
  }
  if (does === 'password') {
    if (name === undefined || !person.test(name))
      throw new UsageError('--name is missing, or no name: it holds no colon and does not begin with # or a space')
    if (json || expires !== undefined) throw new UsageError('--json and --expires are for tokens')
    return { does, name, scopes: listed }
  }
  if (does !== 'new') throw new UsageError('handwire token knows new, hash and password, and nothing else')
  if (name !== undefined && !/^[^\p{Cc}]{1,200}$/u.test(name))
    throw new UsageError('--name is a word or a few, on one line')
  const end = expires === undefined ? undefined : endOf(expires, now)
  return { does, json, name: name ?? 'ci', scopes: listed, expires: end }
}

function parsed(args: string[]): { values: Record<string, unknown>; positionals: string[] } {
  const text = { type: 'string' as const }
  const options = { name: text, scopes: text, expires: text, json: { type: 'boolean' as const } }
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See handwire token --help`)
  }
}

function endOf(text: string, now: number): string {
  const [, number, unit = ''] = /^(\d{1,6})([hdw])$/.exec(text) ?? []
  const at = number === undefined ? dateOf(text) : now + Number(number) * (units[unit] as number)
  if (at === undefined) throw new UsageError(`"${text}" is no end: write 90d, 12h, 8w, or a date such as 2027-01-31`)
  if (at <= now) throw new UsageError(`"${text}" is over already: the token would never be taken`)
  return new Date(at).toISOString()
}

/** A date as ISO 8601 writes it: what else `Date` reads depends on where it runs. */
function dateOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined
  const at = new Date(text).getTime()
  return Number.isNaN(at) ? undefined : at
}

/**
 * The tokens that HANDWIRE_TOKENS holds, for `staticTokens`. Throws a UsageError that says which entry is wrong and what it
 * lacks, and nothing of what it holds: it may be a token that was put there in place of its hash.
 */
export function readTokens(text: string): StaticToken[] {
  const wrong = (what: string): never => {
    throw new UsageError(
      `HANDWIRE_TOKENS ${what}: it is a JSON list such as [{"name":"ci","sha256":"…"}]; handwire token new prints one`
    )
  }
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    // what JSON.parse says would repeat what it read
    return wrong('is no JSON')
  }
  if (!Array.isArray(list)) return wrong('is no list')
  if (list.length === 0) return wrong('is empty: nobody could come in')
  const hashes = new Map<string, number>()
  return list.map((entry: unknown, index) => {
    const place = index + 1
    const fault = faultOf(entry)
    if (fault !== undefined) return wrong(`has a fault in entry ${place}: ${fault}`)
    const { name, sha256, scopes, expires } = entry as {
      name: string
      sha256: string
      scopes?: string[]
      expires?: string
    }
    const same = hashes.get(sha256.toLowerCase())
    if (same !== undefined) return wrong(`has the same sha256 in entries ${same} and ${place}`)
    hashes.set(sha256.toLowerCase(), place)
    return {
      name,
      sha256,
      ...(scopes === undefined ? {} : { scopes }),
      ...(expires === undefined ? {} : { expires })
    }
  })
}

/** What is wrong with one entry, without a word of it. */
function faultOf(entry: unknown): string | undefined {
  if (!isObject(entry)) return 'it is no object'
  const { name, sha256, scopes, expires } = entry
  // a misspelled member would be a token that never ends, or that may do nothing
  if (Object.keys(entry).some((key) => !members.includes(key))) return `it has a member beside ${members.join(', ')}`
  if (typeof name !== 'string' || name === '') return 'name is missing, or no text'
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
    return 'sha256 is not 64 hexadecimal digits; handwire token hash makes them of a token'
  if (
    scopes !== undefined &&
    !(Array.isArray(scopes) && scopes.every((one) => typeof one === 'string' && scope.test(one)))
  )
    return 'scopes is no list of scopes, such as ["read", "write"]'
  if (expires !== undefined && !(typeof expires === 'string' && dateOf(expires) !== undefined))
    return 'expires is no date, such as "2027-01-31" or "2027-01-31T12:00:00Z"'
  return undefined
}

/** Runs the command; gives its exit code. Throws a UsageError for what is no token or no password. */
export async function token(command: TokenCommand, input: NodeJS.ReadableStream = process.stdin): Promise<number> {
  process.stdout.write(command.does === 'new' ? made(command) : await hashed(command, input))
  return exitCodes.fine
}

function made({ name, scopes, expires, json }: TokenCommand & { does: 'new' }): string {
  const { token: fresh, sha256 } = newToken()
  const entry = {
    name,
    sha256,
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(expires === undefined ? {} : { expires })
  }
  if (json) return `${JSON.stringify({ token: fresh, ...entry }, undefined, 2)}\n`
  const code = [
    `name: ${literal(name)}`,
    `sha256: ${literal(sha256)}`,
    ...(scopes.length === 0 ? [] : [`scopes: [${scopes.map(literal).join(', ')}]`]),
    ...(expires === undefined ? [] : [`expires: ${literal(expires)}`])
  ]
  return `token    ${fresh}
sha256   ${sha256}
ends     ${expires ?? 'never'}

The token is shown this once: keep it where secrets are kept, and configure its hash.

  from the environment
    HANDWIRE_TOKENS=${quoted(JSON.stringify([entry]))}

  in code
    auth: staticTokens([{ ${code.join(', ')} }])

  as clients send it
    Authorization: Bearer ${fresh}
`
}

async function hashed(command: Exclude<TokenCommand, { does: 'new' }>, input: NodeJS.ReadableStream): Promise<string> {
  if (command.does === 'password') {
    const { name, scopes } = command
    const password = await readSecret(input, `password of ${name}`)
    if (password === '' || /\p{Cc}/u.test(password))
      throw new UsageError('there is no password on standard input: one line, without tabs and other controls')
    return `${[`${name}:${await hashPassword(password)}`, ...scopes].join(' ')}\n`
  }
  const text = (await readSecret(input, 'token')).trim()
  if (text === '') throw new UsageError('there is no token on standard input: handwire token hash < FILE')
  if (!sendable.test(text))
    throw new UsageError('what came on standard input is no token: letters, digits and -._~+/ can be sent, on one line')
  const sha256 = createHash('sha256').update(text).digest('hex')
  return command.json ? `${JSON.stringify({ sha256 })}\n` : `${sha256}\n`
}

/** A text as JavaScript writes it. */
function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** A text as a POSIX shell reads it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
