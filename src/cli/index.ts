#!/usr/bin/env node
/** The command line: one file a command, chosen here. */
import { readServeOptions, serve, serveHelp } from './serve.ts'
import { CannotRun, exitCodes, mainHelp, UsageError } from './usage.ts'
import { version } from './version.ts'

/** Runs one command line and gives its exit code. */
async function main([command, ...args]: string[]): Promise<number> {
  if (command === '--version' || command === '-v') {
    process.stdout.write(`${version}\n`)
    return exitCodes.fine
  }
  if (command === '--help' || command === '-h') {
    process.stdout.write(mainHelp)
    return exitCodes.fine
  }
  if (command === undefined) throw new UsageError(`a command is missing\n\n${mainHelp}`)
  if (command !== 'serve') throw new UsageError(`there is no command "${command}"\n\n${mainHelp}`)
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(serveHelp)
    return exitCodes.fine
  }
  await serve(readServeOptions(args, process.env))
  return exitCodes.fine
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    const wrong = error instanceof UsageError ? exitCodes.usage : exitCodes.unreachable
    const text =
      error instanceof UsageError || error instanceof CannotRun ? error.message : String(error?.stack ?? error)
    process.stderr.write(`handwire: ${text}\n`)
    process.exit(wrong)
  }
)
