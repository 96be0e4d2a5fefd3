/** What the other servers, plugins and checkers get wrong, and the state of the field as a whole, with our guards. */
import { cases, guardedBy, type TrapsOf } from './trap.ts'

export const otherTraps: TrapsOf<'others'> = {
  'revision-served-without-sessions': {
    whose: 'the newer servers as a whole',
    trap: 'this revision is kept alive without sessions, questions, cancellation and streams of its own',
    guards: [
      cases('session/id/fresh-each-time', 'http/get/session-message-off-the-call', 'sampling/request/waits'),
      cases('cancel/running/work-stops', 'resume/replay/result-survives')
    ]
  },
  'revision-hard-wired': {
    whose: 'the field as a whole',
    trap: 'servers that cannot tell one revision from another serve the rules of one to clients of the other',
    guards: [
      cases('lifecycle/version/newer-client', 'lifecycle/version/older-client', 'lifecycle/version/known-is-kept'),
      cases('http/version-header/declined-2025-11-25')
    ]
  },
  'green-suite-taken-for-conformance': {
    whose: 'the official suite, which has no requirements of this revision',
    trap: 'a server is green there and breaks a dozen rules',
    guards: [
      guardedBy(
        'fixtures-check.test.ts',
        'has a case or a reason for every requirement that a server can be tested by'
      ),
      guardedBy('defects/guard.test.ts', 'with each fault at least one case fails')
    ]
  },
  'host-app-disturbed-by-the-plugin': {
    whose: 'both Fastify plugins, and bridges that write to the raw response',
    trap: 'routes of the API change when the endpoint comes',
    guards: [
      guardedBy('http/neighbours.test.ts', 'registered %s, every answer of the API stays the same'),
      guardedBy(
        'http/neighbours.test.ts',
        'the OpenAPI document of the API does not have the endpoints and health checks'
      ),
      guardedBy(
        'http/neighbours-mcp.test.ts',
        'a serializer that the API chose for a reply does not write JSON-RPC a second time'
      )
    ]
  },
  'missing-resource-without-its-own-code': {
    whose: 'eight servers of eight',
    trap: 'a missing resource is answered with any code but the one that it has',
    guards: [cases('resources/missing/unknown-uri', 'resources/missing/hostile-uris')]
  },
  'fastify-mcp-unknown-session-is-400': {
    whose: 'haroldadmin/fastify-mcp 3.0.0, sessions over HTTP',
    trap: 'an unknown session is 400 instead of 404, so that clients never initialize anew',
    guards: [cases('session/unknown/request', 'session/unknown/get', 'session/ended/request')]
  },
  'fastify-mcp-disconnect-kills-the-call': {
    whose: 'haroldadmin/fastify-mcp 3.0.0, without sessions',
    trap: 'a client that loses its connection loses the call',
    guards: [
      cases('http/stream/cut-pending-call', 'http/stream/cut-work-goes-on'),
      guardedBy(
        'http/resume.test.ts',
        'a call whose connection broke goes on, and its stream is resumed with exactly what was missed'
      )
    ]
  },
  'fastify-mcp-options-do-not-arrive': {
    whose: 'haroldadmin/fastify-mcp 3.0.0',
    trap: 'options of the server below cannot be given',
    guards: [
      guardedBy('traps/registration.test.ts', 'everything that an endpoint is told of itself reaches the client'),
      guardedBy(
        'http/endpoints.test.ts',
        'what the plugin was given holds for every endpoint, and an endpoint may say otherwise'
      )
    ]
  },
  'mcp-lite-ended-session-served': {
    whose: 'mcp-lite 0.10.0',
    trap: 'a session that is unknown or was deleted is served on',
    guards: [cases('session/ended/call', 'session/ended/stays-ended', 'session/unknown/request')]
  },
  'mcp-lite-stack-shipped-to-the-client': {
    whose: 'mcp-lite 0.10.0',
    trap: 'what a handler throws reaches the client with its stack',
    guards: [
      cases('tools/errors/crash-no-stack', 'resources/read/broken-tells-nothing'),
      guardedBy(
        'traps/errors.test.ts',
        'what is thrown by accident reaches the client without its words, its stack or the place'
      )
    ]
  },
  'mcp-lite-plain-schema-unchecked': {
    whose: 'mcp-lite 0.10.0',
    trap: 'inputs declared in plain JSON Schema are not checked',
    guards: [
      guardedBy('traps/schemas.test.ts', 'arguments are checked against plain JSON Schema as against any other'),
      guardedBy('http/plain-schema.test.ts', 'a tool checks its arguments and its result against it, and lists it')
    ]
  },
  'mcp-lite-replay-crosses-streams': {
    whose: 'mcp-lite 0.10.0',
    trap: 'a resumed stream brings events of other streams',
    guards: [
      cases('resume/replay/same-stream-only', 'resume/replay/call-stream-only', 'resume/unknown/of-another-session'),
      guardedBy(
        'http/resume.test.ts',
        'only the events of the resumed stream come back, not those of other calls or GET streams'
      )
    ]
  },
  'tmcp-every-request-is-a-session': {
    whose: 'tmcp 1.20.0',
    trap: 'each request opens a session',
    guards: [
      cases('session/id/only-from-initialize', 'session/id/not-from-a-failed-initialize'),
      guardedBy(
        'traps/sessions.test.ts',
        'requests without a session are refused and leave no session, stream or call behind'
      )
    ]
  },
  'tmcp-bad-version-header-served': {
    whose: 'tmcp 1.20.0',
    trap: 'a version header that is no version is overlooked',
    guards: [cases('http/version-header/garbage', 'http/version-header/bad-on-get', 'http/version-header/future')]
  },
  'tmcp-one-counter-of-questions-for-all-sessions': {
    whose: 'tmcp 1.20.0',
    trap: 'ids of questions are guessed across sessions, and another session can answer',
    guards: [cases('elicitation/answer/other-session', 'sampling/answer/other-session', 'roots/answer/other-session')]
  },
  'fastmcp-foreign-origin-allowed-with-a-star': {
    whose: 'punkpeye/fastmcp 4.20.16',
    trap: 'a foreign page gets 200, and a header that lets it read the answer',
    guards: [
      cases('http/any/foreign-origin', 'http/any/foreign-origin-read'),
      guardedBy('http/embedding.test.ts', 'the endpoint sends no CORS header, also not to a preflight'),
      guardedBy('http/neighbours-mcp.test.ts', 'a page of another site is refused, and may not read the refusal')
    ]
  },
  'python-fastmcp-rate-limit-in-a-200': {
    whose: 'PrefectHQ/fastmcp of August 2026',
    trap: 'a limit that was met is told in a 200 that no proxy or client understands',
    guards: [
      guardedBy('http/limits.test.ts', 'past the most requests in flight a request is 429 with Retry-After'),
      guardedBy(
        'http/neighbours-edge.test.ts',
        'past the limit of the API the endpoint answers 429 with Retry-After, in the words of the API'
      )
    ]
  },
  'go-sdk-origin-check-off': {
    whose: 'modelcontextprotocol/go-sdk of August 2026',
    trap: 'origins are not checked',
    guards: [cases('origin/foreign/initialize', 'origin/foreign/null', 'origin/session/notification')]
  },
  'conformance-tool-does-not-start-on-node-20': {
    whose: 'the official conformance package 0.1.16',
    trap: 'the checker itself fails to start on a supported Node',
    guards: [guardedBy('cli/conform.test.ts', 'a server without fault exits 0, and the last line sums up')]
  },
  'validator-sends-a-misspelt-initialize': {
    whose: 'Janix-ai/mcp-validator',
    trap: 'the checker sends members that the schema does not know',
    guards: [
      guardedBy(
        'traps/checker.test.ts',
        'every initialize that the runner sends for a sound case is that of the official schema'
      )
    ]
  }
}
