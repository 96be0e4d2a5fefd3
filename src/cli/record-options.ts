/** What the command line of handwire record may say. */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Place, PlaceError, placeOf } from '../conform/record/place.ts'
import { UsageError } from './usage.ts'

export const recordHelp = `handwire record: what a client and a server say to each other, kept as a case

  handwire record --listen PORT --target URL --out FILE    stands before a server over HTTP; Ctrl-C ends the recording
  handwire record --out FILE --stdio -- COMMAND…           stands in for a server on stdio; its end ends the recording

  --listen PORT    port for the client; 0 takes a free one (--port means the same)
  --target URL     endpoint of the server, such as http://127.0.0.1:3000/mcp
  --host H         address to bind; HOST, else 127.0.0.1
  --stdio          runs the command that follows --, and passes on stdin, stdout, stderr and signals
  --out FILE       where the case goes, such as fixtures/recordings/add.json; a case that is there keeps its words
  --raw FILE       where the capture goes, every event as it came; FILE with .jsonl
  --title T        the sentence that says what the case is about

Every byte passes as it is, but for the value of Host. What is secret never reaches a file: credentials in headers, and what
stands under a name such as token, password, secret or api_key in a query or in JSON, become [redacted].
The case says what two peers did. What a server must do is for you to say: give it a title, requirements and a level.

exit codes: 0 written · 2 usage · 3 could not listen, start or write, nothing was recorded, or a secret was left.
On stdio the command's own exit code, 128 and more for a signal, comes before 0 and 3.
`

/** What is recorded: what comes to a port and goes on to a target, or what a command reads and writes. */
export type From = { listen: number; host: string; target: URL } | { command: string[] }

export interface RecordOptions extends Place {
  from: From
  /** Files of the case and of the capture, whole paths. */
  out: string
  raw: string
  title?: string
}

/** Options from the command line and the environment. Throws a UsageError. */
export function readRecordOptions(args: string[], environment: NodeJS.ProcessEnv): RecordOptions {
  const { values, positionals } = parsed(args)
  const out = values.out
  if (out === undefined || out === '') {
    const hint = positionals.includes('--out') ? ': what follows -- is the command, so put it before' : ''
    throw new UsageError(`--out FILE is missing${hint}. See handwire record --help`)
  }
  if (!/[^/\\]\.json$/.test(out)) throw new UsageError(`"${out}" is no name for a case: it ends in .json`)
  const whole = resolve(out)
  const raw = resolve(values.raw ?? whole.replace(/\.json$/, '.jsonl'))
  if (raw === whole) throw new UsageError('the case and the capture cannot be one file')
  for (const file of [whole, raw])
    if (existsSync(file) && statSync(file).isDirectory()) throw new UsageError(`"${file}" is a directory`)
  if (values.title === '') throw new UsageError('the title is empty: leave it out, or say what the case is about')
  const title = values.title === undefined ? {} : { title: values.title }
  return { from: fromOf(values, positionals, environment), out: whole, raw, ...placed(whole), ...title }
}

interface Values {
  listen?: string
  port?: string
  target?: string
  host?: string
  stdio?: boolean
  out?: string
  raw?: string
  title?: string
}

function parsed(args: string[]): { values: Values; positionals: string[] } {
  const text = { type: 'string' as const }
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        listen: text,
        port: text,
        target: text,
        host: text,
        stdio: { type: 'boolean' },
        out: text,
        raw: text,
        title: text
      }
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. See handwire record --help`)
  }
}

function fromOf(values: Values, positionals: string[], environment: NodeJS.ProcessEnv): From {
  const { target, host, stdio = false } = values
  const port = values.listen ?? values.port
  if (values.listen !== undefined && values.port !== undefined)
    throw new UsageError('--listen and --port mean the same: give one')
  if (stdio) {
    if (port !== undefined || target !== undefined || host !== undefined)
      throw new UsageError('--listen, --target and --host are for HTTP: leave them out, or leave out --stdio')
    if (positionals.length === 0)
      throw new UsageError('the command is missing: handwire record --out FILE --stdio -- COMMAND…')
    return { command: positionals }
  }
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is too much (a command needs --stdio)`)
  if (port === undefined || target === undefined)
    throw new UsageError(
      `${port === undefined ? '--listen PORT' : '--target URL'} is missing: give both, or --stdio -- COMMAND…`
    )
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new UsageError(`"${port}" is no port: give a number from 0 to 65535`)
  const url = URL.canParse(target) ? new URL(target) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`"${target}" is no address: give one such as http://127.0.0.1:3000/mcp`)
  if (url.username !== '' || url.password !== '')
    throw new UsageError('the target has a user or a password in it: the client has to send its own credentials')
  const bound = host ?? environment['HOST'] ?? '127.0.0.1'
  if (bound === '') throw new UsageError('the host is empty: leave it out to bind 127.0.0.1')
  return { listen: Number(port), host: bound, target: url }
}

/** Where the case goes. Throws a UsageError. */
function placed(file: string): Place {
  try {
    return placeOf(file)
  } catch (error) {
    throw error instanceof PlaceError ? new UsageError(error.message) : error
  }
}
