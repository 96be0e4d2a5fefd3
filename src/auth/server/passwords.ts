/** People in a file, one a line: a name, the hash of a password, and what they may grant. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { DeclarationError } from '../../protocol/errors.ts'
import type { Account, Accounts } from './options.ts'

/** Cost of a new hash: 32 MiB and about a quarter of a second. */
const cost = { log2N: 15, r: 8, p: 3 }
const line = /^([^\s:#][^:]*):scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]{43})(?:[ \t]+(.+))?$/

interface Person {
  account: Account
  hash: Hash
}

interface Hash {
  log2N: number
  r: number
  p: number
  salt: Buffer
  key: Buffer
}

/**
 * The hash of a password, as `passwordFile` reads it: scrypt with a random salt.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { hashPassword } from 'handwire/auth-server'
 *
 * const hash = await hashPassword('correct horse battery staple')
 * assert.match(hash, /^scrypt\$15\$8\$3\$/)
 * ```
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, { ...cost, salt })
  return ['scrypt', cost.log2N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/**
 * People who log in by a password. Each line of the file is `name:hash`, where the hash is what `hashPassword` makes; scopes
 * behind it, parted by spaces, are all that this person can grant. Empty lines and lines that begin with `#` say nothing. The
 * file is read at each login, so that it can be changed while the server runs; who is taken out of it gets no new tokens.
 *
 * @param path of the file
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtempSync, writeFileSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { hashPassword, passwordFile } from 'handwire/auth-server'
 *
 * const file = join(mkdtempSync(join(tmpdir(), 'acme-')), 'people')
 * writeFileSync(file, `ann:${await hashPassword('tulip')} todo:read\n`, { mode: 0o600 })
 * const people = passwordFile(file)
 * assert.deepEqual(await people.find?.('ann'), { subject: 'ann', name: 'ann', scopes: ['todo:read'] })
 * ```
 */
export function passwordFile(path: string): Accounts {
  const read = async (): Promise<Map<string, Person>> => {
    const text = await readFile(path, 'utf8').catch((error: Error) => {
      throw new DeclarationError('auth-passwords', `passwordFile: ${path} cannot be read: ${error.message}`)
    })
    return readPeople(text, path)
  }
  return {
    async ready() {
      await read()
    },
    async authenticate({ username, password }) {
      const person = (await read()).get(username)
      // somebody who is not there takes the same time
      const { salt, key, ...rest } = person?.hash ?? nobody
      const derived = await derive(password, { ...rest, salt })
      return timingSafeEqual(derived, key) && person !== undefined ? person.account : undefined
    },
    async find(subject) {
      return (await read()).get(subject)?.account
    }
  }
}

const nobody: Hash = { ...cost, salt: randomBytes(16), key: randomBytes(32) }

function readPeople(text: string, path: string): Map<string, Person> {
  const people = new Map<string, Person>()
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const entry = written.trim()
    if (entry === '' || entry.startsWith('#')) continue
    const wrong = (why: string): never => {
      throw new DeclarationError('auth-passwords', `passwordFile: line ${index + 1} of ${path} ${why}`)
    }
    const [, name, log2N, r, p, salt, key, scopes] = line.exec(entry) ?? wrong('is not name:hash')
    const hash = { log2N: Number(log2N), r: Number(r), p: Number(p) }
    if (hash.log2N < 14 || hash.log2N > 20 || hash.r < 1 || hash.p < 1) wrong('has a hash whose cost is out of bounds')
    if (people.has(name as string)) wrong('names somebody who was named before')
    people.set(name as string, {
      account: {
        subject: name as string,
        name: name as string,
        ...(scopes === undefined ? {} : { scopes: scopes.split(/\s+/) })
      },
      hash: { ...hash, salt: bytes(salt), key: bytes(key) }
    })
  }
  return people
}

function bytes(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url')
}

function derive(password: string, { log2N, r, p, salt }: Omit<Hash, 'key'>): Promise<Buffer> {
  const N = 2 ** log2N
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error === null ? resolve(key) : reject(error)
    )
  })
}
