/**
 * An ordered, paged, watchable set: whatever can be listed (tools, resources, templates, prompts).
 * Each entry keeps its listing as JSON text, printed once; a page that looks the same to everybody is kept whole.
 */
import { DeclarationError, ProtocolError, printable } from './errors.ts'
import type { Context, SessionView } from './handler.ts'
import type { ListName } from './machine.ts'
import { isLater, JsonText } from './ports.ts'
import { lackingScopes, scopeToken } from './principal.ts'

/** Something that is registered, as its owner holds it. Connected clients that could see it are told of every change. */
export interface Registration {
  /** The name, or the URI, under which it is listed. */
  readonly name: string
  /** Whether it is registered and may be used. */
  readonly enabled: boolean
  /** Hides it: it is on no list, and whoever asks for it is told that there is no such thing. False when it was so already. */
  disable(): boolean
  /** Brings it back to its old place. False when it was there, or has been removed. */
  enable(): boolean
  /** Takes it away for good; its name is free. False when it was gone. */
  remove(): boolean
}

/** Whether a session could see something; not given, every session could. It answers at once, with true or false. */
export type Visible = (session: SessionView) => boolean

/** The change of a list, for whoever could see what changed. */
export function listChange(list: ListName, visible: Visible | undefined): { list: ListName; visible?: Visible } {
  return visible === undefined ? { list } : { list, visible }
}

/** Who may see an entry and use it; everybody by default. */
export interface Access {
  /** Scopes that its users hold, all of them. It is on no list for others, who are answered 403 when they use it (AUTH-54). */
  scopes?: readonly string[] | undefined
  /**
   * Which sessions see it; to others there is no such thing. Answering with neither true nor false, such as with a promise, is a
   * fault like throwing: nothing is shown, the request fails, and the log says why.
   */
  visible?: Visible | undefined
}

/** Who looks: the request, with its principal. */
type Viewer = Pick<Context, 'session' | 'principal'>

interface Place<T> {
  /** Rises with every registration and is never used again: cursors point at it (PAGE-06). */
  order: number
  text: string
  scopes: readonly string[]
  visible: Visible | undefined
  enabled: boolean
  value: T
}

const unguarded: readonly string[] = []

function seenBy({ visible, scopes }: Pick<Place<unknown>, 'visible' | 'scopes'>): Visible | undefined {
  if (scopes.length === 0) return visible
  return (session) => lackingScopes(session.principal, scopes).length === 0 && visible?.(session) !== false
}

/** The same check, which takes nothing but true for true: a promise of false would be none. */
function decided(of: string, visible: Visible | undefined): Visible | undefined {
  if (visible === undefined) return undefined
  const wrong = `${of}: visible answers with true or false, and at once`
  if (Object.prototype.toString.call(visible) === '[object AsyncFunction]') throw new DeclarationError('visible', wrong)
  return (session) => {
    const answer: unknown = visible(session)
    if (typeof answer === 'boolean') return answer
    // what it comes to is nobody's, and must not end the process
    if (isLater(answer)) answer.then(undefined, () => undefined)
    throw new TypeError(wrong)
  }
}

export class Registry<T> {
  readonly #list: string
  readonly #pageSize: number
  readonly #open: boolean
  readonly #places = new Map<string, Place<T>>()
  readonly #pages = new Map<number, JsonText>()
  readonly #watchers = new Set<(visible: Visible | undefined) => void>()
  #orders = 0

  /**
   * `list` is the member that holds the entries in a result, such as `tools`; it also marks the cursors. Of an `open` one
   * nobody is verified: scopes would guard nothing, and declaring them is refused.
   */
  constructor(list: string, pageSize: number, open = false) {
    this.#list = list
    this.#pageSize = pageSize
    this.#open = open
  }

  /**
   * Adds an entry; `listing` is what lists show of it. Throws a DeclarationError for a key that is taken, for a scope that is
   * none, for scopes that nothing would check, for a `visible` that is asynchronous, and for a listing that is no JSON.
   */
  add(key: string, listing: object, value: T, { scopes = unguarded, visible }: Access = {}): Registration {
    this.#checkScopes(key, scopes)
    if (this.#places.has(key))
      throw new DeclarationError(
        'taken',
        `${this.#list}: "${key}" is registered already; remove it first or choose another name`
      )
    const of = `${this.#list}: "${key}"`
    const text = printable(listing)
    if (text === undefined)
      throw new DeclarationError('listing', `${of} cannot be listed: a ring or a big integer in it has no JSON`)
    const seen = decided(of, visible)
    this.#orders += 1
    const place = { order: this.#orders, text, scopes, visible: seen, enabled: true, value }
    this.#places.set(key, place)
    this.#changed(place)
    return this.#registration(key, place)
  }

  /** Removes an entry; false when there was none. */
  remove(key: string): boolean {
    const place = this.#places.get(key)
    if (place === undefined) return false
    this.#places.delete(key)
    if (place.enabled) this.#changed(place)
    return true
  }

  /** The entry, when this session may see it. Throws insufficientScope when the caller may not use it. */
  get(key: string, viewer: Viewer): T | undefined {
    const place = this.#places.get(key)
    if (place === undefined || !place.enabled || place.visible?.(viewer.session) === false) return undefined
    const lacking = lackingScopes(viewer.principal, place.scopes)
    if (lacking.length > 0) throw new ProtocolError('insufficientScope', { scopes: place.scopes })
    return place.value
  }

  /** Whether there is one of that name, whoever may see it. */
  has(key: string): boolean {
    return this.#places.has(key)
  }

  /** Which sessions could see an entry and use it; undefined when every one could, or there is none. */
  seen(key: string): Visible | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : seenBy(place)
  }

  /** How many there are, disabled ones with them: they may come back while a session lasts. */
  get size(): number {
    return this.#places.size
  }

  /** Entries in order, whoever may see them, disabled ones with them. */
  *values(): Generator<T> {
    for (const place of this.#places.values()) yield place.value
  }

  /** Told after every change of what was visible to whom; the answer takes the watcher away again. */
  watch(watcher: (visible: Visible | undefined) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /**
   * One page as the JSON text of a list result (server/utilities/pagination). A page goes on right after the entry
   * its cursor names, whatever was added or removed since. Throws wrongCursor.
   */
  page(cursor: string | undefined, viewer: Viewer): JsonText {
    const after = cursor === undefined ? 0 : this.#readCursor(cursor)
    const kept = this.#pages.get(after)
    if (kept !== undefined) return kept
    const texts: string[] = []
    let last = 0
    let more = false
    let shared = true
    for (const place of this.#places.values()) {
      if (place.order <= after || !place.enabled) continue
      if (place.visible !== undefined || place.scopes.length > 0) {
        shared = false
        if (lackingScopes(viewer.principal, place.scopes).length > 0) continue
        if (place.visible?.(viewer.session) === false) continue
      }
      if (texts.length === this.#pageSize) {
        more = true
        break
      }
      texts.push(place.text)
      last = place.order
    }
    const next = more ? `,"nextCursor":"${this.#printCursor(last)}"` : ''
    const page = new JsonText(`{"${this.#list}":[${texts.join(',')}]${next}}`)
    if (shared && this.#pages.size < 1000) this.#pages.set(after, page)
    return page
  }

  #printCursor(order: number): string {
    return Buffer.from(`${this.#list}:${order}`).toString('base64url')
  }

  #readCursor(cursor: string): number {
    const order = Number(
      Buffer.from(cursor, 'base64url')
        .toString('latin1')
        .slice(this.#list.length + 1)
    )
    const minted = Number.isInteger(order) && order > 0 && order <= this.#orders && this.#printCursor(order) === cursor
    if (!minted)
      throw new ProtocolError('wrongCursor', {
        expected: `a nextCursor of this list (${this.#list})`,
        received: cursor
      })
    return order
  }

  #registration(key: string, place: Place<T>): Registration {
    const present = (): boolean => this.#places.get(key) === place
    const turn = (enabled: boolean): boolean => {
      if (!present() || place.enabled === enabled) return false
      place.enabled = enabled
      this.#changed(place)
      return true
    }
    return {
      name: key,
      get enabled() {
        return present() && place.enabled
      },
      disable: () => turn(false),
      enable: () => turn(true),
      remove: () => present() && this.remove(key)
    }
  }

  #changed(place: Place<T>): void {
    this.#pages.clear()
    const seen = seenBy(place)
    for (const watcher of this.#watchers) watcher(seen)
  }

  #checkScopes(key: string, scopes: readonly string[]): void {
    if (!Array.isArray(scopes))
      throw new DeclarationError('scope', `${this.#list}: "${key}": scopes are a list, such as ['${String(scopes)}']`)
    const wrong = scopes.find((scope) => typeof scope !== 'string' || !scopeToken.test(scope))
    if (wrong !== undefined)
      throw new DeclarationError(
        'scope',
        `${this.#list}: "${key}" asks for the scope "${wrong}": a scope is printable ASCII without spaces, quotes and backslashes`
      )
    if (this.#open && scopes.length > 0)
      throw new DeclarationError(
        'scopes-without-auth',
        `${this.#list}: "${key}" asks for scopes, and this endpoint verifies nobody: give it \`auth\`, or \`auth: false\` to let everybody use everything`
      )
  }
}
