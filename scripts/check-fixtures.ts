/**
 * Checks the corpus in spec-fixtures and says how much of the specification it covers.
 *
 *   npm run check:fixtures                 findings, the coverage by page and level, and the line that sums it up
 *   npm run check:fixtures -- --quiet      faults and that line only
 *   npm run check:fixtures -- --write      also writes docs/coverage.md
 *   npm run check:fixtures -- --check      also fails when docs/coverage.md is not what would be written
 *
 * Exit: 0 all well; 1 a fault, a requirement without a case or a reason, or a stale page; 2 the corpus could not be checked.
 * Warnings change nothing.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { corpusDirectory } from '../src/conform/fixture.ts'
import { findingsOf } from './check-fixtures/checks/index.ts'
import { CorpusError, readCorpus } from './check-fixtures/corpus.ts'
import { coverageOf } from './check-fixtures/coverage.ts'
import { lineOf } from './check-fixtures/finding.ts'
import { coveragePage } from './check-fixtures/page.ts'
import { coverageText, summary } from './check-fixtures/table.ts'

/** What a check looks at, and where it speaks. */
export interface Surroundings {
  /** The corpus. */
  directory: string
  /** The page that is generated. */
  page: string
  print(line: string): void
  complain(line: string): void
}

const usage = 'usage: check-fixtures [--quiet] [--write | --check]'

/** Runs the check as the command line asks. Returns the exit code. */
export async function checkFixtures(words: string[], surroundings: Surroundings): Promise<number> {
  const { directory, page, print, complain } = surroundings
  const options = optionsOf(words)
  if (options === undefined || (options.write && options.check)) {
    complain(usage)
    return 2
  }
  const corpus = await readCorpus(directory).catch((error: unknown) => {
    if (error instanceof CorpusError) return error
    throw error
  })
  if (corpus instanceof CorpusError) {
    complain(corpus.message)
    return 2
  }
  const findings = findingsOf(corpus)
  const faults = findings.filter(({ severity }) => severity === 'fault')
  const coverage = coverageOf(corpus)
  const fresh = coveragePage(coverage)
  if (options.write) {
    mkdirSync(dirname(page), { recursive: true })
    writeFileSync(page, fresh)
  }
  const stale = options.check && textOf(page) !== fresh
  for (const finding of options.quiet ? faults : findings) complain(lineOf(finding))
  if (stale) complain(`${page} is not what the corpus says; run npm run check:fixtures -- --write`)
  if (!options.quiet) {
    print(coverageText(coverage))
    print(`${corpus.fixtures.length} cases, ${faults.length} faults, ${findings.length - faults.length} warnings`)
  }
  print(summary(coverage.counts))
  return faults.length > 0 || stale || coverage.counts.missing > 0 ? 1 : 0
}

function optionsOf(words: string[]): Record<'quiet' | 'write' | 'check', boolean> | undefined {
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({ args: words, options: { quiet: flag, write: flag, check: flag } }).values
  } catch {
    return undefined
  }
}

/** The text of a file; nothing when there is none. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await checkFixtures(process.argv.slice(2), {
    directory: fileURLToPath(corpusDirectory),
    page: fileURLToPath(new URL('../docs/coverage.md', import.meta.url)),
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`)
  })
}
