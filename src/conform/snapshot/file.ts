/** A snapshot as a file that is kept beside the code: the same offer is always the same text, and a diff of it reads well. */
import { readFile } from 'node:fs/promises'
import { isObject } from '../../protocol/frame.ts'
import { type Json, readJson } from '../json.ts'
import { type Kind, kinds, type Snapshot } from './snapshot.ts'

/** A file that is no snapshot. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
}

/**
 * The text of a snapshot: JSON with members in the order of their names, two spaces, a newline at the end.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { printSnapshot } from 'handwire/conform'
 *
 * const offer = { format: 'handwire-snapshot/1', server: { version: '1.0.0', name: 'acme' }, capabilities: {} } as const
 * assert.match(printSnapshot(offer), /"name": "acme",\n {4}"version": "1.0.0"/)
 * ```
 */
export function printSnapshot(snapshot: Snapshot): string {
  return `${JSON.stringify(ordered(snapshot as unknown as Json), undefined, 2)}\n`
}

/**
 * Reads a saved snapshot. Rejects with a SnapshotError for a file that is none.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rm, writeFile } from 'node:fs/promises'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { compareSnapshots, printSnapshot, readSnapshot, snapshot } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * app.mcp.tool('now', {}, () => new Date().toISOString())
 *
 * await writeFile('offer.json', printSnapshot(await snapshot(app)))
 * assert.deepEqual(compareSnapshots(await readSnapshot('offer.json'), await snapshot(app)), [])
 * await rm('offer.json')
 * await app.close()
 * ```
 */
export async function readSnapshot(file: string | URL): Promise<Snapshot> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SnapshotError(`${file} cannot be read: ${error.code}`, { cause: error })
  })
  const value = readJson(text)
  if (!isObject(value) || value['format'] !== 'handwire-snapshot/1')
    throw new SnapshotError(`${file} is no snapshot of the format handwire-snapshot/1`)
  const { server, capabilities } = value
  const lists = (Object.keys(kinds) as Kind[]).map((kind) => value[kind]).filter((list) => list !== undefined)
  if (!isObject(server) || !isObject(capabilities) || !lists.every(Array.isArray))
    throw new SnapshotError(`${file} is a snapshot that something is wrong with: save it again`)
  return value as unknown as Snapshot
}

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isObject(value)) return value
  const members = Object.entries(value as Record<string, Json>)
  members.sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]))
}
