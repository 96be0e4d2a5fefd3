/**
 * Defect servers for other processes: the runner in Python, and whoever wants to see what a fault looks like.
 *
 *   npx tsx test/defects/serve.ts --list                     the faults as JSON
 *   npx tsx test/defects/serve.ts --fault NAME [--port N]    one fault, or `none`, at /mcp; prints the address, and on a second
 *                                                            line the token that a server behind a door wants
 *   npx tsx test/defects/serve.ts --all [--port N]           every fault at /NAME/mcp; prints the address before NAME
 *   npx tsx test/defects/serve.ts --stdio --fault NAME       one fault on stdin and stdout
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { Fault } from './fault.ts'
import { serveAll, serveFault } from './front.ts'
import { areas, faults } from './index.ts'
import { LineFront } from './line-front.ts'

const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    port: { type: 'string', default: '0' },
    list: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    stdio: { type: 'boolean', default: false }
  }
})

if (values.list) list()
else if (values.all) await serve(() => serveAll(faults, Number(values.port)))
else if (values.stdio) await serveStdio(named(values.fault))
else await serve(() => serveFault(named(values.fault), Number(values.port)))

function list(): void {
  const all = Object.entries(areas).flatMap(([area, ofArea]) =>
    ofArea.map(({ name, says, requirements, level, transports }) => ({
      name,
      area,
      says,
      requirements,
      level,
      transports
    }))
  )
  process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
}

/** The fault of that name; `none` is none. */
function named(name: string | undefined): Fault | undefined {
  const fault = faults.find((one) => one.name === name)
  if (fault !== undefined || name === 'none') return fault
  process.stderr.write(
    `${name === undefined ? 'Which fault? Say --fault NAME' : `There is no fault "${name}"`}; --list shows all.\n`
  )
  process.exit(2)
}

async function serve(start: () => Promise<{ url: string; tokens?: unknown; close(): Promise<void> }>): Promise<void> {
  const served = await start()
  const valid = (served.tokens as { valid?: unknown } | undefined)?.valid
  process.stdout.write(`${served.url}\n${typeof valid === 'string' ? `${valid}\n` : ''}`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await served.close()
}

async function serveStdio(fault: Fault | undefined): Promise<void> {
  const front = new LineFront(fault)
  front.onLine((line) => process.stdout.write(`${line}\n`))
  const input = createInterface({ input: process.stdin, crlfDelay: 0 })
  input.on('line', (line) => front.line(line))
  input.on('close', () => front.eof())
  const { code, signal } = await front.exited
  if (signal !== null) process.kill(process.pid, signal as NodeJS.Signals)
  else process.exitCode = code ?? 0
}
