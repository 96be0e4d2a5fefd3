/** All traps that others fell into, with the tests that keep us out of them. */
import type { Trap, TrapId } from './trap.ts'
import { needTraps } from './traps-needs.ts'
import { otherTraps } from './traps-others.ts'
import { pluginTraps } from './traps-plugin.ts'
import { sdkTraps } from './traps-sdk.ts'

/** All rows by id. */
export const traps: Readonly<Record<TrapId, Trap>> = { ...pluginTraps, ...sdkTraps, ...otherTraps, ...needTraps }
