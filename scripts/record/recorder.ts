/** The recorder: a session through the proxy or the tee, as often as it takes to be sure of it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CaptureEvent, printCapture, readCapture } from '../../src/conform/record/capture.ts'
import { difference, normalise } from '../../src/conform/record/normalise.ts'
import { RecordingProxy } from '../../src/conform/record/proxy.ts'
import { type CommandServer, type RunningServer, running } from './servers.ts'
import type { Session } from './sessions.ts'

/** Records a session once; returns the text of its capture. `date` is the day it is recorded on. */
export async function record(
  { client, transport, run }: Session,
  server: RunningServer | CommandServer,
  date: string
): Promise<string> {
  const events = 'url' in server ? await throughProxy(run, server) : await throughTee(run, server)
  return printCapture({ recording: { client, server: server.name, transport, date }, events })
}

async function throughProxy(run: Session['run'], server: RunningServer): Promise<CaptureEvent[]> {
  const proxy = await RecordingProxy.before(server.url)
  try {
    await run({ url: proxy.url })
  } finally {
    await proxy.close()
  }
  return (await proxy.tape.events()).events
}

/** The client starts `handwire record`, which starts the server. */
async function throughTee(run: Session['run'], { command }: CommandServer): Promise<CaptureEvent[]> {
  const directory = await mkdtemp(join(tmpdir(), 'record-'))
  try {
    const out = join(directory, 'recordings', 'session.json')
    await run({ command: [...running('src/cli/index.ts'), 'record', '--out', out, '--stdio', '--', ...command] })
    return readCapture(await readFile(out.replace(/\.json$/, '.jsonl'), 'utf8')).events
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Records a session three times and returns the first capture. Throws when they differ in their normal form. */
export async function recordSurely(
  session: Session,
  server: RunningServer | CommandServer,
  date: string
): Promise<string> {
  const captures: string[] = []
  while (captures.length < 3) captures.push(await record(session, server, date))
  const [first, ...others] = captures.map(normalise)
  for (const other of others) {
    const apart = difference(first!, other)
    if (apart !== undefined)
      throw new Error(`two recordings part at line ${apart.line}:\n  ${apart.one}\n  ${apart.other}`)
  }
  return captures[0]!
}
