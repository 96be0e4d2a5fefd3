/** What a test client answers to the questions of a server (schema: ServerRequest). */
import { ProtocolError } from '../protocol/errors.ts'
import { printError, printResult, type RequestMessage } from '../protocol/frame.ts'
import type { Awaitable } from '../protocol/ports.ts'
import type {
  ClientCapabilities,
  CreateMessageParams,
  CreateMessageResult,
  ElicitParams,
  ElicitResult,
  Root
} from '../protocol/types/index.ts'

/** An answer, or a function that gives it. What the function throws refuses the question; an integer `code` of it goes along. */
export type Answer<Question, Given> = Given | ((question: Question) => Awaitable<Given>)

/** Who answers for the user, the model and the file system. A capability is declared for each that is there. */
export interface Answerers {
  /** The user: `{ action: 'accept', content }`, `{ action: 'decline' }` or `{ action: 'cancel' }`. */
  elicit?: Answer<ElicitParams, ElicitResult>
  /** The model; a text is a whole message of the assistant. */
  sample?: Answer<CreateMessageParams, CreateMessageResult | string>
  roots?: Answer<undefined, readonly Root[]>
}

/** What these answerers can answer (basic/lifecycle#capability-negotiation). */
export function capabilitiesOf({ elicit, sample, roots }: Answerers): ClientCapabilities {
  return {
    ...(elicit === undefined ? {} : { elicitation: {} }),
    ...(sample === undefined ? {} : { sampling: {} }),
    ...(roots === undefined ? {} : { roots: { listChanged: true } })
  }
}

/** The frame that answers a question. */
export async function answerTo({ id, method, params }: RequestMessage, answerers: Answerers): Promise<string> {
  try {
    return printResult(id, JSON.stringify(await resultOf(method, params, answerers)))
  } catch (error) {
    if (error instanceof ProtocolError) return printError(error.body(false), id)
    const { code, message } = error as { code?: unknown; message?: unknown }
    // -1 is what the pages use for a user who refuses (client/sampling#error-handling)
    return printError({ code: Number.isInteger(code) ? (code as number) : -1, message: String(message ?? error) }, id)
  }
}

/** Throws unknownMethod for a question that nobody answers. */
async function resultOf(method: string, params: unknown, answerers: Answerers): Promise<object> {
  const { elicit, sample, roots } = answerers
  if (method === 'ping') return {}
  if (method === 'elicitation/create' && elicit !== undefined) return given(elicit, params as ElicitParams)
  if (method === 'roots/list' && roots !== undefined) return { roots: await given(roots, undefined) }
  if (method === 'sampling/createMessage' && sample !== undefined) {
    const said = await given(sample, params as CreateMessageParams)
    return typeof said === 'string'
      ? { role: 'assistant', content: { type: 'text', text: said }, model: 'test', stopReason: 'endTurn' }
      : said
  }
  throw new ProtocolError('unknownMethod', { subject: method })
}

function given<Question, Given>(answer: Answer<Question, Given>, question: Question): Awaitable<Given> {
  return typeof answer === 'function' ? (answer as (question: Question) => Awaitable<Given>)(question) : answer
}
