/** What a command line may say, and what is said of one that is wrong. */

/** Exit codes of every command. */
export const exitCodes = { fine: 0, faulty: 1, usage: 2, unreachable: 3 } as const

/** The command line is wrong; the message says what to do next. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command could not do its work; the message says what to do next. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}

export const mainHelp = `handwire: the Model Context Protocol, revision 2025-06-18, from the frame up

  handwire serve        the reference server, over HTTP or stdio
  handwire conform      what a server gets wrong on the wire, requirement by requirement
  handwire snapshot     what a server offers, saved; or compared with what was saved
  handwire record       what a client and a server say to each other, kept as a case
  handwire doctor       what a client meets at a server, and what is wrong with it
  handwire token        tokens for machines, and their hashes
  handwire --version
  handwire COMMAND --help
`
