/** One peer put to the test: the whole corpus without its profile, and with it. */
import { conform, type Profile, type Report, readProfile } from '../../src/conform/index.ts'
import { type Package, type Peer, profileOf } from './peers.ts'
import { startPeer } from './running.ts'

export interface Trial {
  peer: Peer
  packages: Package[]
  profile: Profile
  /** Nothing was said of the server. */
  bare: Report
  /** With its profile. */
  known: Report
}

/** Runs the corpus against a peer, twice. Rejects when the peer does not start or ends under the test. */
export async function tryPeer(peer: Peer): Promise<Trial> {
  const profile = await readProfile(profileOf(peer))
  const run = async (said: Profile): Promise<Report> => {
    const { url, stop } = await startPeer(peer)
    const { jobs } = peer
    try {
      return await conform(url, { profile: said, ...(jobs === undefined ? {} : { jobs }) })
    } finally {
      await stop()
    }
  }
  const leftOut = Object.entries(profile.skips ?? {}).filter(([id]) => peer.leftOut?.includes(id) === true)
  const bare = await run({ skips: Object.fromEntries(leftOut) })
  const known = await run(profile)
  return { peer, packages: peer.packages(), profile, bare, known }
}
