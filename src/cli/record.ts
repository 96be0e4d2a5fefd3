/** handwire record: stands between a client and a server, lets every byte through, and keeps what crossed as a case. */
import { existsSync, readFileSync } from 'node:fs'
import { access, constants, mkdir, rename, writeFile } from 'node:fs/promises'
import { constants as system } from 'node:os'
import { dirname } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { type Fixture, fixtureCheck, readMetaSchema } from '../conform/fixture.ts'
import type { Exit } from '../conform/peer.ts'
import { handOf } from '../conform/record/grow.ts'
import { type Hand, type Harvested, harvest } from '../conform/record/harvest.ts'
import { numbered } from '../conform/record/place.ts'
import { RecordingProxy } from '../conform/record/proxy.ts'
import { blankingsIn, type Files, summaryOf } from '../conform/record/summary.ts'
import type { Tape } from '../conform/record/tape.ts'
import { Tee } from '../conform/record/tee.ts'
import type { From, RecordOptions } from './record-options.ts'
import { exitCodes } from './usage.ts'

export { readRecordOptions, recordHelp } from './record-options.ts'

/** What a recording meets of the process it runs in. */
export interface World {
  input: Readable
  output: Writable
  /** Says something to the person who records, one line. */
  say(text: string): void
  /** Tells of every signal that would end the process. */
  onSignal(listener: (signal: NodeJS.Signals) => void): void
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

const ownProcess: World = {
  input: process.stdin,
  output: process.stdout,
  say: (text) => void process.stderr.write(`handwire record: ${text}\n`),
  onSignal(listener) {
    for (const signal of endings) process.on(signal, listener)
  }
}

/** Records until it is told to stop, or the command ends, and writes the files. Gives the exit code; says why on stderr. */
export async function record(options: RecordOptions, world: World = ownProcess): Promise<number> {
  const check = fixtureCheck(await readMetaSchema())
  const unwritable = await whyUnwritable(options, check)
  const { from } = options
  const heard =
    unwritable ?? (await ('command' in from ? recordPipes(from.command, world) : recordHttp(from, options, world)))
  if (typeof heard === 'string') {
    world.say(heard)
    return exitCodes.unreachable
  }
  const written = await write(options, heard.tape, check, world.say)
  if (heard.exit !== undefined && codeOf(heard.exit) !== 0) return codeOf(heard.exit)
  return written ? exitCodes.fine : exitCodes.unreachable
}

interface Heard {
  tape: Tape
  exit?: Exit
}

/** What was heard, or why nothing could be. */
async function recordHttp(
  from: Extract<From, { target: URL }>,
  { out }: RecordOptions,
  { output, say, onSignal }: World
): Promise<Heard | string> {
  let proxy: RecordingProxy
  try {
    proxy = await RecordingProxy.before(from.target, { host: from.host, port: from.listen, onTrouble: say })
  } catch (error) {
    return `could not listen on ${from.host}:${from.listen}: ${(error as Error).message}`
  }
  const told = new Promise(onSignal)
  output.write(`handwire record: ${proxy.url} passes on to ${from.target.origin}

Point the client at the first address. Ctrl-C ends the recording and writes ${out}
`)
  await told
  await proxy.close()
  return { tape: proxy.tape }
}

async function recordPipes(command: string[], { input, output, onSignal }: World): Promise<Heard | string> {
  let tee: Tee
  try {
    tee = await Tee.start({ command, input, output })
  } catch (error) {
    return `${command[0]} cannot be started: ${(error as Error).message}`
  }
  onSignal((signal) => tee.signal(signal))
  const exit = await tee.exited
  // what is on its way to the client must not be lost with this process
  await new Promise<void>((flushed) => output.write('', () => flushed()))
  return { tape: tee.tape, exit }
}

/** The process's outcome as an exit code, as shells give it. */
function codeOf({ code, signal }: Exit): number {
  return code ?? 128 + (system.signals[signal as NodeJS.Signals] ?? 0)
}

type Check = ReturnType<typeof fixtureCheck>

/** The recorded case that is there already, whose words are kept; undefined for no file. Throws for a file that holds something else. */
function existing(file: string, check: Check): Fixture | undefined {
  if (!existsSync(file)) return undefined
  const found = readCase(file, check)
  if (found?.provenance.from === 'recording') return found
  const what = found === undefined ? 'no case' : 'a case that was written by hand'
  throw new Error(`${file} is there and holds ${what}: it is not overwritten`)
}

function readCase(file: string, check: Check): Fixture | undefined {
  try {
    return check(JSON.parse(readFileSync(file, 'utf8')), file)
  } catch {
    // whatever it is, it is not ours
    return undefined
  }
}

/** Throws for a file that is there and holds something else than a capture. */
function ownCapture(file: string): void {
  if (!existsSync(file)) return
  const [head = ''] = readFileSync(file, 'utf8').split('\n', 1)
  if (!head.startsWith('{"recording":')) throw new Error(`${file} is there and holds no capture: it is not overwritten`)
}

async function whyUnwritable({ out, raw }: RecordOptions, check: Check): Promise<string | undefined> {
  try {
    existing(out, check)
    ownCapture(raw)
    for (const file of [out, raw]) {
      await mkdir(dirname(file), { recursive: true })
      await access(existsSync(file) ? file : dirname(file), constants.W_OK)
    }
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Writes what was recorded, or says why not; returns whether all of it was written. */
async function write(options: RecordOptions, tape: Tape, check: Check, say: World['say']): Promise<boolean> {
  if (tape.isEmpty) {
    say('nothing was recorded, so nothing is written')
    return false
  }
  if (tape.full) say('more came than is kept: what crossed after the first 64 MiB is not in the files')
  const { events, blankings } = await tape.events()
  let harvested: Harvested[]
  try {
    harvested = harvest(events, {
      transport: 'command' in options.from ? 'stdio' : 'http',
      date: new Date().toISOString().slice(0, 10),
      plan: (session) => {
        const { id, out, raw } = filesOf(options, session)
        ownCapture(raw)
        return { id, hand: handFor(existing(out, check), options.title, session) }
      },
      check: (fixture) => void check(fixture, fixture.id)
    })
    for (const [session, one] of harvested.entries()) {
      const { out, raw } = filesOf(options, session)
      await writeWhole(raw, one.capture)
      if ('text' in one.grown) await writeWhole(out, one.grown.text)
    }
  } catch (error) {
    say(`nothing is written: ${(error as Error).message}`)
    return false
  }
  for (const [session, one] of harvested.entries())
    for (const line of summaryOf(one, filesOf(options, session))) say(line)
  for (const line of blankingsIn(blankings)) say(line)
  return harvested.every(({ grown }) => 'text' in grown)
}

/** What a person wrote stays; the title may be given anew, and is that of one session only. */
function handFor(before: Fixture | undefined, title: string | undefined, session: number): Hand {
  const { title: known, ...hand } = handOf(before)
  const given = title === undefined || session === 0 ? title : `${title} (session ${session + 1})`
  const words = given ?? (before === undefined ? undefined : known)
  return { ...hand, ...(words === undefined ? {} : { title: words }) }
}

function filesOf(options: RecordOptions, session: number): Files {
  const { from, id, out, raw } = options
  // a command line can hold secrets, and what stands on stderr is often kept
  const server = 'command' in from ? '--stdio -- COMMAND…' : `${from.target.origin}${from.target.pathname}`
  const [own, file, capture] = [id, out, raw].map((name) => numbered(name, session)) as [string, string, string]
  return { ...options, id: own, out: file, raw: capture, server }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  await writeFile(draft, text)
  await rename(draft, file)
}
