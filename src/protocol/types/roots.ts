/** The places a client lets a server work in. Spec: client/roots. */
import { type Static, Type } from '@sinclair/typebox'
import { NotificationParams, RequestParams } from './jsonrpc.ts'
import { Meta } from './members.ts'

/** One such place; its address is a file:// URI in this revision. Spec: client/roots, Root. */
export const Root = Type.Object({
  uri: Type.String(),
  name: Type.Optional(Type.String()),
  _meta: Type.Optional(Meta)
})
export type Root = Static<typeof Root>

/** Nothing but metadata. Spec: client/roots, Listing Roots. */
export const ListRootsParams = RequestParams
export type ListRootsParams = Static<typeof ListRootsParams>

/** Asks the client for its roots. Spec: client/roots, Listing Roots. */
export const ListRootsRequest = Type.Object({
  method: Type.Literal('roots/list'),
  params: Type.Optional(ListRootsParams)
})
export type ListRootsRequest = Static<typeof ListRootsRequest>

/** All roots of a client, unpaged. Spec: client/roots, Listing Roots. */
export const ListRootsResult = Type.Object({
  _meta: Type.Optional(Meta),
  roots: Type.Array(Root)
})
export type ListRootsResult = Static<typeof ListRootsResult>

/** The client's roots are no longer what they were. Spec: client/roots, Root List Changes. */
export const RootsListChangedNotification = Type.Object({
  method: Type.Literal('notifications/roots/list_changed'),
  params: Type.Optional(NotificationParams)
})
export type RootsListChangedNotification = Static<typeof RootsListChangedNotification>
