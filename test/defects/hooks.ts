/** Small hooks that faults are made of. */
import { at, type Json } from '../../src/conform/json.ts'
import { isObject } from '../../src/protocol/frame.ts'
import type { Answer, Exchange, Front, Hooks, Passage, Talk } from './fault.ts'
import {
  type Edit,
  errorTo,
  idOf,
  isRequest,
  isResponse,
  type Members,
  type Message,
  resultTo,
  toolOf
} from './message.ts'

type Fits = (message: Message, talk: Talk) => boolean
export type Makes = (front: Front) => Hooks

/** Changes the results of a method; `*` is every method. Paths begin with `/result`. */
export function results(method: string, ...edits: Edit[]): Makes {
  return outgoing(
    (message, talk) => 'result' in message && isResponse(message) && asks(message, method, talk),
    ...edits
  )
}

/** Changes the results of one tool. */
export function toolResults(tool: string, ...edits: Edit[]): Makes {
  return outgoing(
    (message, talk) => 'result' in message && isResponse(message) && toolOf(talk.asked.get(idOf(message))) === tool,
    ...edits
  )
}

/** Changes errors; with a method only those that answer it. Paths begin with `/error`. */
export function errors(method: string, ...edits: Edit[]): Makes {
  return outgoing((message, talk) => 'error' in message && isResponse(message) && asks(message, method, talk), ...edits)
}

/** Changes a kind of error, by its code. */
export function errorsOf(code: number, ...edits: Edit[]): Makes {
  return outgoing((message) => at('/error/code', message) === code, ...edits)
}

/** Changes all answers of the server. */
export function answers(...edits: Edit[]): Makes {
  return outgoing(isResponse, ...edits)
}

/** Changes the notifications and questions of that method. Paths begin with `/params`. */
export function sends(method: string, ...edits: Edit[]): Makes {
  return outgoing((message) => message['method'] === method, ...edits)
}

/** Changes whatever of the server fits. */
export function outgoing(fits: Fits, ...edits: Edit[]): Makes {
  return () => ({
    sent: (message, talk) => {
      if (fits(message, talk)) for (const change of edits) change(message)
      return [message]
    }
  })
}

/** Keeps back what fits. */
export function withholds(fits: Fits): Makes {
  return () => ({ sent: (message, talk) => (fits(message, talk) ? [] : [message]) })
}

/** Sends further messages before what fits. */
export function precedes(fits: Fits, more: (message: Message, talk: Talk) => Message[]): Makes {
  return () => ({
    sent: (message, talk) => (fits(message, talk) ? [...more(message, talk), message] : [message])
  })
}

/** Changes the requests and notifications of the client before the server has them. */
export function takes(method: string, ...edits: Edit[]): Makes {
  return incoming(
    (message) => typeof message['method'] === 'string' && (method === '*' || message['method'] === method),
    (message) => {
      for (const change of edits) change(message)
      return message
    }
  )
}

/** Does something with what fits of the client's messages. */
export function incoming(fits: Fits, then: (message: Message, talk: Talk) => Passage | Promise<Passage>): Makes {
  return () => ({ received: (message, talk) => (fits(message, talk) ? then(message, talk) : message) })
}

/** Never hears of the client's messages of a method. */
export function ignores(method: string): Makes {
  return incoming(
    (message) => message['method'] === method,
    () => undefined
  )
}

/** Answers what fits of the client's requests with an error of its own. */
export function refuses(fits: Fits, code: Json, text: string): Makes {
  return incoming(
    (message, talk) => isRequest(message) && fits(message, talk),
    (message) => ({ answers: [errorTo(message, code, text)] })
  )
}

/** Answers what fits of the client's requests with a result of its own. */
export function grants(fits: Fits, result: Json): Makes {
  return incoming(
    (message, talk) => isRequest(message) && fits(message, talk),
    (message) => ({ answers: [resultTo(message, result)] })
  )
}

/** The same result where the server gave an error of that code. */
export function instead(code: number, fits: Fits, result: (asked: Message) => Json): Makes {
  return () => ({
    sent: (message, talk) => {
      const asked = talk.asked.get(idOf(message))
      if (at('/error/code', message) !== code || asked === undefined || !fits(asked, talk)) return [message]
      return [resultTo(asked, result(asked))]
    }
  })
}

/** A session is dead once something has fitted: over HTTP it is not found any more, on stdio it is silent. */
export function diesOf(fits: Fits): Makes {
  return () => {
    const dead = new WeakSet<Talk>()
    return {
      received(message, talk) {
        if (dead.has(talk)) return undefined
        if (fits(message, talk)) dead.add(talk)
        return message
      },
      http: { request: ({ talk }) => (dead.has(talk) ? { status: 404, headers: {}, body: '' } : undefined) }
    }
  }
}

/** Several sets of hooks as one; what one of them sends or passes on the next one sees. */
export function both(...makes: Makes[]): Makes {
  return (front) => {
    const all = makes.map((make) => make(front))
    return {
      async received(message, talk) {
        let passage: Passage = message
        for (const { received } of all) {
          if (received === undefined) continue
          passage = await received(passage as Message, talk)
          if (passage === undefined || 'answers' in passage) break
        }
        return passage
      },
      sent(message, talk) {
        let out = [message]
        for (const { sent } of all) if (sent !== undefined) out = out.flatMap((one) => sent(one, talk))
        return out
      }
    }
  }
}

/** Whether a request of the client is of a method. */
export function method(name: string): Fits {
  return (message) => message['method'] === name
}

/** Whether a request of the client calls a tool. */
export function calls(tool: string): Fits {
  return (message) => toolOf(message) === tool
}

/** Whether a message is the answer to a method, or to a tool. */
export function answersTo(name: string): Fits {
  return (message, talk) => {
    const asked = talk.asked.get(idOf(message))
    return isResponse(message) && (asked?.['method'] === name || toolOf(asked) === name)
  }
}

/** Hooks for HTTP alone. */
export function overHttp(http: Hooks['http'] & object): Makes {
  return () => ({ http })
}

/** Whether the body of an exchange is a message of that method. */
export function posts(exchange: Exchange, name: string): boolean {
  return isObject(exchange.json) && exchange.json['method'] === name
}

/** An answer with a JSON body. */
export function jsonAnswer(status: number, value: Json): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

/** A value for each session. */
export function perSession<T>(initial: () => T): (talk: Talk) => T {
  const values = new WeakMap<Talk, T>()
  return (talk) => {
    const value = values.get(talk) ?? initial()
    values.set(talk, value)
    return value
  }
}

/** The object at a path, to look into or to change; an empty one where there is none. */
export function membersAt(path: string, message: Message | undefined): Members {
  const found = at(path, message)
  return isObject(found) ? (found as Members) : {}
}

function asks(message: Message, name: string, talk: Talk): boolean {
  return name === '*' || talk.asked.get(idOf(message))?.['method'] === name
}
