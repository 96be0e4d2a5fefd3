/**
 * Redaction: a report without anything that opens a door, so that its files can be shown to anybody.
 *
 * Rules of this file:
 * - headers and members that carry credentials are `[token]`, whatever they hold; so are such members of a URL's query;
 * - what the user gave (tokens, header values) is `[token]` wherever it occurs in a string of the report;
 * - a session id that a server gave is `[session N]` wherever it occurs, also in another case than its own;
 * - a session id that a case made up is blanked within that case only: it may be a word such as `constructor`;
 * - N counts the sessions of one case in the order they appear in it, so a report does not change with the cases beside;
 * - a value under 8 characters is replaced as a word, one under 4 where it is a whole string or stands in quotes:
 *   else the session id `1` would take every number with it.
 */
import type { Json } from './json.ts'
import type { Frame } from './peer.ts'
import { Needles } from './report/needles.ts'
import type { Report, Result } from './report.ts'

/** What stands in place of a credential. */
const token = '[token]'

/** Headers of which nothing may be shown. */
const secretHeader = /^(authorization|proxy-authorization|cookie|set-cookie|.*(token|secret|api-?key|password).*)$/i

/** Members of a JSON value; narrower, since `progressToken` is no secret. */
const secretMember =
  'authorization|proxy-authorization|cookie|set-cookie|access_token|refresh_token|id_token|client_secret'
const secretName = new RegExp(`^(?:${secretMember})$`, 'i')
/** The same members in the text of a message; of JSON within JSON the quotes are escaped. */
const secretText = new RegExp(String.raw`(\\*")(${secretMember})\1(\s*:\s*)\1(?:(?!\1)[^])*\1`, 'gi')

const secretQuery = /([?&][^=&#\s]*(?:token|secret|key|password|code)[^=&#\s]*=)[^&#\s"]+/gi
const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s@"]+@/gi
const sessionHeader = 'mcp-session-id'
/** What this file itself wrote; a session id has no spaces. */
const written = /^\[session \d+\]/

/**
 * The report without its secrets. `secrets` are what the user handed to the runner: tokens and the values of headers; of
 * `Bearer abc` the `abc` counts by itself, too. Deterministic; the given report is left as it is.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { conform, redact } from 'handwire/conform'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * const report = await conform(app, { only: ['ping/answer'], headers: { authorization: 'Bearer 0123456789' } })
 * assert.ok(JSON.stringify(report).includes('0123456789'))
 * assert.ok(!JSON.stringify(redact(report, ['Bearer 0123456789'])).includes('0123456789'))
 * await app.close()
 * ```
 */
export function redact(report: Report, secrets: readonly string[] = []): Report {
  const given = new Needles(secrets.flatMap(credentials))
  const live = new Needles(report.results.flatMap(({ frames }) => sessionIds(frames, 'server')))
  const { results, ...rest } = report
  const outside = new Blanks(given, live, [])
  return {
    ...outside.members(rest),
    target: outside.address(report.target),
    results: results.map((result) => new Blanks(given, live, result.frames).result(result))
  }
}

function credentials(secret: string): string[] {
  const bare = /^\S+\s+(\S+)$/.exec(secret)?.[1]
  return bare === undefined ? [secret] : [secret, bare]
}

/** The session ids in the headers of frames; a header that was given twice holds several. */
function sessionIds(frames: readonly Frame[], from: Frame['from']): string[] {
  return frames
    .filter((frame) => frame.from === from)
    .flatMap((frame) => Object.entries(frame.request?.headers ?? frame.answer?.headers ?? {}))
    .filter(([name]) => name.toLowerCase() === sessionHeader)
    .flatMap(([, value]) => value.split(','))
    .map((id) => id.trim())
    .filter((id) => id !== '' && !written.test(id))
}

/** What is blanked in one case, and the names its sessions got so far. */
class Blanks {
  readonly #given: Needles
  readonly #live: Needles
  readonly #invented: Needles
  readonly #names = new Map<string, string>()

  constructor(given: Needles, live: Needles, frames: readonly Frame[]) {
    this.#given = given
    this.#live = live
    // a made-up id may be a live one with something added: that shows best as it is
    const known = (id: string): boolean => live.replace(id, () => '') !== id
    this.#invented = new Needles(sessionIds(frames, 'client').filter((id) => !known(id)))
  }

  /** Frames first: they number the sessions as they were seen. What the corpus says of the case stays as it is. */
  result(result: Result): Result {
    const { id, area, title, level, outcome, requirements, frames: given, ...told } = result
    const frames = given.map((frame) => this.#frame(frame))
    return { id, area, title, level, outcome, requirements, ...this.members(told), frames }
  }

  /** The same object with every string in it blanked. */
  members<T extends object>(value: T): T {
    return this.#value(value as Json) as T
  }

  address(url: string): string {
    return this.#text(url.replace(userInfo, `$1${token}@`).replace(secretQuery, `$1${token}`))
  }

  #value(value: Json, name = ''): Json {
    if (typeof value === 'string') {
      if (secretName.test(name)) return token
      return name.toLowerCase() === sessionHeader ? this.#session(value) : this.#text(value)
    }
    if (Array.isArray(value)) return value.map((item) => this.#value(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.#text(key), this.#value(item, key)]))
  }

  #text(text: string): string {
    const named = (id: string): string => this.#name(id)
    const shown = this.#given.replace(text.replace(secretText, `$1$2$1$3$1${token}$1`), () => token)
    return this.#invented.replace(this.#live.replace(shown, named), named)
  }

  #frame(frame: Frame): Frame {
    const { request, answer, ...rest } = frame
    const shown: Frame = this.members(rest)
    if (request !== undefined)
      shown.request = { ...request, url: this.address(request.url), headers: this.#headers(request.headers) }
    if (answer !== undefined) shown.answer = { ...answer, headers: this.#headers(answer.headers) }
    return shown
  }

  #headers(headers: Record<string, string>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => {
        if (secretHeader.test(name)) return [name, token]
        if (name.toLowerCase() === sessionHeader) return [name, this.#session(value)]
        // the query of a location carries codes and tokens
        return [name, this.address(value)]
      })
    )
  }

  /** The value of the session header: blanked whatever its length. */
  #session(value: string): string {
    if (written.test(value)) return value
    const shown = this.#text(value)
    return shown === value ? value.replace(/[^,\s][^,]*/g, (id) => this.#name(id.trim())) : shown
  }

  #name(id: string): string {
    const name = this.#names.get(id) ?? `[session ${this.#names.size + 1}]`
    this.#names.set(id, name)
    return name
  }
}
