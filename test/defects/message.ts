/** JSON-RPC messages as a fault sees and changes them: nothing about them is taken for granted. */

import { at, type Json } from '../../src/conform/json.ts'
import { isObject } from '../../src/protocol/frame.ts'

export type Members = { [member: string]: Json }

/** One message; the members are named for convenience and may be of any type, or be missing. */
export interface Message {
  [member: string]: Json
}

/** A change to a message, made in place. */
export type Edit = (message: Message) => void

/** What `change` returns to take a member away. */
export const gone = Symbol('gone')

/** What a change makes of the value that a path leads to, which is undefined where there is none. */
export type Change = (found: Json | undefined) => Json | typeof gone | undefined

/**
 * Changes what a path leads to. A path is a JSON pointer in which `*` is every element or member. Where the last step
 * leads to nothing the change decides: undefined leaves it so. Where an earlier one does, nothing happens.
 */
export function edit(path: string, change: Change): Edit {
  const steps = path.split('/').slice(1)
  return (message) => walk(message, steps, change)
}

/** Puts a value at a path, whether there was one or not. */
export function put(path: string, value: Json): Edit {
  return edit(path, () => structuredClone(value))
}

/** Takes away what a path leads to. */
export function remove(path: string): Edit {
  return edit(path, () => gone)
}

/** Moves a member of an object to another name of the same object. */
export function rename(path: string, name: string): Edit {
  const cut = path.lastIndexOf('/')
  const from = path.slice(cut + 1)
  return edit(path.slice(0, cut), (found) => {
    if (!isObject(found) || !Object.hasOwn(found, from)) return found as Json
    const { [from]: value, ...rest } = found as Members
    return { ...rest, [name]: value as Json }
  })
}

function walk(value: Json | undefined, [step, ...rest]: string[], change: Change): void {
  if (typeof value !== 'object' || value === null || step === undefined) return
  const holder = value as Members
  const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
  for (const name of key === '*' ? Object.keys(holder) : [key]) {
    if (rest.length > 0) walk(Object.hasOwn(holder, name) ? holder[name] : undefined, rest, change)
    else alter(holder, name, change)
  }
}

function alter(holder: Members, name: string, change: Change): void {
  const made = change(Object.hasOwn(holder, name) ? holder[name] : undefined)
  if (made === undefined) return
  if (made !== gone) holder[name] = made
  else if (Array.isArray(holder)) holder.splice(Number(name), 1)
  else delete holder[name]
}

/** A message of the client that wants an answer, or a question of the server. */
export function isRequest(message: Message): boolean {
  return typeof message['method'] === 'string' && 'id' in message
}

export function isNotification(message: Message): boolean {
  return typeof message['method'] === 'string' && !('id' in message)
}

export function isResponse(message: Message): boolean {
  return !('method' in message) && ('result' in message || 'error' in message)
}

/** The id of a message as a key: `1` and `"1"` differ. */
export function idOf(message: Message): string {
  return JSON.stringify(message['id'] ?? null)
}

/** An error response. */
export function errorTo(request: Message, code: Json, text: string, data?: Json): Message {
  const error: Members = { code, message: text, ...(data === undefined ? {} : { data }) }
  return { jsonrpc: '2.0', id: request['id'] ?? null, error }
}

/** A result. */
export function resultTo(request: Message, result: Json): Message {
  return { jsonrpc: '2.0', id: request['id'] ?? null, result }
}

/** The name of the tool that a request calls. */
export function toolOf(request: Message | undefined): Json | undefined {
  return request?.['method'] === 'tools/call' ? at('/params/name', request) : undefined
}
