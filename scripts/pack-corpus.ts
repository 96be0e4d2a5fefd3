/** Writes the cases into dist as the one file that the package carries: npm runs it before it packs, after the build. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { packedCases } from '../src/conform/corpus.ts'
import { corpusDirectory, loadFixtures } from '../src/conform/fixture.ts'

const cases = await loadFixtures(fileURLToPath(corpusDirectory))
await writeFile(new URL('../dist/conform/cases.jsonl', import.meta.url), packedCases(cases))
