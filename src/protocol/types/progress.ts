/** Progress of a running request. Spec: basic/utilities/progress. */
import { type Static, Type } from '@sinclair/typebox'
import { Meta } from './members.ts'

/** What a sender puts in a request's `_meta` to be told how it goes. Spec: basic/utilities/progress, Progress Flow. */
export const ProgressToken = Type.Union([Type.String(), Type.Integer()], {
  title: 'ProgressToken'
})
export type ProgressToken = Static<typeof ProgressToken>

/**
 * How far a request has come; `progress` only grows, `total` may be unknown.
 * Spec: basic/utilities/progress, Progress Flow.
 */
export const ProgressParams = Type.Object({
  _meta: Type.Optional(Meta),
  progressToken: ProgressToken,
  progress: Type.Number(),
  total: Type.Optional(Type.Number()),
  message: Type.Optional(Type.String())
})
export type ProgressParams = Static<typeof ProgressParams>

/** Tells the side that sent a token how far its request has come. Spec: basic/utilities/progress, Progress Flow. */
export const ProgressNotification = Type.Object({
  method: Type.Literal('notifications/progress'),
  params: ProgressParams
})
export type ProgressNotification = Static<typeof ProgressNotification>
