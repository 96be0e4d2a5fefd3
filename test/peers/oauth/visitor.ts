/** A client that gets in by OAuth, whatever it is built on: what the scenarios need of it. */
import type { Noted } from '../peer.ts'
import { Browser, type Person } from './browser.ts'
import type { Wallet } from './wallet.ts'
import type { Wire } from './wire.ts'

export interface Visitor {
  readonly wallet: Wallet
  readonly wire: Wire
  /** Notifications that came. */
  readonly noted: Noted
  /** The session it is in. */
  readonly session: string | undefined
  /** Opens a session, whether or not it was in one. Rejects when somebody has to log in first: the wallet was told where. */
  open(): Promise<void>
  /** Goes on with the address that the browser was sent back to. */
  finish(back: URL): Promise<void>
  /** Names of the tools. */
  tools(): Promise<string[]>
  /** The text that a tool returns. */
  call(name: string): Promise<string>
  close(): Promise<void>
}

/** One kind of client. */
export interface Kind {
  readonly name: string
  visitor(url: URL, wallet?: Wallet): Visitor
}

/** A server to get into. */
export interface Place {
  /** The endpoint. */
  readonly url: URL
  /** Whose tokens it takes. */
  readonly issuer: string
}

/** A browser that visits the pages of a place, and no others. */
export function browserFor({ url, issuer }: Place): Browser {
  return new Browser(url.origin, new URL(issuer).origin)
}

/** The whole way in: asked to log in, and in. */
export async function enter(
  visitor: Visitor,
  place: Place,
  person: Person,
  browser = browserFor(place)
): Promise<void> {
  const refused = await visitor.open().then(
    () => undefined,
    (error: unknown) => error
  )
  if (refused === undefined) throw new Error('nobody was asked to log in')
  await logIn(visitor, person, browser, refused)
  await visitor.open()
}

/** Logs in where the client was told last. Throws `why` when it was not told. */
export async function logIn(visitor: Visitor, person: Person, browser: Browser, why?: unknown): Promise<void> {
  const asked = visitor.wallet.asked.at(-1)
  if (asked === undefined) throw why
  await visitor.finish(await browser.allow(asked, person))
}
