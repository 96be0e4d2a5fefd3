/** What was found at a server, one finding a check, in the order in which a client would meet it. */

/** `ok` is as it should be; `note` is nothing to mend; `warning` keeps some clients out, or is a risk; `problem` has to be mended. */
export type Level = 'ok' | 'note' | 'warning' | 'problem'

/** The stages of a client's way, in their order. */
export const areas = [
  'reach',
  'entrance',
  'challenge',
  'metadata',
  'issuer',
  'registration',
  'token',
  'session',
  'browser'
] as const

export type Area = (typeof areas)[number]

/** One check and what came of it. */
export interface Finding {
  area: Area
  /** Name of the check, such as `metadata/resource`. */
  check: string
  level: Level
  /** What is so, in a sentence. */
  says: string
  /** The URL, header or member that is meant. */
  where?: string
  expected?: string
  received?: string
  /** What to do. */
  mend?: string
  /** Requirements of the specification that are broken. */
  requirements?: string[]
}

/** What a finding says beside its sentence. */
export interface Detail {
  where?: string | undefined
  expected?: string | undefined
  received?: string | undefined
  mend?: string | undefined
  requirements?: string[] | undefined
}

export class Findings {
  readonly all: Finding[] = []

  ok(check: `${Area}/${string}`, says: string, detail: Detail = {}): void {
    this.#add('ok', check, says, detail)
  }

  note(check: `${Area}/${string}`, says: string, detail: Detail = {}): void {
    this.#add('note', check, says, detail)
  }

  warning(check: `${Area}/${string}`, says: string, detail: Detail = {}): void {
    this.#add('warning', check, says, detail)
  }

  problem(check: `${Area}/${string}`, says: string, detail: Detail = {}): void {
    this.#add('problem', check, says, detail)
  }

  /** Whether a check found something to mend. */
  wrong(check: `${Area}/${string}`): boolean {
    return this.all.some((finding) => finding.check === check && ['warning', 'problem'].includes(finding.level))
  }

  #add(level: Level, check: string, says: string, detail: Detail): void {
    const area = check.slice(0, check.indexOf('/')) as Area
    const told = Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== undefined))
    this.all.push({ area, check, level, says, ...told })
  }
}
