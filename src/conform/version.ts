/** The version of this package, which its client says of itself. */
import { readFile } from 'node:fs/promises'

/** Reads it from package.json. */
export async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(text) as { version?: string }).version)
}
