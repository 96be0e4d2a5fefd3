/** The command that runs one case again, as it can be pasted into a shell. */
import type { Report, Result } from '../report.ts'

/** What a command line needs beside the target and the case, such as `--token` or `--profile`, each as one argument. */
export type Flags = readonly string[]

/** `handwire conform URL --only ID`; a command on stdio stands as it was given, behind its two dashes. */
export function commandFor(report: Pick<Report, 'target' | 'transport'>, id: string, flags: Flags = []): string {
  const options = ['--only', id, ...flags].map(quoted).join(' ')
  return report.transport === 'http'
    ? `handwire conform ${quoted(report.target)} ${options}`
    : `handwire conform --stdio ${options} -- ${report.target}`
}

/** The case to run to see a result again: of a structure the first one in which it broke. */
export function caseOf(result: Pick<Result, 'id' | 'case'>): string {
  return result.case ?? result.id
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}
