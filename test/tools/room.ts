/** A bench whose tools are lent its clock, and what tests of limits look at. */
import { type Tools, type ToolsOptions, tools } from '../../src/tools/index.ts'
import { Bench } from '../support/bench.ts'
import { TestClock } from '../support/clock.ts'
import { type Gate, gate } from '../support/gate.ts'
import type { RecordingOutlet } from '../support/recording.ts'

/** A bench with nothing but tools. */
export function room(options: ToolsOptions = {}): { bench: Bench; mcp: Tools; clock: TestClock } {
  const clock = new TestClock()
  const { api, feature } = tools(50, { clock, ...options })
  return { bench: new Bench({ clock, features: [feature] }), mcp: api, clock }
}

/** A handler that holds every call until the test lets it go, and the names of those that have begun. */
export function holding(): {
  handler: (input: Record<string, unknown>) => Promise<string>
  begun: string[]
  let: (name: string) => void
} {
  const gates = new Map<string, Gate<string>>()
  const begun: string[] = []
  return {
    begun,
    handler: async (input) => {
      const name = String(input['name'])
      begun.push(name)
      const held = gate<string>()
      gates.set(name, held)
      return held.passed
    },
    let: (name) => gates.get(name)?.open(name)
  }
}

/** Any arguments. */
export const anything = { type: 'object' }

/** The text of a failed result; anything else is given as it came. */
export async function failure(call: RecordingOutlet): Promise<string> {
  const { message } = await call.ended
  return message?.result?.isError === true ? message.result.content[0].text : JSON.stringify(message)
}

/** The text of a result. */
export async function said(call: RecordingOutlet): Promise<string> {
  const { message } = await call.ended
  return message?.result?.isError === undefined ? message?.result?.content[0].text : JSON.stringify(message)
}
