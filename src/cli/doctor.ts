/** handwire doctor: what a client meets at a server, and what is wrong with it. */
import { parseArgs } from 'node:util'
import { type Diagnosis, type DoctorOptions, diagnosisText, doctor } from '../conform/index.ts'
import { headersOf, testableOf } from './server-options.ts'
import { exitCodes, UsageError } from './usage.ts'

export const doctorHelp = `handwire doctor: goes the way of a client to a server, and says in words what is wrong and where

  handwire doctor URL

  --token T          an access token, sent to the endpoint alone; HANDWIRE_TOKEN does the same and stays out of the
                     process list. Without one the doctor looks as far as the login
  --header 'N: V'    sent with every request to the URL's origin; may be repeated
  --origin O         whether a page of this origin can use the server from a browser, such as https://app.example
  --register         registers clients at the authorization server, asks it for a login page, and takes them away again
                     where it lets them; without, nothing is left anywhere but a session, and that is ended
  --listen S         seconds to listen to the server's stream; 2. With 30 or more its keep-alive has to come
  --timeout S        seconds that any answer may take; 10
  --strict           warnings count as something wrong
  --quiet            only what has to be mended
  --json             the diagnosis as JSON

It looks at address, TLS and redirects, Origin and Host, the challenge, the metadata of the resource and of its authorization
servers, the token, and a session with its stream. No tool is called. Tokens, session ids and headers are never shown.

exit codes: 0 healthy · 1 something is wrong · 2 usage · 3 not reachable
`

export interface DoctorCommand {
  url: URL
  options: DoctorOptions
  strict: boolean
  quiet: boolean
  json: boolean
}

/** Options from the command line and the environment. Throws a UsageError. */
export function readDoctorOptions(args: string[], environment: NodeJS.ProcessEnv): DoctorCommand {
  const { values, positionals } = parsed(args)
  const url = testableOf('doctor', false, positionals) as URL
  if (url.username !== '' || url.password !== '')
    throw new UsageError("the address has credentials in it: give them as --header 'Authorization: …'")
  const { origin } = values as { origin?: string }
  if (origin !== undefined && !isOrigin(origin))
    throw new UsageError(`"${origin}" is no origin: give scheme and host, such as https://app.example`)
  const seconds = (name: 'listen' | 'timeout', longest: number): number | undefined => {
    const text = values[name] as string | undefined
    if (text === undefined) return undefined
    const number = Number(text)
    if (text.trim() === '' || !(number > 0 && number <= longest))
      throw new UsageError(`--${name} ${text} is no such number: give seconds, at most ${longest}`)
    return number * 1000
  }
  const listenMs = seconds('listen', 600)
  const timeoutMs = seconds('timeout', 120)
  return {
    url,
    options: {
      headers: headersOf(false, values, environment),
      register: values['register'] === true,
      ...(origin === undefined ? {} : { origin }),
      ...(listenMs === undefined ? {} : { listenMs }),
      ...(timeoutMs === undefined ? {} : { timeoutMs })
    },
    strict: values['strict'] === true,
    quiet: values['quiet'] === true,
    json: values['json'] === true
  }
}

function parsed(args: string[]): { values: Record<string, unknown>; positionals: string[] } {
  const text = { type: 'string' as const }
  const flag = { type: 'boolean' as const }
  const options = {
    token: text,
    header: { type: 'string' as const, multiple: true },
    origin: text,
    register: flag,
    listen: text,
    timeout: text,
    strict: flag,
    quiet: flag,
    json: flag
  }
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See handwire doctor --help`)
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text.toLowerCase()
}

/** Runs the command; gives its exit code. */
export async function examine({ url, options, strict, quiet, json }: DoctorCommand): Promise<number> {
  const diagnosis = await doctor(url, options)
  const color = process.stdout.isTTY === true && process.stdout.hasColors()
  const width = process.stdout.columns ?? 100
  process.stdout.write(
    json ? `${JSON.stringify(diagnosis, undefined, 2)}\n` : diagnosisText(diagnosis, { color, width, quiet })
  )
  return codeOf(diagnosis, strict)
}

function codeOf({ conclusion, counts }: Diagnosis, strict: boolean): number {
  if (conclusion === 'unreachable') return exitCodes.unreachable
  return conclusion === 'wrong' || (strict && counts.warning > 0) ? exitCodes.faulty : exitCodes.fine
}
