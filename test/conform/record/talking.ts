/** What tests of recordings share: a place for the files, a client that talks, and a replay in a word. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Fixture } from '../../../src/conform/fixture.ts'
import type { Json } from '../../../src/conform/json.ts'
import type { Target } from '../../../src/conform/peer.ts'
import { replay } from '../../../src/conform/replay.ts'

export interface Place {
  directory: string
  out: string
  raw: string
  /** What both files hold. */
  written(): string
  fixture(): Fixture
}

/** A directory for a case and its capture, gone when the test is over. */
export function place(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'record-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const out = join(directory, 'recordings', 'case.json')
  const raw = join(directory, 'recordings', 'case.jsonl')
  return {
    directory,
    out,
    raw,
    written: () => [out, raw].map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('\n'),
    fixture: () => JSON.parse(readFileSync(out, 'utf8')) as Fixture
  }
}

export const greeting = {
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'tester', version: '1' } }
}
export const initialized = { method: 'notifications/initialized' }

/** A session of a client that shakes hands, says these messages (a text as it stands) and leaves. */
export async function talk(url: string, messages: Json[], headers: Record<string, string> = {}): Promise<void> {
  const usual = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }
  const post = async (message: Json, more: Record<string, string> = {}): Promise<Headers> => {
    const body = typeof message === 'string' ? message : JSON.stringify(message)
    const answer = await fetch(url, { method: 'POST', headers: { ...usual, ...more }, body })
    await answer.text()
    return answer.headers
  }
  const begun = await post({ jsonrpc: '2.0', ...greeting })
  const session = { 'mcp-session-id': begun.get('mcp-session-id') ?? '', 'mcp-protocol-version': '2025-06-18' }
  for (const message of [{ jsonrpc: '2.0', ...initialized }, ...messages]) await post(message, session)
  await fetch(url, { method: 'DELETE', headers: { ...headers, ...session } })
}

/** The outcome of a case, and why it is no pass. */
export async function replayed(fixture: Fixture, target: Target): Promise<string> {
  const { outcome, reason = '' } = await replay(fixture, target, { timeFactor: 4 })
  return `${outcome} ${reason}`.trim()
}
