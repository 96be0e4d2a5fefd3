/** The selection: which cases of a corpus a run takes (fixture format, the runner). */
import type { Fixture } from './fixture.ts'

export interface Selection {
  /** Globs over ids; a case is taken when one fits. `*` stays within a part, `**` does not; a folder stands for all it holds. */
  only?: readonly string[]
  /** The lowest level taken; default MAY, so all. */
  level?: Fixture['level']
  /** Only cases that can run there. */
  transport?: 'http' | 'stdio'
}

const levels: readonly Fixture['level'][] = ['MAY', 'SHOULD', 'MUST']

/** The cases that fit, in their order. */
export function select(fixtures: readonly Fixture[], { only = [], level = 'MAY', transport }: Selection): Fixture[] {
  const globs = only.map(globOf)
  return fixtures.filter(
    (fixture) =>
      (globs.length === 0 || globs.some((glob) => glob.test(fixture.id))) &&
      levels.indexOf(fixture.level) >= levels.indexOf(level) &&
      (transport === undefined || fixture.transports.includes(transport))
  )
}

/** The expression a glob stands for. `tools`, `tools/` and `tools/**` are the same. */
export function globOf(glob: string): RegExp {
  const parts = glob.replace(/\/+$/, '').split(/(\*\*|\*|\?)/)
  const words: Record<string, string> = { '**': '.*', '*': '[^/]*', '?': '[^/]' }
  const body = parts.map((part) => words[part] ?? part.replace(/[.+^${}()|[\]\\]/g, '\\$&')).join('')
  return new RegExp(`^${body}(/.*)?$`, 'u')
}
