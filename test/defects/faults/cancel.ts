/** Faults of cancellation, in both directions. */
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, type Hooks, must, only, should, type Talk } from '../fault.ts'
import { diesOf, ignores, incoming, type Makes, outgoing, perSession, sends } from '../hooks.ts'
import { errorTo, idOf, isResponse, type Message, put, remove } from '../message.ts'

const method = 'notifications/cancelled'
const cancels = (message: Message): boolean => message['method'] === method
const namedBy = (message: Message): Json => at('/params/requestId', message) ?? null
const runs = (message: Message, talk: Talk): boolean => talk.running.has(JSON.stringify(namedBy(message)))
const cancelOf = (requestId: Json): Message => ({ jsonrpc: '2.0', method, params: { requestId } })

/** Answers cancelled calls all the same; over HTTP on the stream that is about to end. */
function answersCancelled(answer: (asked: Message) => Message): Makes {
  return () => {
    const cancelled = perSession(() => new Map<string, Message>())
    const due = (talk: Talk, id: string): Message | undefined => {
      const asked = cancelled(talk).get(id)
      cancelled(talk).delete(id)
      return asked
    }
    const hooks: Hooks = {
      received(message, talk) {
        const asked = cancels(message) ? talk.running.get(JSON.stringify(namedBy(message))) : undefined
        if (asked !== undefined && talk.transport === 'stdio') talk.tell(answer(asked))
        else if (asked !== undefined) cancelled(talk).set(idOf(asked), asked)
        return message
      },
      http: {
        ended(exchange) {
          const asked = exchange.standalone ? undefined : due(exchange.talk, idOf((exchange.json ?? {}) as Message))
          if (asked !== undefined) exchange.write({ data: JSON.stringify(answer(asked)) })
          return false
        }
      }
    }
    return hooks
  }
}

/** Does more than it was asked when a request is cancelled. */
function alsoCancels(others: (talk: Talk, talks: ReadonlySet<Talk>) => { talk: Talk; id: Json }[]): Makes {
  return (front) => ({
    async received(message, talk) {
      if (cancels(message) && runs(message, talk))
        await Promise.all(others(talk, front.talks).map((other) => other.talk.slip(cancelOf(other.id))))
      return message
    }
  })
}

/** Tells the client at once after some of its messages. */
function tells(
  fits: (message: Message, talk: Talk) => boolean,
  what: (message: Message, talk: Talk) => Message
): Makes {
  return () => ({
    received(message, talk) {
      if (fits(message, talk)) talk.tell(what(message, talk))
      return message
    }
  })
}

const unknown = (message: Message, talk: Talk): boolean => cancels(message) && !runs(message, talk)
const malformed = (message: Message): boolean =>
  cancels(message) && !['string', 'number'].includes(typeof at('/params/requestId', message))

export const cancel: Fault[] = [
  should('cancel-is-ignored', 'CANCEL-07 CANCEL-09', 'A cancelled call runs on and is answered.', ignores(method)),
  should(
    'cancelled-call-runs-on',
    'CANCEL-07 CANCEL-21',
    'A cancelled call runs on and reports progress, though it is not answered.',
    () => {
      const over = perSession(() => new Set<string>())
      return {
        received(message, talk) {
          if (!cancels(message)) return message
          over(talk).add(JSON.stringify(namedBy(message)))
          return { answers: [] }
        },
        sent: (message, talk) => (isResponse(message) && over(talk).has(idOf(message)) ? [] : [message])
      }
    }
  ),
  should(
    'cancelled-call-is-an-error',
    'CANCEL-09',
    'A cancelled call is answered with an error.',
    answersCancelled((asked) => errorTo(asked, -32800, 'Request cancelled'))
  ),
  should(
    'cancelled-call-is-a-result',
    'CANCEL-09',
    'A cancelled call is answered with a result that says so.',
    answersCancelled((asked) => ({
      jsonrpc: '2.0',
      id: asked['id'] as Json,
      result: { content: [{ type: 'text', text: 'Cancelled' }], isError: true }
    }))
  ),
  should(
    'falsy-id-is-not-cancelled',
    'CANCEL-07 CANCEL-13',
    'A cancellation of the request 0 or "" is ignored.',
    incoming(
      (message) => cancels(message) && (namedBy(message) === 0 || namedBy(message) === ''),
      () => ({ answers: [] })
    )
  ),
  should(
    'cancel-matches-by-text',
    'CANCEL-13',
    'A cancellation of "1" ends the request 1, and the reverse.',
    incoming(unknown, (message, talk) => {
      const other = [...talk.running.values()].find(({ id }) => String(id) === String(namedBy(message)))
      if (other !== undefined) put('/params/requestId', other['id'] as Json)(message)
      return message
    })
  ),
  should(
    'cancel-ends-everything',
    'CANCEL-12',
    'A cancellation ends all requests of the session.',
    alsoCancels((talk) => [...talk.running.values()].map(({ id }) => ({ talk, id: id as Json })))
  ),
  should(
    'unknown-cancel-is-an-error',
    'CANCEL-18',
    'A cancellation of an unknown request is answered with an error.',
    incoming(unknown, (message) => ({
      answers: [{ jsonrpc: '2.0', id: namedBy(message), error: { code: -32602, message: 'No such request' } }]
    }))
  ),
  should(
    'malformed-cancel-is-an-error',
    'CANCEL-18',
    'A cancellation without a request is answered with an error.',
    incoming(malformed, () => ({
      answers: [{ jsonrpc: '2.0', id: 0, error: { code: -32602, message: 'requestId: Required' } }]
    }))
  ),
  should(
    'malformed-cancel-ends-the-session',
    'CANCEL-18',
    'A cancellation without a request ends the session.',
    diesOf(malformed)
  ),
  should(
    'unknown-cancel-ends-the-session',
    'CANCEL-18',
    'A cancellation of an unknown request ends the session.',
    diesOf((message, talk) => cancels(message) && !talk.asked.has(JSON.stringify(namedBy(message))))
  ),
  should(
    'late-cancel-ends-the-session',
    'CANCEL-18',
    'A cancellation of a finished request ends the session.',
    diesOf((message, talk) => unknown(message, talk) && talk.asked.has(JSON.stringify(namedBy(message))))
  ),
  should(
    'late-cancel-is-answered',
    'CANCEL-18 CANCEL-15',
    'A cancellation of a finished request brings a second response to it.',
    tells(
      (message, talk) => unknown(message, talk) && talk.asked.has(JSON.stringify(namedBy(message))),
      (message) => ({ jsonrpc: '2.0', id: namedBy(message), error: { code: -32800, message: 'Request cancelled' } })
    )
  ),
  should(
    'cancelled-initialize-ends-the-session',
    'CANCEL-06',
    'A cancelled initialize leaves a session that serves nothing.',
    diesOf(
      (message, talk) =>
        cancels(message) && talk.asked.get(JSON.stringify(namedBy(message)))?.['method'] === 'initialize'
    )
  ),
  should(
    'questions-outlive-the-call',
    'CANCEL-14',
    'A call whose question is open cannot be cancelled.',
    incoming(
      (message, talk) => cancels(message) && talk.questions.size > 0,
      () => ({ answers: [] })
    )
  ),
  must(
    'names-the-request-of-the-client',
    'CANCEL-03 CANCEL-23',
    'When the server gives up a question it names the request of the client.',
    outgoing(cancels, (message) => put('/params/requestId', 'call')(message))
  ),
  must(
    'names-no-request',
    'CANCEL-02',
    'A cancellation of the server has no requestId.',
    sends(method, remove('/params/requestId'))
  ),
  must(
    'reason-is-an-object',
    'CANCEL-02',
    'A cancellation of the server has an object as reason.',
    sends(method, put('/params/reason', { code: 1 }))
  ),
  must(
    'cancels-what-was-answered',
    'CANCEL-04',
    'The server cancels each question that was answered.',
    tells(
      (message, talk) => isResponse(message) && talk.questions.has(idOf(message)),
      (message) => cancelOf(message['id'] as Json)
    )
  ),
  must(
    'cancels-what-it-never-asked',
    'CANCEL-03',
    'The server cancels a request that nobody sent.',
    tells(
      (message) => message['method'] === 'tools/call',
      () => cancelOf('server-7')
    )
  ),
  should(
    'late-answer-is-answered',
    'CANCEL-11',
    'A call that was cancelled is answered when the answer to its question comes after all.',
    () => {
      const cancelled = perSession<Message[]>(() => [])
      return {
        received(message, talk) {
          const asked = cancels(message) ? talk.running.get(JSON.stringify(namedBy(message))) : undefined
          if (asked !== undefined && talk.questions.size > 0) cancelled(talk).push(asked)
          const [late] = isResponse(message) ? cancelled(talk).splice(0) : []
          if (late !== undefined) {
            const text = `LLM response: ${at('/result/content/text', message)}`
            talk.tell({ jsonrpc: '2.0', id: late['id'] as Json, result: { content: [{ type: 'text', text }] } })
          }
          return message
        }
      }
    }
  ),
  ...only(
    'http',
    should('cancelled-stream-stays-open', 'CANCEL-08', 'The stream of a cancelled call stays open.', () => {
      const over = perSession(() => new Set<string>())
      return {
        received(message, talk) {
          if (cancels(message)) over(talk).add(JSON.stringify(namedBy(message)))
          return message
        },
        http: { ended: ({ talk, json, standalone }) => !standalone && over(talk).has(idOf((json ?? {}) as Message)) }
      }
    }),
    should(
      'cancel-ends-the-session',
      'CANCEL-12',
      'A cancellation ends the session.',
      diesOf((message, talk) => cancels(message) && runs(message, talk))
    ),
    should(
      'cancel-reaches-other-sessions',
      'CANCEL-12',
      'A cancellation ends all requests of that id, whosever they are.',
      (front) => ({
        async received(message, talk) {
          if (cancels(message))
            for (const other of front.talks)
              if (other !== talk && runs(message, other)) await other.slip(structuredClone(message))
          return message
        }
      })
    ),
    should(
      'cancel-costs-the-get-stream',
      'CANCEL-12',
      'A cancellation ends the GET streams of the session.',
      (front) => ({
        received(message, talk) {
          if (cancels(message))
            for (const stream of [...front.streams]) if (stream.talk === talk && stream.standalone) stream.end()
          return message
        }
      })
    )
  )
]
