/** What a room (tools, resources, prompts) hands over: its methods by name, and what follows from what is registered. */

import { DeclarationError } from './errors.ts'
import type { JsonFlow } from './flow.ts'
import type { Context, SessionView } from './handler.ts'
import type { ListName } from './machine.ts'
import type { Awaitable, JsonText } from './ports.ts'
import type { Visible } from './registry.ts'
import type { SessionChange } from './session.ts'
import type { CompleteParams, ServerCapabilities } from './types/index.ts'

/** The context of a call, and what only rooms may do with it. */
export interface Call extends Context {
  /** Changes the session record. */
  remember(change: SessionChange): Awaitable<void>
}

/** Serves one method. Params have passed the method's schema. Throws a ProtocolError to refuse. */
// biome-ignore lint/suspicious/noExplicitAny: params are what the method table found them to be
export type MethodFunction = (params: any, call: Call) => Awaitable<object | JsonText | JsonFlow>

/** Suggests values for one argument; undefined when the reference names nothing that exists. */
export type Completer = (params: CompleteParams, call: Call) => Awaitable<readonly string[] | undefined>

/** Something happened that sessions may have to hear of. */
export type Change = { list: ListName; visible?: Visible } | { uri: string; visible?: Visible }

export interface Feature {
  readonly methods: Readonly<Record<string, MethodFunction>>
  /** The capabilities to offer a session that begins now: derived from what is registered. */
  capabilities(): ServerCapabilities
  /** Completers by `ref.type`. */
  readonly completers?: Readonly<Record<string, Completer>>
  /** Registers who is told of changes. */
  watch(watcher: (change: Change) => void): void
}

/** Completion of an argument: every suggestion, or those for what was typed so far. `arguments` has those that are settled. */
export type Complete<Name extends string = string> = (
  value: string,
  context: { arguments: { readonly [K in Name]?: string }; session: SessionView }
) => Awaitable<readonly string[]>

/**
 * Declared completions by name; a map, so that a name like `__proto__` finds nothing.
 * Throws a DeclarationError for one that is no function; `of` says whose they are.
 */
export function completers(
  of: string,
  declared: { [name: string]: Complete | undefined }
): ReadonlyMap<string, Complete> {
  const entries = Object.entries(declared).filter((entry): entry is [string, Complete] => entry[1] !== undefined)
  const wrong = entries.find(([, complete]) => typeof complete !== 'function')
  if (wrong !== undefined)
    throw new DeclarationError('complete', `${of}: complete.${wrong[0]} is a function that gives suggestions`)
  return new Map(entries)
}

/** What a declared completion suggests; nothing where there is none, or it has nothing to say. */
export async function suggestions(
  complete: Complete | undefined,
  { argument, context }: CompleteParams,
  call: Call
): Promise<readonly string[]> {
  return (await complete?.(argument.value, { arguments: context?.arguments ?? {}, session: call.session })) ?? []
}

/** Throws a DeclarationError for a handler that could not be called; `of` says whose it is. */
export function checkHandler(of: string, handler: unknown): void {
  if (typeof handler !== 'function')
    throw new DeclarationError('handler', `${of}: its handler is a function, given after its options`)
}
