/** Every fault, by the area of the corpus it belongs to. */
import type { Fault } from './fault.ts'
import { cancel } from './faults/cancel.ts'
import { completion } from './faults/completion.ts'
import { door } from './faults/door.ts'
import { elicitation } from './faults/elicitation.ts'
import { http } from './faults/http.ts'
import { ids } from './faults/ids.ts'
import { isolation } from './faults/isolation.ts'
import { jsonrpc } from './faults/jsonrpc.ts'
import { lifecycle } from './faults/lifecycle.ts'
import { logging } from './faults/logging.ts'
import { meta } from './faults/meta.ts'
import { metadata } from './faults/metadata.ts'
import { origin } from './faults/origin.ts'
import { ownership } from './faults/ownership.ts'
import { listPages } from './faults/pages.ts'
import { ping } from './faults/ping.ts'
import { progress } from './faults/progress.ts'
import { prompts } from './faults/prompts.ts'
import { resources } from './faults/resources.ts'
import { resume } from './faults/resume.ts'
import { roots } from './faults/roots.ts'
import { sampling } from './faults/sampling.ts'
import { session } from './faults/session.ts'
import { stdio } from './faults/stdio.ts'
import { streams } from './faults/streams.ts'
import { subscriptions } from './faults/subscriptions.ts'
import { tokens } from './faults/tokens.ts'
import { toolResultFaults } from './faults/tool-results.ts'
import { tools } from './faults/tools.ts'

/** The area folders of the corpus, and what is wrong there. */
export const areas: Record<string, Fault[]> = {
  lifecycle,
  jsonrpc: [...jsonrpc, ...ids],
  meta,
  http: [...http, ...streams],
  resume,
  session: [...session, ...isolation],
  origin,
  cancel,
  ping,
  progress,
  tools: [...tools, ...toolResultFaults],
  resources: [...resources, ...subscriptions],
  prompts,
  completion,
  logging,
  sampling,
  elicitation,
  roots,
  pages: listPages,
  stdio,
  authorization: [...door, ...metadata, ...tokens, ...ownership]
}

export const faults: Fault[] = Object.values(areas).flat()
