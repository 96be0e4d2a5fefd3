/**
 * The whole corpus against the reference server behind a door: with static tokens, with those of an issuer, and with
 * those of its own authorization server. Nothing in it takes for granted that everybody is let in, and nothing that
 * authorization asks for is left out.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { offerPrivileged } from '../../src/cli/privileged.ts'
import { offerReference } from '../../src/cli/reference.ts'
import { conform, type Report, type Result } from '../../src/conform/index.ts'
import { authority } from '../auth/server/authority.ts'
import { Browser } from '../auth/server/browser.ts'
import { type ListeningGuarded, listeningBehindHashes, listeningBehindIssuer } from '../support/auth-target.ts'
import { offerExtended } from '../support/extended.ts'

const timeFactor = 4

async function started(listening: () => Promise<ListeningGuarded>): Promise<ListeningGuarded> {
  const server = await listening()
  onTestFinished(() => server.close())
  return server
}

function replayed({ url, tokens }: Pick<ListeningGuarded, 'url' | 'tokens'>, only?: string[]): Promise<Report> {
  const { valid, ...others } = tokens
  const headers = { authorization: `Bearer ${valid}` }
  return conform(url, { headers, profile: { tokens: others }, timeFactor, ...(only === undefined ? {} : { only }) })
}

const ids = ({ results }: Report, fits: (result: Result) => boolean): string[] =>
  results.filter(fits).map(({ id, outcome, reason }) => `${outcome} ${id}: ${reason}`)
const isWrong = ({ outcome }: Result): boolean => ['fail', 'error', 'warn', 'info'].includes(outcome)
const isOurs = ({ id }: Result): boolean => id.startsWith('authorization/')
const lacksHelp = ({ reason = '' }: Result): boolean => reason.startsWith('needs help: ')

// some cases hang on how busy the machine is
describe('the corpus behind a door', { retry: 1 }, () => {
  test('with tokens of an issuer everything passes that can be asked', { timeout: 180_000 }, async () => {
    const report = await replayed(await started(listeningBehindIssuer))
    // where a choice is granted some cases only tell what was chosen
    expect(ids(report, (result) => isWrong(result) && result.outcome !== 'info')).toEqual([])
    expect(ids(report, (result) => isOurs(result) && result.outcome !== 'pass')).toEqual([])
    expect(report.results.filter(isOurs).length).toBeGreaterThan(100)
  })

  test('with static tokens there is one warning: nobody is told where they come from', {
    timeout: 180_000
  }, async () => {
    const report = await replayed(await started(listeningBehindHashes))
    expect(ids(report, (result) => isWrong(result) && result.outcome !== 'info')).toEqual([
      expect.stringMatching(/^warn authorization\/framework\/oauth: /)
    ])
    // the audience and the signature of a token that has none
    const asked = report.results
      .filter((result) => isOurs(result) && lacksHelp(result))
      .map(({ id }) => id.split('/')[1])
    expect([...new Set(asked)].sort()).toEqual(['audience', 'validity'])
  })

  test('with tokens of its own authorization server everything passes that can be asked', {
    timeout: 180_000
  }, async () => {
    const report = await replayed(await behindItsOwn())
    expect(ids(report, (result) => isWrong(result) && result.outcome !== 'info')).toEqual([])
    expect(ids(report, (result) => isOurs(result) && result.outcome !== 'pass' && !lacksHelp(result))).toEqual([])
    // it signs nothing that is wrong
    const asked = report.results.filter((result) => isOurs(result) && lacksHelp(result)).map(({ id }) => id)
    expect(asked.every((id) => /^authorization\/(audience|validity|session\/expired-token)/.test(id))).toBe(true)
  })

  test('without a token the door itself is tested', async () => {
    const { url } = await started(listeningBehindIssuer)
    const report = await conform(url, { only: ['authorization'], timeFactor })
    expect(ids(report, isWrong)).toEqual([])
    expect(ids(report, (result) => result.outcome === 'skip' && !lacksHelp(result))).toEqual([])
    expect(report.counts.pass).toBeGreaterThan(50)
  })

  test('the command takes tokens from the environment, and shows none of them', async () => {
    const { url, tokens } = await started(listeningBehindIssuer)
    const directory = await mkdtemp(join(tmpdir(), 'handwire-tokens-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const profile = join(directory, 'profile.json')
    const { valid, expired = '', ...others } = tokens
    await writeFile(profile, JSON.stringify({ tokens: { ...others, expired: { env: 'EXPIRED_TOKEN' } } }))
    const words = ['conform', url, '--only', 'authorization', '--profile', profile, '--json', '-', '--time-factor', '4']
    const env = { ...process.env, HANDWIRE_TOKEN: valid, EXPIRED_TOKEN: expired }
    const { code, stdout } = await handwire(words, env)
    expect(code).toBe(0)
    expect(JSON.parse(stdout).counts).toMatchObject({ fail: 0, warn: 0, error: 0, skip: 0 })
    expect(Object.values(tokens).filter((token) => stdout.includes(token))).toEqual([])
  })
})

/** The reference server with an authorization server in it, at which two people have logged in, one of them twice. */
async function behindItsOwn(): Promise<Pick<ListeningGuarded, 'url' | 'tokens'>> {
  const scopes = { mcp: 'Use what asks for no scope', privileged: 'Use what asks for a scope' }
  const own = await authority({ auth: { scopes } })
  offerReference(own.app.mcp)
  offerExtended(own.app.mcp)
  offerPrivileged(own.app.mcp)
  const tokenOf = async (username: string, scope: string): Promise<string> => {
    const client = await own.client()
    const { url, verifier } = own.begin(client, { scope })
    const visit = await own.allow(url, new Browser(own.origin), { username })
    return (await own.exchange(client, visit, verifier)).body.access_token
  }
  const tokens = {
    valid: await tokenOf('ann', 'mcp privileged'),
    otherUser: await tokenOf('bob', 'mcp privileged'),
    narrow: await tokenOf('ann', 'mcp')
  }
  return { url: own.resource, tokens }
}

/** Runs the command line from source. */
function handwire(words: string[], env: NodeJS.ProcessEnv): Promise<{ code: unknown; stdout: string }> {
  const entry = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url))
  const args = ['--import', 'tsx', entry, ...words]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 64 << 20 }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout })
    )
  })
}
