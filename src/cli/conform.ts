/** handwire conform: the corpus replayed against any server, and what it gets wrong. */
import { writeFile } from 'node:fs/promises'
import {
  casesFor,
  conclusionOf,
  count,
  FixtureError,
  jsonReport,
  junitReport,
  NothingSelectedError,
  type Profile,
  ProfileError,
  progressLine,
  type Report,
  type Result,
  readProfile,
  redact,
  conform as replayAll,
  type Strictness,
  terminalReport,
  tokenValues,
  UnreachableError,
  writeHtml
} from '../conform/index.ts'
import type { ConformCommand } from './conform-options.ts'
import { CannotRun, exitCodes, UsageError } from './usage.ts'

/** Runs the command; gives its exit code. Throws a UsageError or CannotRun. */
export async function conform(command: ConformCommand): Promise<number> {
  try {
    if (command.list) return await list(command)
    const { profile: known } = command.options
    const profile = typeof known === 'string' ? await readProfile(known) : (known as Profile | undefined)
    const progress = progressOn(process.stderr, command)
    const given = profile === undefined ? {} : { profile }
    const whole = await replayAll(command.testable, { ...command.options, ...given, ...progress.told })
    progress.clear()
    const report = redact(whole, [...command.secrets, ...tokenValues(profile ?? {})])
    await writeReports(report, command)
    if (command.json !== '-') process.stdout.write(said(report, command))
    return codeOf(report, command.strictness)
  } catch (error) {
    throw explained(error)
  }
}

/** A line that is written over, on a terminal only. */
function progressOn(
  stream: NodeJS.WriteStream,
  { verbosity }: ConformCommand
): { told: { onResult?: (result: Result, done: number, total: number) => void }; clear(): void } {
  if (!stream.isTTY || verbosity === 'quiet') return { told: {}, clear: () => undefined }
  const counts = count([])
  const onResult = ({ id, outcome }: Result, done: number, total: number): void => {
    counts[outcome]++
    const line = progressLine(done, total, counts, id, { color: stream.hasColors(), width: stream.columns })
    stream.write(`\r\x1b[2K${line}`)
  }
  return {
    told: { onResult },
    clear: () => void stream.write('\r\x1b[2K')
  }
}

async function writeReports(report: Report, { json, junit, html, strictness, flags }: ConformCommand): Promise<void> {
  try {
    if (json === '-') process.stdout.write(jsonReport(report))
    else if (json !== undefined) await writeFile(json, jsonReport(report))
    if (junit !== undefined) await writeFile(junit, junitReport(report, strictness))
    if (html !== undefined) await writeHtml(report, html, flags)
  } catch (error) {
    throw new CannotRun(`a report could not be written: ${(error as Error).message}`)
  }
}

/** The report for people; of a quiet one the last line. */
function said(report: Report, { verbosity, flags }: ConformCommand): string {
  const color = process.stdout.isTTY === true && process.stdout.hasColors()
  const width = process.stdout.columns ?? 100
  const text = terminalReport(report, { color, width, verbose: verbosity === 'verbose', flags }).trimEnd()
  return `${verbosity === 'quiet' ? text.slice(text.lastIndexOf('\n') + 1) : text}\n`
}

async function list({ transport, options }: ConformCommand): Promise<number> {
  for (const { id, level, title } of await casesFor(transport, options))
    process.stdout.write(`${id}  ${level}  ${title}\n`)
  return exitCodes.fine
}

function codeOf(report: Report, strictness: Strictness): number {
  const conclusion = conclusionOf(report, strictness)
  return { fine: exitCodes.fine, faulty: exitCodes.faulty, untested: exitCodes.unreachable }[conclusion]
}

/** Errors of the library as errors of a command line. */
function explained(error: unknown): unknown {
  if (error instanceof NothingSelectedError)
    return new UsageError(`${error.message}: handwire conform --list shows what there is`)
  if (error instanceof FixtureError || error instanceof ProfileError) return new UsageError(error.message)
  if (!(error instanceof UnreachableError)) return error
  const hint = error.message.includes('401') ? '; --token gives it one, and --only authorization tests the door' : ''
  return new CannotRun(`${error.message}${hint}`)
}
