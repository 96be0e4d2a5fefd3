/** What the one real Fastify plugin beside ours gets wrong, platformatic/mcp 2.4.0, and our guards. */
import { cases, guardedBy, type TrapsOf } from './trap.ts'

const whose = (place: string): string => `platformatic/mcp 2.4.0, ${place}`

export const pluginTraps: TrapsOf<'plugin'> = {
  'plugin-origin-unchecked-by-default': {
    whose: whose('the POST route and its check of origins'),
    trap: 'no Origin is looked at unless a list is configured, so that any page may use a local server',
    guards: [
      cases('origin/foreign/initialize', 'origin/session/request', 'origin/session/get', 'origin/session/delete'),
      guardedBy('http/neighbours-mcp.test.ts', 'a page of another site is refused, and may not read the refusal')
    ]
  },
  'plugin-client-answer-is-a-server-error': {
    whose: whose('the dispatch of messages'),
    trap: "the client's answer to a question ends in a 500, so that no elicitation can be completed",
    guards: [cases('http/accepted/answer', 'http/accepted/error-answer', 'elicitation/answer/accept')]
  },
  'plugin-unknown-session-gets-a-fresh-one': {
    whose: whose('the lookup of sessions'),
    trap: 'an id that is unknown or was deleted is answered 200 in a session made on the spot',
    guards: [cases('session/unknown/request', 'session/unknown/stays-unknown', 'session/ended/request')]
  },
  'plugin-requests-without-session-mint-sessions': {
    whose: whose('the POST and GET routes and the session store'),
    trap: 'every request without a session opens one that nothing ever closes, until memory is full',
    guards: [
      cases('session/id/only-from-initialize', 'session/missing/request', 'session/missing/get'),
      guardedBy(
        'traps/sessions.test.ts',
        'requests without a session are refused and leave no session, stream or call behind'
      )
    ]
  },
  'plugin-event-ids-repeat-under-concurrency': {
    whose: whose('the counter of events in copies of the session record'),
    trap: 'messages of one moment get the same event id',
    guards: [
      cases('resume/ids/unique-over-streams'),
      guardedBy('traps/streams.test.ts', 'messages of one moment carry ids of their own, in rising order'),
      guardedBy(
        'traps/streams.test.ts',
        'messages of calls that run at one moment carry ids that are unique in the session'
      )
    ]
  },
  'plugin-reconnected-stream-stays-silent': {
    whose: whose('the subscription to the message broker'),
    trap: 'after the first stream is gone the next one gets signs of life and no message',
    guards: [
      cases('http/get/reopened-stream-delivers', 'resume/get-stream/goes-on', 'resume/get-stream/missed-message'),
      guardedBy(
        'traps/streams.test.ts',
        'after its first stream was cut a session is sent what follows on the next one'
      )
    ]
  },
  'plugin-templates-listed-but-not-read': {
    whose: whose('the handler of resources/read'),
    trap: 'templates are listed, and a URI that fits one is not found',
    guards: [cases('resources/template-read/plain', 'resources/template-read/utf-8')]
  },
  'plugin-not-found-is-method-not-found': {
    whose: whose('the handlers of tools, resources and prompts'),
    trap: 'an unknown tool, resource or prompt is answered as if the method were unknown',
    guards: [cases('tools/errors/unknown-name', 'resources/missing/unknown-uri', 'prompts/errors/unknown')]
  },
  'plugin-failure-dressed-as-success': {
    whose: whose('the handlers of prompts/get and resources/read'),
    trap: 'a missing prompt argument and a failed read come back as successful text',
    guards: [cases('prompts/errors/one-missing', 'prompts/errors/all-missing', 'resources/read/broken-is-internal')]
  },
  'plugin-structured-output-unchecked': {
    whose: whose('the handler of tools/call'),
    trap: 'structured content that breaks the output schema is sent',
    guards: [cases('tools/results/bad-output', 'tools/results/bad-output-is-an-error')]
  },
  'plugin-cancellation-only-logged': {
    whose: whose('the handler of notifications'),
    trap: 'a cancelled tool runs on, without a signal to look at, and its answer is sent all the same',
    guards: [
      cases('cancel/running/work-stops', 'cancel/running/no-result', 'cancel/running/stream-ends-without-response'),
      guardedBy('tools/limits.test.ts', 'a call that is cancelled fires the same signal')
    ]
  },
  'plugin-batches-and-broken-envelopes-served': {
    whose: whose('the HTTP route and the stdio loop'),
    trap: 'a batch is 200 with a null id or is executed; a null id and a missing jsonrpc are served',
    guards: [
      cases('jsonrpc/batch/two-requests', 'jsonrpc/batch/runs-no-tool', 'stdio/batch/not-executed'),
      cases('jsonrpc/id-type/null', 'jsonrpc/id-type/null-call', 'jsonrpc/version/missing')
    ]
  },
  'plugin-foreign-body-is-a-server-error': {
    whose: whose('the POST route'),
    trap: 'a body of null or plain text is answered 500, in a session minted for it',
    guards: [
      cases('jsonrpc/scalar/null', 'http/content-type/plain'),
      guardedBy('traps/sessions.test.ts', 'a body that is no message is the fault of the client, and opens no session')
    ]
  },
  'plugin-arguments-rewritten-or-capped': {
    whose: whose('the sanitising of input'),
    trap: 'arguments silently lose control characters, and long ones are refused',
    guards: [cases('tools/arguments/verbatim', 'tools/arguments/long')]
  },
  'plugin-formats-fail-and-schemas-recompiled': {
    whose: whose('the validator'),
    trap: 'a schema with a format refuses every call, and is compiled again at each',
    guards: [
      guardedBy('traps/schemas.test.ts', 'a format lets through what has it, and refuses what has not'),
      guardedBy(
        'traps/schemas.test.ts',
        'a schema is compiled when its tool is declared, and not again when it is called'
      )
    ]
  },
  'plugin-close-hangs-with-an-open-stream': {
    whose: whose('the onClose hook'),
    trap: 'the API cannot close while a client listens, because streams would be ended after their connections',
    guards: [
      guardedBy('http/close.test.ts', 'close ends GET and POST streams and resolves with them open'),
      guardedBy('http/neighbours-mcp.test.ts', 'closing the API ends its open streams, with all the usual plugins')
    ]
  },
  'plugin-host-headers-lost-on-streams': {
    whose: whose('the hijacked reply of streams'),
    trap: 'CORS and request-id headers of the API are not on streams, nor the header that stops proxies from buffering',
    guards: [
      guardedBy(
        'http/neighbours-mcp.test.ts',
        'the headers of CORS, helmet and hooks are on JSON, streams, 202, 204 and refusals'
      ),
      guardedBy(
        'traps/streams.test.ts',
        'every stream tells proxies to pass it on as it comes, and the pause between signs of life is below half a minute'
      )
    ]
  },
  'plugin-prefix-ignored-and-second-registration-throws': {
    whose: whose('the registration'),
    trap: 'a prefix has no effect, and a second endpoint cannot be registered',
    guards: [
      guardedBy(
        'traps/registration.test.ts',
        'a prefix that is given with the plugin goes before the path, and nothing is served without it'
      ),
      guardedBy(
        'traps/registration.test.ts',
        'the plugin registered twice in two scopes with prefixes serves two endpoints, each below its prefix'
      )
    ]
  },
  'plugin-auth-demanded-of-every-host-route': {
    whose: whose('the plugin, which is not encapsulated'),
    trap: 'with authorization on, every route of the API asks for the token, its health check too',
    guards: [guardedBy('auth/metadata.test.ts', 'the routes of the API need no token, and answer as they did before')]
  },
  'plugin-cors-opened-for-the-whole-api': {
    whose: whose('its metadata routes'),
    trap: 'the metadata brings CORS for every origin to all routes of the API, and the boot fails where there is one already',
    guards: [
      guardedBy('auth/metadata.test.ts', 'the routes of the API, and the endpoint itself, get no header of CORS'),
      guardedBy('auth/metadata.test.ts', 'an API that has CORS of its own, registered %s the endpoint, keeps it')
    ]
  },
  'plugin-issuer-expiry-and-audience-unchecked': {
    whose: whose('the token validator'),
    trap: 'the issuer is never looked at, an end is not needed and the audience is optional',
    guards: [
      guardedBy(
        'auth/traps.test.ts',
        'a token of another issuer, without an end, without an audience or for another server is refused'
      )
    ]
  },
  'plugin-metadata-and-challenge-at-wrong-paths': {
    whose: whose('the challenge and the metadata routes'),
    trap: 'the challenge points below the endpoint, where nothing is, and the document names an address that nobody asked',
    guards: [
      guardedBy('auth/metadata.test.ts', 'is found by the challenge, and names the address that the client asked'),
      guardedBy(
        'auth/metadata.test.ts',
        'is one for each endpoint, at the root whatever the prefix is, and each names its own'
      )
    ]
  },
  'plugin-sessions-not-tied-to-the-caller': {
    whose: whose('the session lookup'),
    trap: "anybody's valid token uses and ends anybody's session",
    guards: [
      guardedBy('auth/traps.test.ts', 'another caller neither uses nor ends a session, whose id is all they know')
    ]
  },
  'plugin-scheme-case-sensitive': {
    whose: whose('the handler before each request'),
    trap: 'bearer in lower case is no token',
    guards: [guardedBy('auth/traps.test.ts', 'the scheme of a token is read in any case')]
  }
}
