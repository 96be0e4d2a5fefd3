/**
 * The corpus against servers that are not ours.
 *
 *   npm run peers                       tries every peer, without and with its profile, and writes docs/peers.md
 *   npm run peers -- --check            tries them and fails when the page would say anything else; the date does not count
 *   npm run peers -- NAME…              tries these and prints what came of it; writes nothing
 *   npm run peers -- --serve NAME       starts a peer on its port (or --port N) until it is interrupted
 *
 * Peers that need packages of their own install them first. One that is optional and cannot be installed is left out; the page
 * is then neither written nor checked.
 *
 * Exit: 0 with its profile every peer is fine; 1 one is not, or the page is stale; 2 usage; 3 a peer could not be tested.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { conclusionOf, type Result } from '../src/conform/index.ts'
import { dateMark, peersPage } from './peers/page.ts'
import { type Peer, peerNamed, peers } from './peers/peers.ts'
import { install, startPeer } from './peers/running.ts'
import { type Trial, tryPeer } from './peers/trial.ts'

const page = new URL('../docs/peers.md', import.meta.url)
const usage = 'usage: peers [--check | NAME… | --serve NAME [--port N]]'

async function main(words: string[]): Promise<number> {
  const asked = optionsOf(words)
  if (asked === undefined) {
    console.error(usage)
    return 2
  }
  const { serve, port, check, chosen } = asked
  if (serve !== undefined) return await hold(serve, port)
  const trials: Trial[] = []
  const absent: string[] = []
  for (const peer of chosen.length === 0 ? peers : chosen) {
    const missing = install(peer)
    if (missing !== undefined) {
      console.error(`${peer.name} is left out: ${missing}`)
      if (chosen.length === 0) absent.push(peer.name)
      continue
    }
    const trial = await tryPeer(peer)
    tell(trial)
    trials.push(trial)
  }
  const worst = Math.max(...trials.map(({ bare, known }) => severity(bare.results, conclusionOf(known))))
  if (chosen.length > 0) return worst
  if (absent.length > 0) {
    console.error(`docs/peers.md is left as it is: it also tells of ${absent.join(', ')}`)
    return Math.max(worst, check ? 3 : 0)
  }
  const fresh = peersPage(trials)
  if (check) {
    if (undated(fresh) === undated(textOf(page))) return worst
    console.error('docs/peers.md is not what the runs say; run npm run peers')
    return Math.max(worst, 1)
  }
  // a page about runs that broke off would claim too little
  if (worst < 3) writeFileSync(page, fresh)
  return worst
}

interface Asked {
  serve: Peer | undefined
  port: number | undefined
  check: boolean
  chosen: Peer[]
}

function optionsOf(words: string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { serve: { type: 'string' }, port: { type: 'string' }, check: { type: 'boolean', default: false } }
    })
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) return undefined
    const serve = values.serve === undefined ? undefined : peerNamed(values.serve)
    const ways = [serve !== undefined, values.check, positionals.length > 0].filter(Boolean)
    if (ways.length > 1 || (port !== undefined && serve === undefined)) return undefined
    return { serve, port, check: values.check, chosen: positionals.map(peerNamed) }
  } catch (error) {
    console.error((error as Error).message)
    return undefined
  }
}

/** Runs a peer until this process is told to end. */
async function hold(peer: Peer, port = peer.port): Promise<number> {
  const missing = install(peer)
  if (missing !== undefined) {
    console.error(missing)
    return 3
  }
  const { url, stop } = await startPeer(peer, port)
  console.log(`${peer.name} serves ${url}`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await stop()
  return 0
}

/** What nobody knew yet, and one line of numbers. */
function tell({ peer, bare, known }: Trial): void {
  const news = [...bare.results.filter(({ outcome }) => outcome === 'error'), ...known.results.filter(isNews)]
  for (const { outcome, stale, id, reason } of news)
    console.log(`${stale === true ? 'stale' : outcome} ${id} ${reason ?? ''}`)
  const { pass, info, skip, known: excused } = known.counts
  console.log(`${peer.name}: ${pass} pass, ${excused} known, ${info} info, ${skip} skipped, ${news.length} new`)
}

function isNews({ outcome, known, stale }: Result): boolean {
  return stale === true || (known === undefined && ['fail', 'warn', 'error'].includes(outcome))
}

/** An error of the runner is as bad without a profile as with one. */
function severity(bare: readonly Result[], conclusion: ReturnType<typeof conclusionOf>): number {
  if (conclusion === 'untested' || bare.some(({ outcome }) => outcome === 'error')) return 3
  return conclusion === 'fine' ? 0 : 1
}

function undated(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(dateMark))
    .join('\n')
}

/** The text of a file; nothing when there is none. */
function textOf(file: URL): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

process.exitCode = await main(process.argv.slice(2))
