/** Small hooks that faults at a door are made of. */
import { isObject } from '../../src/protocol/frame.ts'
import type { Answer, Exchange, Front, Head } from './fault.ts'
import { jsonAnswer, type Makes, overHttp } from './hooks.ts'

type Fits = (exchange: Exchange, front: Front) => boolean

/** Lets in what fits, as if it had the good token. */
export function lets(fits: Fits): Makes {
  return (front) => ({
    http: {
      request(exchange) {
        if (atEndpoint(exchange) && fits(exchange, front)) exchange.headers['authorization'] = good(front)
        return undefined
      }
    }
  })
}

/** Answers what fits by itself. */
export function answers(fits: Fits, answer: (exchange: Exchange) => Answer): Makes {
  return (front) => ({
    http: { request: (exchange) => (fits(exchange, front) ? answer(exchange) : undefined) }
  })
}

/** Changes the heads of answers that have that status, or any, at the endpoint. */
export function heads(status: number | undefined, edit: (head: Head, exchange: Exchange, front: Front) => void): Makes {
  return (front) => ({
    http: {
      head(head, exchange) {
        if (atEndpoint(exchange) && (status === undefined || head.status === status)) edit(head, exchange, front)
      }
    }
  })
}

/** Changes the challenges of answers, where there are any. */
export function challenges(edit: (challenge: string, exchange: Exchange) => string | undefined): Makes {
  return heads(undefined, (head, exchange) => {
    const challenge = head.headers['www-authenticate']
    const changed = challenge === undefined ? undefined : edit(challenge, exchange)
    if (changed === undefined) delete head.headers['www-authenticate']
    else head.headers['www-authenticate'] = changed
  })
}

/** Changes the metadata document. */
export function documents(edit: (document: Record<string, unknown>, exchange: Exchange) => void): Makes {
  return overHttp({
    body(text, exchange) {
      if (atEndpoint(exchange)) return text
      const document = JSON.parse(text) as Record<string, unknown>
      edit(document, exchange)
      return JSON.stringify(document)
    }
  })
}

/** Several faults of one server. */
export function together(...makes: Makes[]): Makes {
  return (front) => {
    const all = makes.flatMap((make) => make(front).http ?? [])
    return {
      http: {
        async request(exchange) {
          for (const { request } of all) {
            const answer = await request?.(exchange)
            if (answer !== undefined) return answer
          }
          return undefined
        },
        head(head, exchange, body) {
          for (const hook of all) hook.head?.(head, exchange, body)
        }
      }
    }
  }
}

/** The request is run for the session's user, whatever becomes of it then. */
export async function slip(exchange: Exchange, front: Front): Promise<void> {
  const id = exchange.headers['mcp-session-id']
  const session = id === undefined ? {} : { 'mcp-session-id': id }
  await front.call({
    method: exchange.method,
    headers: { ...session, authorization: good(front) },
    body: exchange.body.toString()
  })
}

export function good({ tokens }: Front): string {
  return `Bearer ${tokens['valid']}`
}

/** Whether an exchange is with the endpoint, and not with what lies beside it. */
export function atEndpoint({ path }: Exchange): boolean {
  return path.startsWith('/mcp')
}

export function hasNoToken({ headers }: Exchange): boolean {
  return headers['authorization'] === undefined
}

/** Whether it carries the token of that name. */
export function carries(name: string): Fits {
  return ({ headers }, { tokens }) => headers['authorization'] === `Bearer ${tokens[name]}`
}

/** Whether it carries a token that nobody gave out. */
export function isGarbage({ headers }: Exchange, { tokens }: Front): boolean {
  const token = tokenOf(headers['authorization'])
  return token !== undefined && !Object.values(tokens).includes(token)
}

export function tokenOf(header: string | undefined): string | undefined {
  return /^bearer (\S+)$/i.exec(header ?? '')?.[1]
}

export function inSession({ headers }: Exchange): boolean {
  return headers['mcp-session-id'] !== undefined
}

export function isNotification({ method, json }: Exchange): boolean {
  return method === 'POST' && isObject(json) && 'method' in json && !('id' in json)
}

export function isResponse({ method, json }: Exchange): boolean {
  return method === 'POST' && isObject(json) && !('method' in json) && 'id' in json
}

export function isRequest({ method, json }: Exchange): boolean {
  return method === 'POST' && isObject(json) && 'method' in json && 'id' in json
}

/** An error of the protocol under a status. */
export function errorAnswer(status: number, { json }: Exchange, code = -32600, message = 'No.'): Answer {
  const id = isObject(json) && 'id' in json ? (json['id'] as string | number) : null
  return jsonAnswer(status, { jsonrpc: '2.0', id, error: { code, message } })
}

/** Without a token, or with one of nobody, to the endpoint. */
export function isStrange(exchange: Exchange, front: Front): boolean {
  return atEndpoint(exchange) && (hasNoToken(exchange) || isGarbage(exchange, front))
}
