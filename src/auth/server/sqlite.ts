/** The authorization server's store in a file: SQLite through @libsql/client. */
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Client, Row } from '@libsql/client'
import { DeclarationError } from '../../protocol/errors.ts'
import type { AuthorizationStore, StoredAs, StoredPayload } from './store.ts'

const schema = [
  'PRAGMA journal_mode = WAL',
  `CREATE TABLE IF NOT EXISTS authorization (
     model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, consumed INTEGER,
     grant_id TEXT, uid TEXT, expires INTEGER, PRIMARY KEY (model, id)) WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS authorization_grant ON authorization (grant_id) WHERE grant_id IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS authorization_uid ON authorization (uid) WHERE uid IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS authorization_expires ON authorization (expires) WHERE expires IS NOT NULL'
]
const fresh = '(expires IS NULL OR expires > ?)'
const columns = '(model, id, payload, consumed, grant_id, uid, expires) VALUES (?, ?, ?, ?, ?, ?, ?)'

/**
 * Keeps everything in one SQLite file, which is made when there is none, readable by its owner alone: the keys that sign
 * tokens stand in it. Several processes of one machine may share it. Needs the package `@libsql/client`.
 *
 * @param path of the file
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { sqliteStore } from 'handwire/auth-server'
 *
 * const store = sqliteStore(join(mkdtempSync(join(tmpdir(), 'acme-')), 'auth.db'))
 * await store.open?.()
 * assert.equal(await store.add('Client', 'a', { client_name: 'Editor' }), true)
 * assert.equal(await store.add('Client', 'a', { client_name: 'Another' }), false)
 * await store.close?.()
 * ```
 */
export function sqliteStore(path: string): AuthorizationStore {
  return new SqliteStore(path)
}

class SqliteStore implements AuthorizationStore {
  readonly #path: string
  #opened: Client | undefined

  constructor(path: string) {
    this.#path = resolve(path)
  }

  async open(): Promise<void> {
    const { createClient } = await import('@libsql/client').catch(() => {
      throw new DeclarationError(
        'auth-store',
        'sqliteStore: the package @libsql/client is not installed: npm install @libsql/client, or give another store'
      )
    })
    try {
      // SQLite gives the files beside it the same permissions
      const file = await open(this.#path, 'a', 0o600)
      // one that was there already, made by somebody's `touch`, may be readable by everybody; another's cannot be changed
      await file.chmod(0o600).catch(() => undefined)
      await file.close()
      this.#opened = createClient({ url: pathToFileURL(this.#path).href, timeout: 5000 })
      for (const statement of schema) await this.#opened.execute(statement)
    } catch (cause) {
      throw new DeclarationError('auth-store', `sqliteStore: ${this.#path} cannot be used: ${(cause as Error).message}`)
    }
    await this.purge()
  }

  async find(model: string, id: string): Promise<StoredPayload | undefined> {
    return payloadOf(await this.#row(`model = ? AND id = ? AND ${fresh}`, [model, id, seconds()]))
  }

  async findByUid(model: string, uid: string): Promise<StoredPayload | undefined> {
    return payloadOf(await this.#row(`uid = ? AND model = ? AND ${fresh}`, [uid, model, seconds()]))
  }

  async upsert(model: string, id: string, payload: StoredPayload, as: StoredAs = {}): Promise<void> {
    await this.#run(`INSERT OR REPLACE INTO authorization ${columns}`, values(model, id, payload, as))
  }

  async add(model: string, id: string, payload: StoredPayload, as: StoredAs = {}): Promise<boolean> {
    // what has expired gives way
    const replaced = `ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, consumed = excluded.consumed,
      grant_id = excluded.grant_id, uid = excluded.uid, expires = excluded.expires WHERE authorization.expires <= ?`
    const statement = `INSERT INTO authorization ${columns} ${replaced}`
    return (await this.#run(statement, [...values(model, id, payload, as), seconds()])) === 1
  }

  async consume(model: string, id: string): Promise<boolean> {
    const statement = `UPDATE authorization SET consumed = ? WHERE model = ? AND id = ? AND consumed IS NULL AND ${fresh}`
    return (await this.#run(statement, [seconds(), model, id, seconds()])) === 1
  }

  async destroy(model: string, id: string): Promise<void> {
    await this.#run('DELETE FROM authorization WHERE model = ? AND id = ?', [model, id])
  }

  async revokeByGrantId(model: string, grantId: string): Promise<void> {
    await this.#run('DELETE FROM authorization WHERE grant_id = ? AND model = ?', [grantId, model])
  }

  async count(model: string): Promise<number> {
    const statement = `SELECT COUNT(*) AS found FROM authorization WHERE model = ? AND ${fresh}`
    const { rows } = await this.#client.execute({ sql: statement, args: [model, seconds()] })
    return Number(rows[0]?.['found'])
  }

  async purge(): Promise<void> {
    await this.#run('DELETE FROM authorization WHERE expires <= ?', [seconds()])
  }

  close(): void {
    this.#opened?.close()
    this.#opened = undefined
  }

  get #client(): Client {
    if (this.#opened === undefined) throw new Error('the store is not open')
    return this.#opened
  }

  async #row(where: string, args: (string | number)[]): Promise<Row | undefined> {
    const sql = `SELECT payload, consumed FROM authorization WHERE ${where}`
    return (await this.#client.execute({ sql, args })).rows[0]
  }

  async #run(sql: string, args: (string | number | null)[]): Promise<number> {
    return (await this.#client.execute({ sql, args })).rowsAffected
  }
}

function values(model: string, id: string, payload: StoredPayload, as: StoredAs): (string | number | null)[] {
  const { consumed = null, ...rest } = payload
  const expires = as.expiresIn === undefined ? null : seconds() + as.expiresIn
  return [model, id, JSON.stringify(rest), consumed, as.grantId ?? null, as.uid ?? null, expires]
}

function payloadOf(row: Row | undefined): StoredPayload | undefined {
  if (row === undefined) return undefined
  const payload = JSON.parse(row['payload'] as string) as StoredPayload
  return row['consumed'] === null ? payload : { ...payload, consumed: Number(row['consumed']) }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
