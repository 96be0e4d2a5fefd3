/**
 * The corpus of this package. In a checkout it is the files of `spec-fixtures/`; a published package carries the same cases
 * as one file, a case a line, because a thousand small files take more than twice their size on a disk.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { corpusDirectory, type Fixture, loadFixtures } from './fixture.ts'

/** Beside this module once it is built and packed (scripts/pack-corpus.ts). */
const packed = new URL('./cases.jsonl', import.meta.url)

/** Every case, sorted by id. Those of the packed file were checked when it was made. */
export async function ownCorpus(file: URL = packed): Promise<Fixture[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return loadFixtures(fileURLToPath(corpusDirectory))
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Fixture)
}

/** The text of the packed file. */
export function packedCases(cases: readonly Fixture[]): string {
  return cases.map((one) => `${JSON.stringify(one)}\n`).join('')
}
