/** Which cases of the corpus the reference server cannot be asked, by their needs; test/fixtures-extended.test.ts asks others. */
import { doorFeatures } from '../../src/conform/door.ts'
import { type Fixture, type Needs, verbOf } from '../../src/conform/fixture.ts'
import type { Introduction } from '../../src/conform/handshake.ts'
import { inSession, offerOf, unmet } from '../../src/conform/needs.ts'
import { referenceApp } from './reference.ts'
import { coreTarget } from './targets.ts'

const introduction: Introduction = {
  revision: '2025-06-18',
  client: { name: 'needs', version: '1' },
  withinMs: 10_000
}

/**
 * The ids of the cases, written by hand, whose needs the reference server does not meet. Features of HTTP are not looked at;
 * it has no door, so nothing can be asked there.
 */
export async function beyondReference(fixtures: readonly Fixture[]): Promise<ReadonlySet<string>> {
  const app = await referenceApp()
  await app.ready()
  const target = coreTarget(app.mcp.host)
  const beyond = new Set<string>()
  for (const { id, needs, client, provenance } of fixtures) {
    if (needs === undefined || provenance.from !== 'hand') continue
    const { features: _, ...items } = inSession(needs)
    if (isAboutDoors(needs)) beyond.add(id)
    const offer = await offerOf(target, client ?? {}, introduction)
    if ('message' in offer || unmet(items, offer) !== undefined) beyond.add(id)
  }
  await app.close()
  return beyond
}

/** Whether a case needs a server that wants tokens. */
export function isAboutDoors({ features = [], tokens = [] }: Needs): boolean {
  return tokens.length > 0 || features.some((feature) => doorFeatures.includes(feature))
}

const beyondMessages = ['http', 'listen', 'drop', 'end', 'line', 'eof', 'exit']

/** Whether a case speaks in messages alone, so that it runs without any transport. */
export function messagesOnly(fixture: Fixture): boolean {
  return fixture.transports.includes('stdio') && !fixture.steps.some((step) => beyondMessages.includes(verbOf(step)))
}
