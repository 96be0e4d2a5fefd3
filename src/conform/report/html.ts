/**
 * HTML reports: a page per peer that needs nothing else, its data beside it as JSON, and an index over all peers whose data
 * lie in the same folder. Running several peers into one folder, one after the other, gives a comparison of them.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileJsonSchema } from '../../protocol/schema.ts'
import { corpusDirectory } from '../fixture.ts'
import { readJson } from '../json.ts'
import type { Report } from '../report.ts'
import type { Flags } from './command.ts'
import { indexPage, type Listed } from './html/index-page.ts'
import { peerName, peerPage } from './html/peer-page.ts'
import { jsonReport, type MachineReport } from './json.ts'

/** The files that were written, as paths. */
export interface Written {
  page: string
  data: string
  index: string
}

/**
 * Writes the page and the data of a report into a folder, which is made when it is not there, and its index anew. A report of the same
 * peer over the same transport takes the place of the one before. Blank the report's secrets before: see redact.ts.
 * `flags` are what the command that runs a case again must say beside target and case. Rejects when the folder cannot be
 * written.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, readFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conform, redact, writeHtml } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'] })
 * const { page } = await writeHtml(redact(report), await mkdtemp(join(tmpdir(), 'report-')))
 * assert.match(await readFile(page, 'utf8'), /^<!doctype html>/i)
 * await app.close()
 * ```
 */
export async function writeHtml(report: Report, directory: string, flags: Flags = []): Promise<Written> {
  await mkdir(directory, { recursive: true })
  const name = fileName(report)
  const page = join(directory, `${name}.html`)
  const data = join(directory, `${name}.json`)
  const index = join(directory, 'index.html')
  await Promise.all([writeFile(page, peerPage(report, flags)), writeFile(data, jsonReport(report))])
  await writeFile(index, indexPage(await listedIn(directory)))
  return { page, data, index }
}

/**
 * The name of a peer's files, without suffix: small letters, digits and hyphens of the peer's name, and the transport. What
 * that loses of the name comes back as six digits, so that two names never share a file.
 */
export function fileName(report: Pick<Report, 'server' | 'target' | 'transport'>): string {
  const name = peerName(report)
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-|-$/g, '')
  const digits = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return [...(plain === '' ? ['peer'] : [plain]), ...(plain === name ? [] : [digits]), report.transport].join('-')
}

/** The reports of a folder that have a page there, by name. Files that are no report are left alone. */
async function listedIn(directory: string): Promise<Listed[]> {
  const schema = JSON.parse(await readFile(new URL('report.schema.json', corpusDirectory), 'utf8')) as object
  const valid = compileJsonSchema(schema)
  const files = (await readdir(directory)).sort()
  const names = files.filter((file) => file.endsWith('.html')).map((file) => file.slice(0, -'.html'.length))
  const listed: Listed[] = []
  for (const name of names.filter((one) => files.includes(`${one}.json`))) {
    const report = readJson(await readFile(join(directory, `${name}.json`), 'utf8'))
    if (valid(report)) listed.push({ name, report: report as unknown as MachineReport })
  }
  return listed
}
