/** The ports that a door is given in its options, and hands on to the host. */
import { DeclarationError } from './errors.ts'
import { checkMembers, type Members } from './members.ts'
import type { LentPorts } from './ports.ts'

const members: Members<LentPorts> = { clock: 'port', ids: 'port', sessions: 'port', events: 'port' }

/** What each port can do at the least. */
const needed = {
  clock: ['now', 'after'],
  ids: ['session', 'stream', 'request'],
  sessions: ['create', 'read', 'change', 'remove', 'touch', 'onExpired', 'close'],
  events: ['append', 'end', 'after', 'forget']
} as const satisfies { [K in keyof LentPorts]-?: readonly (keyof NonNullable<LentPorts[K]>)[] }

/** The ports that are lent. Throws a DeclarationError for a name that is none of them, and for a port that lacks something. */
export function readPorts(ports: LentPorts = {}): LentPorts {
  checkMembers('ports', ports, members)
  for (const [name, functions] of Object.entries(needed)) {
    const port = ports[name as keyof LentPorts] as Record<string, unknown> | undefined
    const lacking = port === undefined ? [] : functions.filter((one) => typeof port[one] !== 'function')
    if (lacking.length > 0) throw new DeclarationError('option', `ports: ${name} has no function ${lacking.join(', ')}`)
  }
  return ports
}
