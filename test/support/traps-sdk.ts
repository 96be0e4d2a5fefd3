/** What the official TypeScript SDKs get wrong at 2025-06-18, v1 (1.32) and v2 (2.4), and our guards. */
import { cases, guardedBy, type TrapsOf } from './trap.ts'

const whose = (place: string): string => `the official TypeScript SDK, ${place}`

export const sdkTraps: TrapsOf<'sdk'> = {
  'sdk-batch-executed': {
    whose: whose('HTTP transports of v1 and v2'),
    trap: 'a batch is executed, and in JSON mode answered by an array',
    guards: [cases('jsonrpc/batch/runs-no-tool', 'jsonrpc/batch/one-request', 'jsonrpc/batch/older-version-header')]
  },
  'sdk-origin-and-host-ignored-by-default': {
    whose: whose('HTTP transports of v1 and v2'),
    trap: 'neither Origin nor Host is looked at unless that is configured',
    guards: [cases('origin/foreign/initialize', 'origin/session/request', 'origin/host/foreign', 'origin/host/session')]
  },
  'sdk-missing-resource-code-rewritten': {
    whose: whose('resources/read of v1, and the errors of v2'),
    trap: "a missing resource is invalid params, and an author's own -32002 is changed into that",
    guards: [
      cases('resources/missing/unknown-uri', 'resources/missing/any-scheme'),
      guardedBy(
        'traps/errors.test.ts',
        'what an author declares missing is -32002 with its URI, like a resource that nobody declared'
      )
    ]
  },
  'sdk-unknown-tool-is-a-failed-result': {
    whose: whose('tools/call of v1'),
    trap: 'an unknown tool is a failed result and no protocol error',
    guards: [cases('tools/errors/unknown-name', 'tools/errors/unknown-name-message')]
  },
  'sdk-invalid-arguments-are-a-failed-result': {
    whose: whose('tools/call of v1 and v2'),
    trap: 'arguments that do not fit are a failed result, which is the rule of a later revision',
    guards: [cases('tools/arguments/missing', 'tools/arguments/wrong-type', 'tools/arguments/additional')]
  },
  'sdk-malformed-params-are-internal-errors': {
    whose: whose('the request handlers of v1, and logging of both'),
    trap: 'params that do not fit their method are internal errors with the dump of a validator',
    guards: [
      cases('tools/errors/name-missing', 'logging/bad-level/unknown'),
      guardedBy(
        'traps/errors.test.ts',
        'params that fit no method are -32602 in one short line, and no dump of a validator'
      )
    ]
  },
  'sdk-reused-id-steals-the-stream': {
    whose: whose('the map of streams in v1 and v2'),
    trap: 'a second request with an id in flight takes the stream, and the first is never answered',
    guards: [cases('jsonrpc/id/repeated-call-in-flight', 'jsonrpc/id/repeated-in-flight-own-stream')]
  },
  'sdk-json-answers-drop-questions': {
    whose: whose('the JSON response mode of v1 and v2'),
    trap: 'what a handler sends before its answer is dropped, and a question waits until it is due',
    guards: [
      cases('http/accept/json-only', 'elicitation/request/own-stream', 'http/stream/events-leave-at-once'),
      guardedBy('protocol/faults.test.ts', 'a question fails at once when nothing can carry it to the client')
    ]
  },
  'sdk-cursors-ignored': {
    whose: whose('the lists of v1 and v2'),
    trap: 'cursors have no effect, and one that nobody gave succeeds',
    guards: [cases('pages/cursor/second-page', 'pages/cursor/whole-list', 'pages/bad-cursor/tools')]
  },
  'sdk-subscribe-advertised-and-not-served': {
    whose: whose('the high-level server of v1 and v2'),
    trap: 'subscriptions are declared, and subscribing is an unknown method',
    guards: [cases('lifecycle/capabilities/subscribe-is-there', 'resources/subscribe/updated')]
  },
  'sdk-progress-falls-or-was-not-asked-for': {
    whose: whose('the notifications of v1 and v2'),
    trap: 'progress that falls, and progress for a token that nobody gave, is sent',
    guards: [cases('progress/order/falling', 'progress/token/none-given', 'progress/token/no-other')]
  },
  'sdk-capabilities-without-effect': {
    whose: whose('the default handler of v2'),
    trap: 'changed lists, log levels, subscriptions and cancellation are declared or accepted, and do nothing',
    guards: [
      cases('tools/list-changed/added', 'resources/subscribe/updated', 'logging/filter/at-error'),
      cases('cancel/running/work-stops', 'elicitation/answer/accept')
    ]
  },
  'sdk-disconnect-aborts-the-call': {
    whose: whose('the default handler of v2'),
    trap: 'a lost connection counts as a cancellation',
    guards: [cases('http/stream/cut-work-goes-on', 'resume/replay/cut-is-no-cancel', 'resume/replay/result-survives')]
  },
  'sdk-structured-content-without-mirror': {
    whose: whose('tools/call of v2'),
    trap: 'a result of structured content alone has no text for clients that read text',
    guards: [cases('tools/results/structured-mirror')]
  },
  'sdk-dialect-published': {
    whose: whose('tools/list of v1'),
    trap: 'listed schemas name a dialect, and strict clients refuse such tools',
    guards: [
      cases('tools/list/no-dialect'),
      guardedBy('traps/schemas.test.ts', 'a dialect that an author names is not in the published schemas')
    ]
  },
  'sdk-older-version-header-changes-behaviour': {
    whose: whose('the version header in v1 and v2'),
    trap: 'a header of an older revision is taken in a session of this one, and changes how streams behave',
    guards: [cases('http/version-header/oldest-changes-no-rules', 'http/version-header/declined-2024-11-05')]
  },
  'sdk-bad-envelope-is-a-parse-error-with-null-id': {
    whose: whose('the parsing in v1 and v2'),
    trap: 'JSON that is no message is called no JSON, and answered with a null id',
    guards: [cases('jsonrpc/shape/empty-object', 'jsonrpc/shape/no-id-invented', 'jsonrpc/scalar/number')]
  },
  'sdk-cannot-join-an-existing-app': {
    whose: whose('its package for Fastify'),
    trap: 'it makes an app of its own instead of joining one, and has no prefix, scope or logger',
    guards: [
      guardedBy('http/neighbours.test.ts', 'registered %s, every answer of the API stays the same'),
      guardedBy(
        'http/endpoints.test.ts',
        'endpoints under prefixes share tools that are a plain plugin, and have their own'
      ),
      guardedBy('http/embedding.test.ts', 'a stream is logged and timed by the API like any other reply')
    ]
  },
  'sdk-close-hangs-with-an-open-get': {
    whose: whose('any transport of v1 under Fastify'),
    trap: 'the API cannot close while a GET stream is open',
    guards: [
      guardedBy('http/close.test.ts', 'close ends GET and POST streams and resolves with them open'),
      guardedBy('http/endpoints.test.ts', 'closing the API ends the streams of every endpoint')
    ]
  }
}
