/**
 * Records real peers on loopback and grows cases from what they said (format page, 8):
 *
 *   npx tsx scripts/record-fixtures.ts [NAME…]            records, grows and checks every session whose name contains one
 *   npx tsx scripts/record-fixtures.ts --derive [NAME…]   grows the cases again from the captures that are there
 *
 * A session is recorded three times; it is kept only when the three agree after normalising. What was written into a case
 * by hand (title, level, kind, requirements, edits) is kept. Exit: 0 all well, 1 something disagreed or failed its check.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { corpusDirectory, type Fixture, fixtureCheck, readMetaSchema } from '../src/conform/fixture.ts'
import { httpTarget } from '../src/conform/http-peer.ts'
import { processTarget } from '../src/conform/process.ts'
import { grow, handOf } from '../src/conform/record/grow.ts'
import { replay } from '../src/conform/replay.ts'
import { socketExchange } from '../src/conform/socket.ts'
import { definitionsOf } from '../src/conform/structure.ts'
import { recordSurely } from './record/recorder.ts'
import {
  type CommandServer,
  commandServers,
  type RunningServer,
  startEverything,
  startReference
} from './record/servers.ts'
import { type Session, sessions } from './record/sessions.ts'

const fileOf = (name: string, suffix: string): string =>
  fileURLToPath(new URL(`recordings/${name}.${suffix}`, corpusDirectory))

const check = fixtureCheck(await readMetaSchema())
const definitions = definitionsOf(JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8')))

type Recorded = RunningServer | CommandServer

/** Grows the case of a capture that is on disk. */
function derive(name: string): Fixture {
  const file = fileOf(name, 'json')
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Fixture) : undefined
  const { fixture, text, loosened, notes } = grow(
    readFileSync(fileOf(name, 'jsonl'), 'utf8'),
    `recordings/${name}`,
    handOf(before)
  )
  check(fixture, file)
  writeFileSync(file, text)
  const words = [`loosened: ${loosened.join(', ') || 'nothing'}`, ...notes]
  process.stdout.write(`${name}: ${fixture.steps.length} steps; ${words.join('; ')}\n`)
  return fixture
}

async function checkAgainst(server: Recorded, fixture: Fixture, allowed: string[]): Promise<boolean> {
  const { exchange, close } = socketExchange()
  const target =
    'url' in server ? httpTarget({ url: server.url, exchange }) : processTarget({ command: server.command })
  const { outcome, reason, structure } = await replay(fixture, target, { definitions, timeFactor: 4 })
  close()
  const faults = structure.faults.map(({ definition, message }) => `${definition} ${message}`)
  process.stdout.write(
    `  ${server.name.name}: ${outcome}${reason === undefined ? '' : ` (${reason})`} ${faults.join('; ')}\n`
  )
  return allowed.includes(outcome)
}

const [deriveOnly, wanted] = [
  process.argv.includes('--derive'),
  process.argv.slice(2).filter((word) => !word.startsWith('--'))
]
const chosen = sessions.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
let failures = chosen.length === 0 ? 1 : 0
if (deriveOnly) {
  for (const { name } of chosen) derive(name)
} else {
  const running = { reference: await startReference(), everything: await startEverything() }
  const servers: Record<Session['transport'], Record<Session['server'], Recorded>> = {
    http: running,
    stdio: commandServers()
  }
  const date = new Date().toISOString().slice(0, 10)
  for (const session of chosen) {
    try {
      const own = servers[session.transport]
      const capture = await recordSurely(session, own[session.server], date)
      mkdirSync(dirname(fileOf(session.name, 'jsonl')), { recursive: true })
      writeFileSync(fileOf(session.name, 'jsonl'), capture)
      const fixture = derive(session.name)
      if (!(await checkAgainst(own[session.server], fixture, ['pass']))) failures++
      if (session.server !== 'reference' && !(await checkAgainst(own.reference, fixture, ['pass', 'skip']))) failures++
    } catch (error) {
      failures++
      process.stderr.write(`${session.name}: ${(error as Error).stack}\n`)
    }
  }
  await Promise.all([running.reference.stop(), running.everything.stop()])
}
process.exitCode = failures === 0 ? 0 : 1
