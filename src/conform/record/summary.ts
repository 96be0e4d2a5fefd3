/** The summary of a recording: what was made of it, what somebody should look at, and how to replay it. Sentences, one a line. */
import { relative } from 'node:path'
import type { PeerName } from './capture.ts'
import type { Harvested } from './harvest.ts'
import type { Place } from './place.ts'

export interface Files extends Place {
  out: string
  raw: string
  /** The server, as `handwire conform` is told of it. */
  server: string
}

const ownRevision = '2025-06-18'

/** What to say of the session of a recording and its two files. */
export function summaryOf({ recording, events, grown }: Harvested, files: Files): string[] {
  const { client, server, transport } = recording
  const [out, raw] = [shown(files.out), shown(files.raw)]
  const peer = ({ name, version }: PeerName): string => `${name} ${version}`
  const heard = `${raw} holds ${events} events between ${peer(client)} and ${peer(server)} over ${transport}`
  if (!('fixture' in grown)) return [heard, `${out} is not written: ${grown.refused}`]
  const { fixture, loosened, notes } = grown
  const { level, requirements, revision, steps, transports } = fixture
  return [
    heard,
    `${out} has ${steps.length} steps, for ${transports.join(' and ')}`,
    ...(loosened.length === 0 ? [] : [`loosened, for you to confirm: ${[...new Set(loosened)].join(', ')}`]),
    ...notes,
    ...(revision.includes(ownRevision)
      ? []
      : [`the session was of revision ${revision.join()}: a runner that speaks another skips the case`]),
    ...(requirements.length > 0
      ? []
      : [`it is of level ${level} until you give it requirements, a level and a title of your own`]),
    replayHint(files)
  ]
}

/** What was blanked, by where it stood. */
export function blankingsIn(blankings: Map<string, number>): string[] {
  if (blankings.size === 0) return []
  const places = [...blankings].map(([where, times]) => (times === 1 ? where : `${where} (${times} times)`))
  return [`blanked as secret: ${places.join(', ')}; a replay sends [redacted] in their place`]
}

function replayHint({ id, corpus, server }: Files): string {
  const replay = (directory: string): string => `handwire conform --fixtures ${directory} --only ${id} ${server}`
  if (corpus !== undefined) return `replay it with: ${replay(quoted(shown(corpus)))}`
  return `to replay it, put it into a directory of its own as ${id}.json: ${replay('DIRECTORY')}`
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** A path as short as it gets. */
function shown(path: string): string {
  const near = relative(process.cwd(), path)
  return near === '' ? '.' : near.startsWith('..') ? path : near
}
