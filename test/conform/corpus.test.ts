/** The corpus of the package, as files and as one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { ownCorpus, packedCases } from '../../src/conform/corpus.ts'
import { corpusDirectory, loadFixtures } from '../../src/conform/fixture.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'corpus-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

test('the packed corpus holds the cases of the files, in their order', async () => {
  const path = join(await folder(), 'cases.jsonl')
  const cases = await loadFixtures(fileURLToPath(corpusDirectory))
  await writeFile(path, packedCases(cases))
  expect(await ownCorpus(pathToFileURL(path))).toEqual(cases)
})

test('where nothing is packed the files are the corpus', async () => {
  const nothing = pathToFileURL(join(await folder(), 'cases.jsonl'))
  expect(await ownCorpus(nothing)).toEqual(await loadFixtures(fileURLToPath(corpusDirectory)))
})

test('a packed corpus that cannot be read is an error, not another corpus', async () => {
  await expect(ownCorpus(pathToFileURL(await folder()))).rejects.toThrow('EISDIR')
})
