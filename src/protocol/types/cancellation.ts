/** Giving up on a request. Spec: basic/utilities/cancellation. */
import { type Static, Type } from '@sinclair/typebox'
import { RequestId } from './jsonrpc.ts'
import { Meta } from './members.ts'

/** Which request is given up, and why, for logs and people. Spec: basic/utilities/cancellation, Cancellation Flow. */
export const CancelledParams = Type.Object({
  _meta: Type.Optional(Meta),
  requestId: RequestId,
  reason: Type.Optional(Type.String())
})
export type CancelledParams = Static<typeof CancelledParams>

/** The sender of a request no longer wants its answer. Spec: basic/utilities/cancellation, Cancellation Flow. */
export const CancelledNotification = Type.Object({
  method: Type.Literal('notifications/cancelled'),
  params: CancelledParams
})
export type CancelledNotification = Static<typeof CancelledNotification>
