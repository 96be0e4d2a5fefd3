/** handwire snapshot: what a server offers, saved; or compared with what was saved, so that nothing breaks unseen. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import {
  type Change,
  compareSnapshots,
  type Kind,
  printSnapshot,
  readSnapshot,
  type Snapshot,
  SnapshotError,
  type SnapshotOptions,
  snapshot,
  type Testable,
  UnreachableError
} from '../conform/index.ts'
import { counted, line } from '../conform/report/text.ts'
import { headersOf, testableOf } from './server-options.ts'
import { CannotRun, exitCodes, UsageError } from './usage.ts'

export const snapshotHelp = `handwire snapshot: what a server offers, saved; or compared with what was saved

  handwire snapshot URL --out FILE        saves it; - for standard output
  handwire snapshot URL --check FILE      tells what changed since, and which changes break who uses it
  handwire snapshot … --stdio -- COMMAND… the same for a server on stdio

  --without KIND     a list to leave out: tools, resources, templates or prompts; may be repeated. Resources that come
                     and go with the data are no part of a contract
  --token T          sent as Authorization: Bearer T; HANDWIRE_TOKEN does the same and stays out of the process list
  --header 'N: V'    sent with every request; may be repeated
  --quiet            with --check: nothing but what breaks

The lists are read, nothing is called. Whoever may see more with a token is compared with that token both times.

exit codes: 0 fine · 1 a change breaks · 2 usage, or no snapshot in FILE · 3 not reachable
`

export interface SnapshotCommand {
  testable: Testable
  options: SnapshotOptions
  /** Where it goes; undefined when it is compared. */
  out?: string
  /** What it is compared with. */
  check?: string
  quiet: boolean
}

const lists: Readonly<Record<string, Kind>> = {
  tools: 'tools',
  resources: 'resources',
  templates: 'resourceTemplates',
  prompts: 'prompts'
}

/** Options from the command line and the environment. Throws a UsageError. */
export function readSnapshotOptions(args: string[], environment: NodeJS.ProcessEnv): SnapshotCommand {
  const { values, positionals } = parsed(args)
  const stdio = values['stdio'] === true
  const testable = testableOf('snapshot', stdio, positionals)
  const { out, check } = values as { out?: string; check?: string }
  if ((out === undefined) === (check === undefined))
    throw new UsageError('say either --out FILE, to save what is offered, or --check FILE, to compare it')
  const without = ((values['without'] as string[] | undefined) ?? []).map((name) => {
    const kind = Object.hasOwn(lists, name) ? lists[name] : undefined
    if (kind === undefined) throw new UsageError(`"${name}" is no list: choose ${Object.keys(lists).join(', ')}`)
    return kind
  })
  return {
    testable,
    options: { headers: headersOf(stdio, values, environment), without },
    ...(out === undefined ? {} : { out }),
    ...(check === undefined ? {} : { check }),
    quiet: values['quiet'] === true
  }
}

function parsed(args: string[]): { values: Record<string, unknown>; positionals: string[] } {
  const text = { type: 'string' as const }
  const many = { type: 'string' as const, multiple: true }
  const flag = { type: 'boolean' as const }
  const options = { stdio: flag, quiet: flag, out: text, check: text, token: text, header: many, without: many }
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See handwire snapshot --help`)
  }
}

/** Runs the command; gives its exit code. Throws a UsageError or CannotRun. */
export async function takeSnapshot({ testable, options, out, check, quiet }: SnapshotCommand): Promise<number> {
  try {
    // a file that cannot be read is found before anybody is asked
    const saved = check === undefined ? undefined : await readSnapshot(check)
    const today = await snapshot(testable, options)
    if (saved !== undefined) return told(compareSnapshots(saved, today), saved, quiet)
    if (out !== undefined) await save(today, out)
    return exitCodes.fine
  } catch (error) {
    if (error instanceof SnapshotError)
      throw new UsageError(`${error.message}. handwire snapshot … --out ${check} saves one`)
    if (!(error instanceof UnreachableError)) throw error
    throw new CannotRun(`${error.message}${error.message.includes('401') ? '; --token gives it one' : ''}`)
  }
}

async function save(today: Snapshot, out: string): Promise<void> {
  const text = printSnapshot(today)
  if (out === '-') {
    process.stdout.write(text)
    return
  }
  try {
    await writeFile(out, text)
  } catch (error) {
    throw new CannotRun(`the snapshot could not be written: ${(error as Error).message}`)
  }
  const lengths = Object.entries(lists).flatMap(([name, kind]) => {
    const list = today[kind]
    return list === undefined ? [] : [counted(list.length, name.replace(/s$/, ''), name)]
  })
  process.stdout.write(`${out}: ${lengths.join(', ')}\n`)
}

/** Prints the changes, those that break first; gives the exit code. */
function told(changes: readonly Change[], saved: Snapshot, quiet: boolean): number {
  const breaking = changes.filter((change) => change.breaking)
  const others = changes.filter((change) => !change.breaking)
  const print = (sign: string, { text }: Change): void => void process.stdout.write(`${sign}  ${line(text)}\n`)
  for (const change of breaking) print('breaks ', change)
  if (!quiet) for (const change of others) print('changed', change)
  const since = line(`${saved.server.name} ${saved.server.version}`)
  const sum =
    changes.length === 0
      ? 'nothing changed'
      : `${counted(changes.length, 'change')}, ${breaking.length || 'none'} breaking,`
  process.stdout.write(`${sum} since the snapshot of ${since}\n`)
  return breaking.length === 0 ? exitCodes.fine : exitCodes.faulty
}
