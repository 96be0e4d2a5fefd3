/** Every check there is, by name: each takes a corpus and says what is wrong in it. */
import type { Corpus } from '../corpus.ts'
import type { Finding } from '../finding.ts'
import { capturesAreSet } from './captures.ts'
import { bases, knownRequirements, levels, reasons, serverRequirements } from './citations.ts'
import { requestIds } from './ids.ts'
import { uniqueSteps, uniqueTitles } from './likeness.ts'
import { callsAreNeeded } from './names.ts'
import { definitionsExist, expressionsCompile } from './patterns.ts'
import { profiles } from './profiles.ts'
import { recordings } from './recordings.ts'
import { sessionsExist, streamsExist } from './streams.ts'
import { testedInEarnest } from './strength.ts'
import { bothTransports, verbsFit } from './transports.ts'

export const checks: { [name: string]: (corpus: Corpus) => Finding[] } = {
  readable: ({ unreadable }) => unreadable,
  knownRequirements,
  serverRequirements,
  levels,
  bases,
  reasons,
  uniqueTitles,
  uniqueSteps,
  definitionsExist,
  expressionsCompile,
  capturesAreSet,
  streamsExist,
  sessionsExist,
  requestIds,
  callsAreNeeded,
  verbsFit,
  bothTransports,
  testedInEarnest,
  recordings,
  profiles
}

/** All that is wrong, in the order of the checks. */
export function findingsOf(corpus: Corpus): Finding[] {
  return Object.values(checks).flatMap((check) => check(corpus))
}
