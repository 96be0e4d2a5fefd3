/** The questions a server may put to a client (schema: ServerRequest, BASE-09): one row each. */
import type { TSchema } from '@sinclair/typebox'
import { AskError } from './errors.ts'
import { compileLater, explain, type Validator } from './schema.ts'
import type { Session } from './session.ts'
import {
  type ClientCapabilities,
  CreateMessageParams,
  CreateMessageResult,
  ElicitParams,
  ElicitResult,
  EmptyResult,
  ListRootsResult,
  RequestParams
} from './types/index.ts'

export type AskMethod = 'sampling/createMessage' | 'elicitation/create' | 'roots/list' | 'ping'

interface AskRow {
  /** What the failure messages call it. */
  name: string
  /** What the client must have declared (LIFE-22, SAMP-06, ELICIT-06, ROOTS-02). */
  needs: keyof ClientCapabilities | undefined
  params: () => Validator<unknown>
  result: () => Validator<unknown>
}

const row = (name: string, needs: AskRow['needs'], params: TSchema, result: TSchema): AskRow => ({
  name,
  needs,
  params: compileLater(params),
  result: compileLater(result)
})

export const askMethods: Record<AskMethod, AskRow> = {
  'sampling/createMessage': row('Sampling', 'sampling', CreateMessageParams, CreateMessageResult),
  'elicitation/create': row('Elicitation', 'elicitation', ElicitParams, ElicitResult),
  'roots/list': row('Roots', 'roots', RequestParams, ListRootsResult),
  ping: row('Ping', undefined, RequestParams, EmptyResult)
}

/** Throws a TypeError for a question that the revision cannot carry, such as a form that is not flat (ELICIT-12): a fault of the handler. */
export function checkAsk(method: AskMethod, params: object | undefined): void {
  const fits = askMethods[method].params()
  if (!fits(params ?? {})) throw new TypeError(`${askMethods[method].name}: ${explain(fits.errors)}`)
}

/** Refuses a question that this client did not say it can answer. */
export function unsupported(method: AskMethod, session: Session): AskError | undefined {
  const { needs } = askMethods[method]
  if (needs === undefined || session.client.capabilities[needs] !== undefined) return undefined
  return new AskError('unsupported', `Client does not support ${needs}`)
}

/** `Sampling failed: …`, for every reason but a missing capability. */
export function failed(
  method: AskMethod,
  reason: 'unreachable' | 'refused' | 'invalid' | 'timeout' | 'cancelled',
  why: string
): AskError {
  return new AskError(reason, `${askMethods[method].name} failed: ${why}`)
}
