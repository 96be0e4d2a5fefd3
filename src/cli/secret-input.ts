/** A secret on standard input: from a pipe as it comes, from a terminal without showing it. */
import { text } from 'node:stream/consumers'
import type { ReadStream } from 'node:tty'
import { UsageError } from './usage.ts'

/** What stands on the input, without the line break at its end. Throws a UsageError when somebody leaves the terminal. */
export async function readSecret(
  input: NodeJS.ReadableStream,
  what: string,
  prompt: { write(text: string): unknown } = process.stderr
): Promise<string> {
  if ((input as ReadStream).isTTY !== true) return (await text(input)).replace(/\r?\n$/, '')
  prompt.write(`${what} (not shown): `)
  try {
    return await typed(input as ReadStream)
  } finally {
    prompt.write('\n')
  }
}

function typed(terminal: ReadStream): Promise<string> {
  terminal.setRawMode(true)
  terminal.setEncoding('utf8')
  let secret = ''
  return new Promise((resolve, reject) => {
    const take = (keys: string): void => {
      for (const key of keys) {
        const last = key === '\r' || key === '\n' || key === '\u0004'
        if (last || key === '\u0003') {
          terminal.off('data', take)
          terminal.setRawMode(false)
          terminal.pause()
          if (last) resolve(secret)
          else reject(new UsageError('nothing was read'))
          return
        }
        secret = key === '\u007f' || key === '\b' ? [...secret].slice(0, -1).join('') : secret + key
      }
    }
    terminal.on('data', take)
    terminal.resume()
  })
}
