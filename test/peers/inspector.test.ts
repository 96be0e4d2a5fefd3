/**
 * The official inspector by its command line. It needs a newer Node than we do, so npx brings both; where they cannot be
 * had, the test is skipped and says so.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Oracle } from '../support/oracle.ts'
import { listeningReference } from '../support/reference.ts'
import { firstPage, furtherTools, resourceResults, say } from './contract.ts'
import { serveStdio } from './doors.ts'

const packages = ['-y', '-p', 'node@24', '-p', '@modelcontextprotocol/inspector@2.12.0']
const run = promisify(execFile)

/** Node and the inspector, as npx unpacked them, or why there are none. */
async function unpack(): Promise<{ program: string[] } | { missing: string }> {
  const where = 'node -p process.execPath && command -v mcp-inspector'
  try {
    const { stdout } = await run('npx', [...packages, '-c', where], { timeout: 240_000 })
    return { program: stdout.trim().split('\n') }
  } catch (error) {
    return { missing: `npx cannot bring the inspector: ${(error as Error).message.split('\n')[0]}` }
  }
}

const unpacked = await unpack()

if ('missing' in unpacked) {
  test.skip(`the inspector uses the reference server: skipped, because ${unpacked.missing}`, () => {})
} else {
  const [node = '', ...inspector] = unpacked.program
  const oracle = new Oracle()
  const home = mkdtempSync(join(tmpdir(), 'inspector-'))
  const ways = { HTTP: [] as string[], stdio: [serveStdio.command, ...serveStdio.args] }
  let close: () => Promise<void>

  beforeAll(async () => {
    const { app, url } = await listeningReference({ onFrame: oracle.tap })
    ways.HTTP.push('--transport', 'http', '--server-url', url)
    close = () => app.close()
  })
  afterAll(async () => {
    await close()
    rmSync(home, { recursive: true })
    oracle.verify()
  })

  describe.each(['HTTP', 'stdio'] as const)('the inspector over %s', (way) => {
    /** One run of its command line; gives what it prints as the result. */
    const inspect = async (method: string, ...args: string[]): Promise<Record<string, unknown>> => {
      const line = [...inspector, '--cli', '--format', 'json', '--quiet', '--method', method, ...args]
      const command = way === 'HTTP' ? [...line, ...ways.HTTP] : [...line, '--', ...ways.stdio]
      const { stdout } = await run(node, command, { env: { ...process.env, HOME: home } })
      return JSON.parse(stdout).result
    }

    test('it lists the tools, and finds nothing that is not portable', async () => {
      const { tools } = (await inspect('tools/list', '--strict')) as { tools: { name: string }[] }
      expect(tools.map(({ name }) => name)).toEqual([...firstPage, ...furtherTools])
    })

    test('it calls a tool', async () => {
      expect(await inspect('tools/call', '--tool-name', 'test_slow', '--tool-args-json', '{"ms":1}')).toEqual(
        say('slow done')
      )
    })

    test('it reads a resource', async () => {
      const [uri, contents] = resourceResults[0] ?? ['', {}]
      expect(await inspect('resources/read', '--uri', uri)).toEqual({ contents: [{ uri, ...contents }] })
    })

    test('it gets a prompt', async () => {
      const args = ['--prompt-name', 'test_prompt_with_arguments', '--prompt-args', 'arg1=a', 'arg2=b']
      expect(await inspect('prompts/get', ...args)).toMatchObject({
        messages: [{ role: 'user', content: { text: "Prompt with arguments: arg1='a', arg2='b'" } }]
      })
    })
  })
}
