/** What users of MCP servers ask for most, and the tests that say we have it. */
import { cases, guardedBy, type Trap, type TrapsOf } from './trap.ts'

const need = (trap: string, ...guards: Trap['guards']): Trap => ({ whose: 'users', trap, guards })

export const needTraps: TrapsOf<'needs'> = {
  'need-sessions-survive-restarts': need(
    'after a deploy clients hang on to a session that is gone',
    cases('session/unknown/request', 'session/initialize/with-an-ended-id'),
    guardedBy(
      'traps/sessions.test.ts',
      'after a restart an old id is answered 404, and an initialize that still names it opens a new session'
    ),
    guardedBy('traps/sessions.test.ts', 'a session in a store that outlives the process goes on after a restart')
  ),
  'need-no-leak-when-clients-vanish': need(
    'clients leave without a DELETE, and what they held stays for ever',
    guardedBy('protocol/expiry.test.ts', 'an idle session ends, and its id is unknown from then on'),
    guardedBy('protocol/bounds.test.ts', 'past the most sessions initialize is refused'),
    guardedBy('http/metrics.test.ts', 'sessions, streams and calls in flight are those of the moment'),
    guardedBy('clients.test.ts', 'claude-code leaves in the middle of everything; nothing is left after the idle time')
  ),
  'need-no-sticky-sessions': need(
    'a request that reaches another process finds no session',
    guardedBy('traps/sessions.test.ts', 'with a shared store any process answers the requests of a session'),
    guardedBy('traps/sessions.test.ts', 'a process that closes ends no session of a shared store')
  ),
  'need-existing-routes-as-tools': need(
    'routes are written a second time as tools, without their hooks and checks',
    guardedBy(
      'http/routes.test.ts',
      'a route with config.mcp is a tool of an endpoint that asks for routes, and answers through it'
    ),
    guardedBy('http/routes.test.ts', 'an endpoint that does not ask for routes exposes none'),
    guardedBy('http/routes-calls.test.ts', 'with the hooks, decorations and error handler of its scope')
  ),
  'need-safe-against-rebinding-by-default': need(
    'a page whose name points at the server may use it',
    cases('origin/foreign/initialize', 'origin/host/foreign', 'origin/host/session'),
    guardedBy('http/headers.test.ts', 'origins and hosts let further ones in')
  ),
  'need-streams-live-through-proxies': need(
    'proxies hold events back, or cut a stream that is quiet',
    cases('http/get/not-cached', 'http/get/head-at-once'),
    guardedBy(
      'traps/streams.test.ts',
      'every stream tells proxies to pass it on as it comes, and the pause between signs of life is below half a minute'
    ),
    guardedBy('http/listening.test.ts', 'a quiet stream gets a comment every keepAliveMs, and no event from it'),
    guardedBy('http/neighbours-mcp.test.ts', 'compression of every type there is holds no event back'),
    guardedBy('http/neighbours-mcp.test.ts', 'the time limit of the API for its own handlers cuts no stream')
  ),
  'need-host-cors-and-headers-on-streams': need(
    'browsers cannot read streams, nor the header with the session',
    guardedBy(
      'http/neighbours-mcp.test.ts',
      'the headers of CORS, helmet and hooks are on JSON, streams, 202, 204 and refusals'
    ),
    guardedBy(
      'http/neighbours-mcp.test.ts',
      'the preflight of a browser is answered by the API, for every method of the endpoint'
    )
  ),
  'need-cancel-and-disconnect-told-apart': need(
    'a lost connection stops the work, or a cancelled call is answered',
    cases('cancel/running/no-result', 'http/stream/cut-work-goes-on', 'cancel/running/work-stops'),
    guardedBy('tools/limits.test.ts', 'a handler that takes too long is told by its signal, and the model by a text'),
    guardedBy(
      'protocol/expiry.test.ts',
      'a session that is removed stops its calls and ends their exchanges without an answer'
    )
  ),
  'need-progress-arrives-and-keeps-the-call-alive': need(
    'progress comes with the result, or not at all, and clients give up on slow tools',
    cases('http/stream/events-leave-at-once', 'progress/order/falling', 'progress/order/before-the-result'),
    guardedBy('http/neighbours-mcp.test.ts', 'compression holds no event of a call back while the call still runs'),
    guardedBy('tools/heartbeat.test.ts', 'a tool that says nothing is said to be running, with a progress that rises'),
    guardedBy('tools/result.test.ts', 'a generator reports its yields and returns its result')
  ),
  'need-elicitation-without-deadlock': need(
    'a question goes where nobody listens, and the tool waits for ever',
    cases('elicitation/request/own-stream', 'elicitation/undeclared/refused', 'elicitation/request/waits'),
    guardedBy('protocol/faults.test.ts', 'a question fails at once when nothing can carry it to the client')
  ),
  'need-typed-tool-errors-without-leaks': need(
    'failures of tools, faults of the server and wrong requests look alike, and leak',
    cases('tools/errors/thrown', 'tools/errors/no-stack', 'tools/results/bad-output'),
    guardedBy('protocol/faults.test.ts', 'a failed tool names the request to quote'),
    guardedBy('tools/errors.test.ts', 'data and cause of a ToolError go to the log, and nothing of them to the client'),
    guardedBy('traps/errors.test.ts', 'a failed result carries no structured content beside it')
  ),
  'need-plain-schema-that-clients-accept': need(
    'schemas are translated, and name a dialect that clients refuse',
    cases('tools/list/no-dialect', 'tools/list/described'),
    guardedBy('traps/schemas.test.ts', 'a dialect that an author names is not in the published schemas'),
    guardedBy('http/plain-schema.test.ts', 'a tool checks its arguments and its result against it, and lists it')
  ),
  'need-limits-by-tool-and-caller': need(
    'one caller uses up what is there for all',
    guardedBy(
      'http/neighbours-limits.test.ts',
      'a caller who floods a tool lets another in after the next call, not after all'
    ),
    guardedBy(
      'http/neighbours-limits.test.ts',
      'a caller who used up his rate reads when to try again, and another is let through'
    ),
    guardedBy('tools/limits.test.ts', 'past the queue a call fails with the limit it met and no work begun'),
    guardedBy('http/neighbours-edge.test.ts', 'a limit keyed by session is met by one session and not by another')
  ),
  'need-health-drain-logs-and-traces': need(
    'nobody can see whether the server may be stopped, and what a call did',
    guardedBy('http/drain.test.ts', 'readiness is 503 with Retry-After at once, liveness stays 200'),
    guardedBy(
      'http/drain.test.ts',
      'new sessions, requests and streams are 503 with Retry-After, and the call that runs is answered'
    ),
    guardedBy(
      'http/observe-log.test.ts',
      'a request leaves one line at info with its ids, name, outcome and time, bound to the request of Fastify'
    ),
    guardedBy('http/telemetry.test.ts', 'the traceparent header is the parent where nothing else is')
  ),
  'need-tests-without-a-model': need(
    'a server is tried out by hand with a model, and nobody sees the wire',
    guardedBy('http/test-client.test.ts', 'a malformed frame is sent as it is, and what comes back is given as it is'),
    guardedBy('http/test-client.test.ts', 'the transcript has every frame both ways, and prints itself'),
    guardedBy('protocol/tap.test.ts', 'a handshake is three frames in and out'),
    guardedBy(
      'http/redaction.test.ts',
      'no argument, answer, URI, header, token or session id is in the log at level trace'
    ),
    guardedBy('fixtures-check.test.ts', 'has a case or a reason for every requirement that a server can be tested by')
  ),
  'need-tool-lists-by-caller': need(
    'everybody sees every tool',
    guardedBy(
      'protocol/registry.test.ts',
      'an entry is left out where it is not visible, and pages are filled without it'
    ),
    guardedBy('tools/wired.test.ts', 'only sessions that could see a tool are told that it went or came back')
  ),
  'need-several-endpoints-in-one-process': need(
    'one process can serve one endpoint',
    guardedBy(
      'http/endpoints.test.ts',
      'endpoints under prefixes share tools that are a plain plugin, and have their own'
    ),
    guardedBy('http/endpoints.test.ts', 'a session of one endpoint is unknown to the other')
  ),
  'need-request-headers-in-handlers': need(
    'handlers cannot see the request that they serve',
    guardedBy('http/embedding.test.ts', 'handlers are lent the Fastify request of their exchange')
  ),
  'need-subscriptions-that-deliver': need(
    'subscribing succeeds, and no change is ever told',
    cases(
      'resources/subscribe/updated',
      'resources/subscribe/own-session',
      'resources/subscribe/none-after-unsubscribe'
    )
  ),
  'need-clean-stdout': need(
    'a line that a handler prints breaks the stdio transport',
    guardedBy('stdio/process.test.ts', 'what handlers write to stdout goes to stderr'),
    guardedBy('stdio/process.test.ts', 'stdout holds frames and nothing else, stderr nothing while all goes well')
  ),
  'need-tools-longer-than-a-minute': need(
    'clients give up after a minute, and servers cannot be told to wait longer',
    guardedBy('tools/limits.test.ts', 'a tool without a time limit has that of all tools'),
    guardedBy('protocol/timeouts.test.ts', 'the time limit stands still while the client is asked'),
    guardedBy('tools/heartbeat.test.ts', 'a tool that says nothing is said to be running, with a progress that rises')
  ),
  'need-auth-on-the-endpoint-alone': need(
    'authorization of the endpoint spreads over the API around it',
    guardedBy('auth/metadata.test.ts', 'the routes of the API need no token, and answer as they did before')
  ),
  'need-discovery-that-clients-follow': need(
    'clients look for the issuer and do not find it',
    guardedBy(
      'auth/traps.test.ts',
      'discovery is complete: challenge, document, issuer, its metadata, and a token for the resource that the document names'
    )
  ),
  'need-static-token-beside-oauth': need(
    'machines and people cannot be let in at one endpoint',
    guardedBy('auth/traps.test.ts', 'a static token and OAuth are taken at one endpoint, which tells the way to OAuth'),
    guardedBy('auth/traps.test.ts', 'with static tokens alone the challenge promises no OAuth')
  ),
  'need-registration-that-is-not-abused': need(
    'registration grows without end, or limits by address what all clients of a host share',
    guardedBy('auth/server/registration.test.ts', 'of the same metadata is the same client, and takes no more room'),
    guardedBy('auth/server/registration.test.ts', 'is refused from a number a minute on, while known clients go on'),
    guardedBy('auth/server/registration.test.ts', 'ends when as many clients are kept as may be'),
    guardedBy('auth/server/registration.test.ts', 'that nobody uses is forgotten after a day')
  ),
  'need-session-bound-to-its-owner': need(
    'who learns a session id has the session, or a refreshed token loses it',
    guardedBy('auth/traps.test.ts', 'another caller neither uses nor ends a session, whose id is all they know'),
    guardedBy('auth/traps.test.ts', 'a refreshed token keeps its session')
  )
}
