/**
 * The requirement: a row of spec-fixtures/requirements.json as the checker reads it, and which rows a corpus has to cover
 * (the conventions stand at the top of that file).
 */
import type { Requirement as Cited } from '../../src/conform/requirements.ts'

/** A row of the index; ids are frozen. */
export interface Requirement extends Omit<Cited, 'url'> {
  side: 'client' | 'server' | 'both'
  observable: 'wire' | 'wire-with-help' | 'internal'
  basis: string
  needs?: string
  note?: string
  /** The row that this one restates. */
  same_as?: string
  /** Who has to be more than a server for it to hold. */
  role?: string
  /** Why no case can exist. */
  no_case?: string
}

/** Bases on which a breach is a breach; anything else is advice. */
const worded: readonly string[] = ['text', 'schema', 'json-rpc', 'sse', 'oauth']

/** How strong a level is: 0 grants, 1 advises, 2 binds. An unknown level binds, so that it is looked at. */
export function strength(level: string): 0 | 1 | 2 {
  if (level === 'MAY' || level === 'OPTIONAL') return 0
  return level.startsWith('SHOULD') || level === 'RECOMMENDED' ? 1 : 2
}

export function isWorded({ basis }: Requirement): boolean {
  return worded.includes(basis)
}

export function bindsServer({ side }: Requirement): boolean {
  return side !== 'client'
}

/** Why a requirement of the server need not have a case; undefined when it must. */
export function beyond(requirement: Requirement): string | undefined {
  const { observable, same_as: other, role, level, basis } = requirement
  if (other !== undefined) return `restates ${other}`
  if (observable === 'internal') return 'cannot be seen from outside'
  if (role !== undefined) return `only for a server that is ${role === 'proxy' ? 'a proxy' : `an ${role}`}`
  if (strength(level) === 0) return 'grants a choice'
  return isWorded(requirement) ? undefined : `advice (${basis})`
}

/** Rules about authorization that do not stand on its page: they need tokens. */
const needTokens: readonly string[] = [
  'SECBP-30',
  'SECBP-31',
  'SECBP-34',
  'RES-40',
  'RES-42',
  'TOOLS-40',
  'COMP-26',
  'COMP-27'
]

/** Whether a rule is about authorization, and so waits until the corpus has an area `authorization`. */
export function isAboutAuthorization({ id, page }: Requirement): boolean {
  return page === 'basic/authorization' || id.startsWith('AUTH-') || needTokens.includes(id)
}
