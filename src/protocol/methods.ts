/**
 * The method table: one row per request and notification that a server may be sent (schema: ClientRequest,
 * ClientNotification; BASE-07, BASE-08). Absence from the table is how a method is unknown.
 */
import type { TSchema } from '@sinclair/typebox'
import type { ErrorName } from './errors.ts'
import { compileLater, type Validator } from './schema.ts'
import {
  CallToolParams,
  CancelledParams,
  CompleteParams,
  GetPromptParams,
  InitializeParams,
  NotificationParams,
  PaginatedParams,
  ProgressParams,
  ReadResourceParams,
  RequestParams,
  type ServerCapabilities,
  SetLevelParams,
  SubscribeParams,
  UnsubscribeParams
} from './types/index.ts'

export interface MethodRow {
  /** Compiled at the first use. */
  params: () => Validator<unknown>
  /** Whether the request makes sense without params. */
  bare: boolean
  /** The capability the server must have offered, and its member where one is needed. */
  needs?: { capability: keyof ServerCapabilities; member?: 'subscribe' }
  /** The row of the error table that bad params earn. */
  wrong: ErrorName
}

const row = (
  params: TSchema,
  bare: boolean,
  needs?: keyof ServerCapabilities,
  wrong: ErrorName = 'invalidParams'
): MethodRow => {
  const validator = compileLater(params)
  return needs === undefined
    ? { params: validator, bare, wrong }
    : { params: validator, bare, needs: { capability: needs }, wrong }
}

const subscription = (params: TSchema): MethodRow => ({
  ...row(params, false, 'resources'),
  needs: { capability: 'resources', member: 'subscribe' }
})

/** Requests a client may send. */
export const requestMethods: ReadonlyMap<string, MethodRow> = new Map(
  Object.entries({
    initialize: row(InitializeParams, false, undefined, 'incompleteInitialize'),
    ping: row(RequestParams, true),
    'tools/list': row(PaginatedParams, true, 'tools'),
    'tools/call': row(CallToolParams, false, 'tools'),
    'resources/list': row(PaginatedParams, true, 'resources'),
    'resources/templates/list': row(PaginatedParams, true, 'resources'),
    'resources/read': row(ReadResourceParams, false, 'resources'),
    'resources/subscribe': subscription(SubscribeParams),
    'resources/unsubscribe': subscription(UnsubscribeParams),
    'prompts/list': row(PaginatedParams, true, 'prompts'),
    'prompts/get': row(GetPromptParams, false, 'prompts'),
    'completion/complete': row(CompleteParams, false, 'completions'),
    'logging/setLevel': row(SetLevelParams, false, 'logging', 'wrongLevel')
  })
)

/** Notifications a client may send. */
export const notificationMethods: ReadonlyMap<string, MethodRow> = new Map(
  Object.entries({
    'notifications/initialized': row(NotificationParams, true),
    'notifications/cancelled': row(CancelledParams, false),
    'notifications/progress': row(ProgressParams, false),
    'notifications/roots/list_changed': row(NotificationParams, true)
  })
)
