/** What a peer is claimed to do wrong: the known failures of its profile that a run has shown, put together by their reason. */
import type { Report, Result } from '../../src/conform/index.ts'
import { definitionUrl, pages, requirement } from '../../src/conform/requirements.ts'

/** A rule of the specification, as the page names it. */
export interface Rule {
  id: string
  level: string
  url: string
}

export interface Claim {
  /** The rules that the first of the cases and those like it are about. */
  rules: Rule[]
  /** What the peer does, in a sentence. */
  does: string
  /** The cases that show it, in the order of the run. */
  cases: Result[]
  /** How severe it is by the cases: `MUST` when one of them failed. */
  severity: 'MUST' | 'SHOULD'
}

/** The claims of a run, in the order of the specification, the worse ones first where two are about one page. */
export function claimsOf({ results }: Pick<Report, 'results'>): Claim[] {
  const byReason = new Map<string, Result[]>()
  for (const result of results) {
    const { known } = result
    if (known !== undefined) byReason.set(known, [...(byReason.get(known) ?? []), result])
  }
  return [...byReason]
    .map(([does, cases]): Claim => {
      const severity = cases.some(({ outcome }) => outcome === 'fail') ? 'MUST' : 'SHOULD'
      return { rules: rulesOf(cases), does, cases, severity }
    })
    .sort((one, other) => place(one) - place(other) || one.severity.localeCompare(other.severity))
}

/** The first rule of each case, each once. */
function rulesOf(cases: readonly Result[]): Rule[] {
  const rules = cases.map((result) => ruleOf(result))
  return rules.filter(({ id }, index) => rules.findIndex((rule) => rule.id === id) === index)
}

/** The first rule of a case; of one that fails the first that a failure can be about. */
function ruleOf({ id, outcome, requirements }: Result): Rule {
  const rules = requirements.flatMap((one) => requirement(one) ?? [])
  const binding = rules.find(({ level }) => level !== 'MAY' && !level.startsWith('SHOULD'))
  const known = (outcome === 'fail' ? binding : undefined) ?? rules[0]
  if (known !== undefined) return known
  const definition = id.slice(id.lastIndexOf('/') + 1)
  return { id: definition, level: 'SCHEMA', url: definitionUrl(definition) }
}

/** Where the page of the first rule stands in the specification; what is on none comes last. */
function place({ rules }: Claim): number {
  const url = rules[0]?.url.split('#')[0]
  const index = pages().findIndex((page) => page.url === url)
  return index < 0 ? pages().length : index
}
