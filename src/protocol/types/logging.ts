/** Log messages a server sends to its client. Spec: server/utilities/logging. */
import { type Static, Type } from '@sinclair/typebox'
import { RequestMeta } from './jsonrpc.ts'
import { Meta } from './members.ts'

/** The severities of RFC 5424, the least severe first. Spec: server/utilities/logging, Log Levels. */
export const loggingLevels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const

/** How severe a log message is. Spec: server/utilities/logging, Log Levels. */
export const LoggingLevel = Type.Unsafe<(typeof loggingLevels)[number]>(
  Type.Union(loggingLevels.map((level) => Type.Literal(level)))
)
export type LoggingLevel = Static<typeof LoggingLevel>

/** The least severity the client wants to hear of. Spec: server/utilities/logging, Setting Log Level. */
export const SetLevelParams = Type.Object({
  _meta: Type.Optional(RequestMeta),
  level: LoggingLevel
})
export type SetLevelParams = Static<typeof SetLevelParams>

/** Asks the server to log from one severity on. Spec: server/utilities/logging, Setting Log Level. */
export const SetLevelRequest = Type.Object({
  method: Type.Literal('logging/setLevel'),
  params: SetLevelParams
})
export type SetLevelRequest = Static<typeof SetLevelRequest>

/**
 * One log entry; `data` is any JSON value, and there always is one.
 * Spec: server/utilities/logging, Log Message Notifications.
 */
export const LoggingMessageParams = Type.Object({
  _meta: Type.Optional(Meta),
  level: LoggingLevel,
  logger: Type.Optional(Type.String()),
  data: Type.Unknown()
})
export type LoggingMessageParams = Static<typeof LoggingMessageParams>

/** Something the server logged. Spec: server/utilities/logging, Log Message Notifications. */
export const LoggingMessageNotification = Type.Object({
  method: Type.Literal('notifications/message'),
  params: LoggingMessageParams
})
export type LoggingMessageNotification = Static<typeof LoggingMessageNotification>
