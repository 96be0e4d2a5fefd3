/** What the environment says, for the server over HTTP and the one over stdio alike. */
import { Repositories } from './repositories.ts'
import { trackerStandIn } from './stand-in.ts'
import { Tracker } from './tracker.ts'

export interface Settings {
  repositories: Repositories
  tracker: Tracker
  /** Milliseconds that a call may take. */
  timeoutMs: number
  /** Ends what was started here. */
  close(): Promise<void>
}

/**
 * - REPOSITORIES: the folder of `<owner>/<name>`, the working directory by default
 * - TRACKER_URL: the issue tracker; without it one that forgets everything is started
 * - TIMEOUT_MS: how long a call may take, 10,000 by default
 */
export async function readSettings(): Promise<Settings> {
  const { REPOSITORIES = '.', TRACKER_URL, TIMEOUT_MS = '10000' } = process.env
  const { url, close } = TRACKER_URL === undefined ? await started() : { url: TRACKER_URL, close: async () => {} }
  return {
    repositories: await Repositories.at(REPOSITORIES),
    tracker: new Tracker(url),
    timeoutMs: Number(TIMEOUT_MS),
    close
  }
}

async function started(): Promise<{ url: string; close(): Promise<void> }> {
  const standIn = trackerStandIn()
  return { url: await standIn.listen({ port: 0, host: '127.0.0.1' }), close: () => standIn.close() }
}
