/** The command line of handwire conform. */
import { parseArgs } from 'node:util'
import type { ConformOptions, Strictness, Testable } from '../conform/index.ts'
import { headersOf, testableOf } from './server-options.ts'
import { UsageError } from './usage.ts'

export const conformHelp = `handwire conform: what a server gets wrong on the wire, requirement by requirement

  handwire conform URL                    a server over Streamable HTTP
  handwire conform --stdio -- COMMAND…    a server on stdio; started anew for each case

what is tested
  --only GLOB        cases whose id fits: 'http/**', 'tools/call/*'; may be repeated
  --level L          must, should or may: the lowest level; may, so all
  --list             prints the cases instead of replaying them
  --fixtures DIR     a corpus of your own
  --profile FILE     what is known of the server: names, features, known failures
  --token T          sent as Authorization: Bearer T; HANDWIRE_TOKEN does the same and stays out of the process list
  --header 'N: V'    sent with every request; may be repeated
  --follow           also asks other servers that this one names, such as its authorization server

how
  --jobs N           cases at once; 10, on stdio one a processor, at most 4
  --time-factor N    multiplies every deadline, for slow servers
  --strict           warnings (SHOULD) count as failures
  --no-skips         skips count as failures

reports
  --json FILE        one record a case; - for standard output
  --junit FILE       for CI
  --html DIR         a page with the wire log of every case, and an index over all servers reported there
  --verbose          the cases that pass, too
  --quiet            nothing but the last line

Without a profile the runner finds out what the server offers and uses any tool that needs no arguments and does not
declare itself destructive: test a server whose tools may be called.

exit codes: 0 fine · 1 the server is at fault · 2 usage, or no case selected · 3 not reachable, or not testable
`

export interface ConformCommand {
  testable: Testable
  transport: 'http' | 'stdio'
  options: ConformOptions
  strictness: Strictness
  list: boolean
  json?: string
  junit?: string
  html?: string
  verbosity: 'quiet' | 'usual' | 'verbose'
  /** What reports must not hold. */
  secrets: string[]
  /** What has to be said again when one case is run again. */
  flags: string[]
}

const booleans = ['stdio', 'follow', 'strict', 'no-skips', 'list', 'verbose', 'quiet'] as const
const texts = ['level', 'fixtures', 'profile', 'token', 'jobs', 'time-factor', 'json', 'junit', 'html'] as const

/** Options from the command line and the environment. Throws a UsageError. */
export function readConformOptions(args: string[], environment: NodeJS.ProcessEnv): ConformCommand {
  const { values, positionals } = parsed(args)
  const stdio = values['stdio'] === true
  const testable = testableOf('conform', stdio, positionals)
  const headers = headersOf(stdio, values, environment)
  const level = values['level'] as string | undefined
  if (level !== undefined && !['must', 'should', 'may'].includes(level))
    throw new UsageError(`"${level}" is no level: choose must, should or may`)
  const jobs = numberOf('jobs', values, (number) => Number.isInteger(number) && number >= 1)
  const timeFactor = numberOf('time-factor', values, (number) => number > 0)
  const text = (name: 'fixtures' | 'profile' | 'json' | 'junit' | 'html'): Record<string, string> =>
    values[name] === undefined ? {} : { [name]: values[name] as string }
  return {
    testable,
    transport: stdio ? 'stdio' : 'http',
    options: {
      ...(values['only'] === undefined ? {} : { only: values['only'] as string[] }),
      ...(level === undefined ? {} : { level: level.toUpperCase() as 'MUST' | 'SHOULD' | 'MAY' }),
      ...text('fixtures'),
      ...text('profile'),
      ...(jobs === undefined ? {} : { jobs }),
      ...(timeFactor === undefined ? {} : { timeFactor }),
      ...(values['follow'] === true ? { follow: true } : {}),
      headers
    },
    strictness: { strict: values['strict'] === true, noSkips: values['no-skips'] === true },
    list: values['list'] === true,
    ...text('json'),
    ...text('junit'),
    ...text('html'),
    verbosity: values['quiet'] === true ? 'quiet' : values['verbose'] === true ? 'verbose' : 'usual',
    secrets: secretsOf(headers),
    flags: flagsOf(values)
  }
}

function parsed(args: string[]): { values: Record<string, unknown>; positionals: string[] } {
  const options = {
    ...Object.fromEntries(booleans.map((name) => [name, { type: 'boolean' as const }])),
    ...Object.fromEntries(texts.map((name) => [name, { type: 'string' as const }])),
    only: { type: 'string' as const, multiple: true },
    header: { type: 'string' as const, multiple: true }
  }
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See handwire conform --help`)
  }
}

/** Values of headers that are secret by their name. */
function secretsOf(headers: Record<string, string>): string[] {
  return Object.entries(headers)
    .filter(([name]) => /authorization|cookie|token|key|secret|password/.test(name))
    .flatMap(([, value]) => [value, value.replace(/^\S+ /, '')])
}

function flagsOf(values: Record<string, unknown>): string[] {
  const said = (['profile', 'fixtures', 'time-factor'] as const).flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, String(values[name])]
  )
  const follow = values['follow'] === true ? ['--follow'] : []
  return [...said, ...follow, ...(values['token'] === undefined ? [] : ['--token', '…'])]
}

function numberOf(
  name: 'jobs' | 'time-factor',
  values: Record<string, unknown>,
  fits: (number: number) => boolean
): number | undefined {
  const text = values[name] as string | undefined
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number) || !fits(number))
    throw new UsageError(`--${name} ${text} is no such number`)
  return number
}
