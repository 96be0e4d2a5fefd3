/** The ports that a door is given in its options, and hands on to the host. */
import { checkMembers, type Members } from './members.ts'
import type { LentPorts } from './ports.ts'

const members: Members<LentPorts> = { clock: 'object', ids: 'object', sessions: 'object', events: 'object' }

/** The ports that are lent. Throws a DeclarationError for a name that is none of them. */
export function readPorts(ports: LentPorts = {}): LentPorts {
  checkMembers('ports', ports, members)
  return ports
}
