/** The corpus against servers that are not ours: what they do wrong is known by name, and the runner copes with all of them. */
import { describe, expect, it } from 'vitest'
import { isInstalled, peers } from '../../scripts/peers/peers.ts'
import { type Trial, tryPeer } from '../../scripts/peers/trial.ts'
import { conclusionOf, type Report, type Result } from '../../src/conform/index.ts'

/** One peer is tried with the whole corpus, twice; and all of it once more when something is new, for these servers are not ours to make punctual. */
const timeout = 600_000
const retry = 1

// what cannot be installed everywhere is left to npm run peers
for (const peer of peers.filter(({ own }) => own?.optional !== true)) {
  const missing = isInstalled(peer) ? '' : ` (skipped: ${peer.name} is not installed, run npm run peers)`
  describe.skipIf(missing !== '')(`${peer.title}${missing}`, () => {
    let trial: Promise<Trial> | undefined
    const tried = (): Promise<Trial> => {
      trial ??= tryPeer(peer)
      return trial
    }
    const anew = (found: string[]): string[] => {
      if (found.length > 0) trial = undefined
      return found
    }

    it('runs to the end without a profile and without an error of the runner', { timeout, retry }, async () => {
      const { bare } = await tried()
      expect(anew(errors(bare))).toEqual([])
      expect(bare.counts.pass).toBeGreaterThan(bare.counts.fail)
    })

    it('does nothing wrong that its profile does not know, and all that it knows', { timeout, retry }, async () => {
      const { known } = await tried()
      expect(anew(known.results.filter(isNews).map(told))).toEqual([])
      expect(conclusionOf(known)).toBe('fine')
    })
  })
}

function errors({ results }: Report): string[] {
  return results.filter(({ outcome }) => outcome === 'error').map(told)
}

function isNews({ outcome, known, stale }: Result): boolean {
  return stale === true || (known === undefined && (outcome === 'fail' || outcome === 'error'))
}

function told({ id, outcome, stale, reason }: Result): string {
  return `${stale === true ? 'no longer a failure' : outcome}: ${id} ${reason ?? ''}`
}
