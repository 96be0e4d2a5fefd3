#!/usr/bin/env node
/** The command line: one file a command, chosen here. */
import { conform } from './conform.ts'
import { conformHelp, readConformOptions } from './conform-options.ts'
import { doctorHelp, examine, readDoctorOptions } from './doctor.ts'
import { readRecordOptions, record, recordHelp } from './record.ts'
import { serve } from './serve.ts'
import { readServeOptions, serveHelp } from './serve-options.ts'
import { readSnapshotOptions, snapshotHelp, takeSnapshot } from './snapshot.ts'
import { readTokenOptions, token, tokenHelp } from './token.ts'
import { CannotRun, exitCodes, mainHelp, UsageError } from './usage.ts'
import { version } from './version.ts'

interface Command {
  help: string
  /** Reads the rest of the command line and does the work; gives the exit code. */
  run(args: string[]): Promise<number>
}

const commands: Record<string, Command> = {
  serve: {
    help: serveHelp,
    async run(args) {
      await serve(readServeOptions(args, process.env))
      return exitCodes.fine
    }
  },
  conform: { help: conformHelp, run: (args) => conform(readConformOptions(args, process.env)) },
  snapshot: { help: snapshotHelp, run: (args) => takeSnapshot(readSnapshotOptions(args, process.env)) },
  record: { help: recordHelp, run: (args) => record(readRecordOptions(args, process.env)) },
  doctor: { help: doctorHelp, run: (args) => examine(readDoctorOptions(args, process.env)) },
  token: { help: tokenHelp, run: (args) => token(readTokenOptions(args)) }
}

/** Runs one command line and gives its exit code. */
async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`)
    return exitCodes.fine
  }
  if (name === '--help' || name === '-h') {
    process.stdout.write(mainHelp)
    return exitCodes.fine
  }
  if (name === undefined) throw new UsageError(`a command is missing\n\n${mainHelp}`)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(`there is no command "${name}"\n\n${mainHelp}`)
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined)
  if (own.includes('--help') || own.includes('-h')) {
    process.stdout.write(command.help)
    return exitCodes.fine
  }
  return command.run(args)
}

main(process.argv.slice(2)).then(end, (error) => {
  const wrong = error instanceof UsageError ? exitCodes.usage : exitCodes.unreachable
  const text = error instanceof UsageError || error instanceof CannotRun ? error.message : String(error?.stack ?? error)
  process.stderr.write(`handwire: ${text}\n`)
  end(wrong)
})

/** Ends when all that was written has gone: whoever reads a pipe slowly is to get the rest, too. */
function end(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
