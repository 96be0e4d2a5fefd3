/** Faults of the door: whose pages get something done, and under which names the server answers. */

import { isObject } from '../../../src/protocol/frame.ts'
import { type Exchange, type Fault, must, only, should } from '../fault.ts'
import { type Makes, overHttp, posts } from '../hooks.ts'

const foreign = ({ headers }: Exchange): boolean => {
  const { origin, host } = headers
  return origin !== undefined && origin !== `http://${host}`
}

/** Does not look at the Origin of requests that fit. */
function blind(fits: (exchange: Exchange) => boolean): Makes {
  return overHttp({
    request(exchange) {
      if (fits(exchange)) delete exchange.headers['origin']
      return undefined
    }
  })
}

/** Lets an Origin in that fits. */
const lets = (fits: (origin: string) => boolean): Makes => blind(({ headers }) => fits(headers['origin'] ?? ''))

/** Answers to any Host that fits. */
function answersTo(fits: (host: string) => boolean): Makes {
  return overHttp({
    request({ headers }) {
      if (fits(headers['host'] ?? '')) delete headers['host']
      return undefined
    }
  })
}

const local = (origin: string): boolean => /localhost|127\.0\.0\.1/.test(origin)

export const origin: Fault[] = only(
  'http',
  must(
    'origin-is-ignored',
    'SEC-01 SEC-02',
    'The Origin header is not looked at.',
    blind(() => true)
  ),
  must(
    'origin-is-reflected',
    'SEC-01',
    'Every origin is let in and allowed by CORS.',
    overHttp({
      request({ headers }) {
        delete headers['origin']
        return undefined
      },
      head(head) {
        head.headers['access-control-allow-origin'] = '*'
      }
    })
  ),
  must(
    'origin-is-checked-at-initialize-alone',
    'SEC-02',
    'Only initialize looks at the Origin.',
    blind((exchange) => !posts(exchange, 'initialize'))
  ),
  must(
    'origin-is-unchecked-at-initialize',
    'SEC-01',
    'initialize does not look at the Origin.',
    blind((exchange) => posts(exchange, 'initialize'))
  ),
  must(
    'origin-is-unchecked-on-get',
    'SEC-02',
    'GET does not look at the Origin.',
    blind(({ method }) => method === 'GET')
  ),
  must(
    'origin-is-unchecked-on-delete',
    'SEC-02',
    'DELETE does not look at the Origin.',
    blind(({ method }) => method === 'DELETE')
  ),
  must(
    'origin-is-unchecked-on-notifications',
    'SEC-02',
    'Notifications are accepted from any Origin.',
    blind(({ json }) => isObject(json) && !('id' in json))
  ),
  must(
    'origin-is-unchecked-on-resumption',
    'SEC-02',
    'A stream is resumed for any Origin.',
    blind(({ headers }) => headers['last-event-id'] !== undefined)
  ),
  must(
    'origin-by-its-beginning',
    'SEC-01',
    'An Origin need only begin like a local one.',
    lets((name) => /^https?:\/\/(localhost|127\.0\.0\.1)/.test(name))
  ),
  must(
    'origin-by-its-end',
    'SEC-01',
    'An Origin need only end with localhost.',
    lets((name) => /localhost(:\d+)?$/.test(name))
  ),
  must('origin-by-a-word', 'SEC-01', 'An Origin need only contain a local name.', lets(local)),
  should(
    'origin-null-is-local',
    'SEC-01',
    'The Origin null is let in.',
    lets((name) => name === 'null')
  ),
  must(
    'origin-may-be-private',
    'SEC-01',
    'Origins with a private address are let in.',
    lets((name) => /\/\/(10|192\.168|172\.16)\./.test(name))
  ),
  must(
    'origin-by-its-scheme',
    'SEC-01',
    'Every https origin is let in.',
    lets((name) => name.startsWith('https:'))
  ),
  must(
    'origin-without-dots-is-local',
    'SEC-01',
    'An Origin that is no URL is let in.',
    lets((name) => !URL.canParse(name) && name !== 'null')
  ),
  must(
    'origin-by-its-spelling',
    'SEC-01',
    'The Origin counts only under that spelling of its name.',
    overHttp({
      request({ names, headers }) {
        if (!names.includes('origin') && !names.includes('Origin')) delete headers['origin']
        return undefined
      }
    })
  ),
  must(
    'foreign-request-is-run',
    'SEC-01 SEC-02',
    'A request with a foreign Origin is run, and then answered 403.',
    (front) => ({
      http: {
        async request(exchange) {
          if (!foreign(exchange) || exchange.method === 'GET') return undefined
          const { host: _, origin: __, 'content-length': ___, connection: ____, ...headers } = exchange.headers
          await front.call({ method: exchange.method, headers, body: exchange.body.toString() })
          return { status: 403, headers: {}, body: '' }
        }
      }
    })
  ),
  must(
    'foreign-initialize-gets-an-id',
    'SEC-01 SESS-02',
    'The refusal of a foreign Origin carries a session id.',
    overHttp({
      head(head, exchange) {
        if (head.status === 403 && posts(exchange, 'initialize'))
          head.headers['mcp-session-id'] = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'
      }
    })
  ),
  should(
    'host-is-ignored',
    'SEC-03',
    'The Host header is not looked at.',
    answersTo(() => true)
  ),
  should(
    'host-by-its-beginning',
    'SEC-03',
    'A Host need only begin like a local one.',
    answersTo((host) => /^(localhost|127\.0\.0\.1)/.test(host))
  ),
  should(
    'host-is-checked-at-initialize-alone',
    'SEC-03',
    'Only requests without a session look at the Host.',
    overHttp({
      request({ headers }) {
        if (headers['mcp-session-id'] !== undefined) delete headers['host']
        return undefined
      }
    })
  )
)
