/** Lists told a page at a time. Spec: server/utilities/pagination. */
import { type Static, Type } from '@sinclair/typebox'
import { RequestMeta } from './jsonrpc.ts'
import { Meta } from './members.ts'

/** A place in a list that only its server can read. Spec: server/utilities/pagination, Pagination Model. */
export const Cursor = Type.String({ title: 'Cursor' })
export type Cursor = Static<typeof Cursor>

/** Where the wanted page begins; the first page when absent. Spec: server/utilities/pagination, Request Format. */
export const PaginatedParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  cursor: Type.Optional(Cursor)
})
export type PaginatedParams = Static<typeof PaginatedParams>

/** What all list requests have in common. Spec: server/utilities/pagination, Request Format. */
export const PaginatedRequest = Type.Object({
  method: Type.String(),
  params: Type.Optional(PaginatedParams)
})
export type PaginatedRequest = Static<typeof PaginatedRequest>

/**
 * What all list results have in common; no `nextCursor` means no more pages.
 * Spec: server/utilities/pagination, Response Format.
 */
export const PaginatedResult = Type.Object({
  _meta: Type.Optional(Meta),
  nextCursor: Type.Optional(Cursor)
})
export type PaginatedResult = Static<typeof PaginatedResult>
