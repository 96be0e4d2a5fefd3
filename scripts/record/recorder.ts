/** The recorder: a session through the proxy, as often as it takes to be sure of it. */
import { printCapture } from './capture.ts'
import { difference, normalise } from './normalise.ts'
import { RecordingProxy } from './proxy.ts'
import type { RunningServer } from './servers.ts'
import type { Session } from './sessions.ts'

/** Records a session once; returns the text of its capture. `date` is the day it is recorded on. */
export async function record({ client, run }: Session, server: RunningServer, date: string): Promise<string> {
  const proxy = await RecordingProxy.before(server.url)
  try {
    await run(proxy.url)
  } finally {
    await proxy.close()
  }
  return printCapture({ recording: { client, server: server.name, transport: 'http', date }, events: proxy.events })
}

/** Records a session three times and returns the first capture. Throws when they differ in their normal form. */
export async function recordSurely(session: Session, server: RunningServer, date: string): Promise<string> {
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
