/** The revision table: one row per dated edition of the protocol that handwire serves; a second row brings the first columns for what differs. */
export interface RevisionRow {
  revision: string
}

/** Newest first; the first row answers clients that ask for a revision we do not serve (LIFE-15, LIFE-16). */
export const revisions = [{ revision: '2025-06-18' }] as const satisfies readonly RevisionRow[]

export type Revision = (typeof revisions)[number]['revision']

/**
 * The revision that answers a request for `asked`: itself when served, else the newest we serve.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { negotiate } from 'handwire/protocol'
 *
 * assert.equal(negotiate('2025-06-18'), '2025-06-18')
 * assert.equal(negotiate('1999-01-01'), '2025-06-18')
 * ```
 */
export function negotiate(asked: string): Revision {
  return revisions.find((row) => row.revision === asked)?.revision ?? revisions[0].revision
}
