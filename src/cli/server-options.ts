/** The part of a command line that says which server is meant, and what it is told of the caller. */
import type { Testable } from '../conform/index.ts'
import { UsageError } from './usage.ts'

/** The server that a command line names. Throws a UsageError. */
export function testableOf(command: string, stdio: boolean, positionals: string[]): URL | Exclude<Testable, string> {
  if (stdio) {
    if (positionals.length === 0)
      throw new UsageError(`the command is missing: handwire ${command} --stdio -- COMMAND…`)
    return { command: positionals }
  }
  const [address, ...more] = positionals
  if (address === undefined)
    throw new UsageError(`the address is missing: handwire ${command} URL, or --stdio -- COMMAND…`)
  if (more.length > 0) throw new UsageError(`one server at a time: "${more[0]}" is too much (a command needs --stdio)`)
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`"${address}" is no address: give one such as http://127.0.0.1:3000/mcp`)
  return url
}

/** Headers of every request, by their names in lower case. Throws a UsageError, also for any header on stdio. */
export function headersOf(
  stdio: boolean,
  values: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv
): Record<string, string> {
  const token = values['token'] ?? (stdio ? undefined : environment['HANDWIRE_TOKEN'])
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  for (const line of (values['header'] as string[] | undefined) ?? []) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new UsageError(`"${line}" is no header: write 'Name: value'`)
    headers[name.toLowerCase()] = value
  }
  if (stdio && Object.keys(headers).length > 0)
    throw new UsageError(
      '--token and --header are for HTTP: on stdio a server takes its credentials from the environment'
    )
  return headers
}
