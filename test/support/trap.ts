/**
 * The traps that other servers and plugins fell into, and what their users miss: each with the tests that keep us out of it.
 * A guard is a test by its file and exact title, or cases of spec-fixtures, which test/fixtures.test.ts and
 * test/fixtures-extended.test.ts replay against our server.
 */

export type Guard = { readonly file: string; readonly title: string } | { readonly cases: readonly string[] }

export interface Trap {
  /** Who fell into it, or who asks. */
  readonly whose: string
  /** What goes wrong. */
  readonly trap: string
  readonly guards: readonly [Guard, ...Guard[]]
}

/** A test by its file below `test` and its exact title. */
export const guardedBy = (file: string, title: string): Guard => ({ file, title })

/** Cases of the corpus by their ids. */
export const cases = (...ids: string[]): Guard => ({ cases: ids })

/** Every trap there is to have a row for, by where it was found. */
export const trapIds = {
  plugin: [
    'plugin-origin-unchecked-by-default',
    'plugin-client-answer-is-a-server-error',
    'plugin-unknown-session-gets-a-fresh-one',
    'plugin-requests-without-session-mint-sessions',
    'plugin-event-ids-repeat-under-concurrency',
    'plugin-reconnected-stream-stays-silent',
    'plugin-templates-listed-but-not-read',
    'plugin-not-found-is-method-not-found',
    'plugin-failure-dressed-as-success',
    'plugin-structured-output-unchecked',
    'plugin-cancellation-only-logged',
    'plugin-batches-and-broken-envelopes-served',
    'plugin-foreign-body-is-a-server-error',
    'plugin-arguments-rewritten-or-capped',
    'plugin-formats-fail-and-schemas-recompiled',
    'plugin-close-hangs-with-an-open-stream',
    'plugin-host-headers-lost-on-streams',
    'plugin-prefix-ignored-and-second-registration-throws',
    'plugin-auth-demanded-of-every-host-route',
    'plugin-cors-opened-for-the-whole-api',
    'plugin-issuer-expiry-and-audience-unchecked',
    'plugin-metadata-and-challenge-at-wrong-paths',
    'plugin-sessions-not-tied-to-the-caller',
    'plugin-scheme-case-sensitive'
  ],
  sdk: [
    'sdk-batch-executed',
    'sdk-origin-and-host-ignored-by-default',
    'sdk-missing-resource-code-rewritten',
    'sdk-unknown-tool-is-a-failed-result',
    'sdk-invalid-arguments-are-a-failed-result',
    'sdk-malformed-params-are-internal-errors',
    'sdk-reused-id-steals-the-stream',
    'sdk-json-answers-drop-questions',
    'sdk-cursors-ignored',
    'sdk-subscribe-advertised-and-not-served',
    'sdk-progress-falls-or-was-not-asked-for',
    'sdk-capabilities-without-effect',
    'sdk-disconnect-aborts-the-call',
    'sdk-structured-content-without-mirror',
    'sdk-dialect-published',
    'sdk-older-version-header-changes-behaviour',
    'sdk-bad-envelope-is-a-parse-error-with-null-id',
    'sdk-cannot-join-an-existing-app',
    'sdk-close-hangs-with-an-open-get'
  ],
  others: [
    'revision-served-without-sessions',
    'revision-hard-wired',
    'green-suite-taken-for-conformance',
    'host-app-disturbed-by-the-plugin',
    'missing-resource-without-its-own-code',
    'fastify-mcp-unknown-session-is-400',
    'fastify-mcp-disconnect-kills-the-call',
    'fastify-mcp-options-do-not-arrive',
    'mcp-lite-ended-session-served',
    'mcp-lite-stack-shipped-to-the-client',
    'mcp-lite-plain-schema-unchecked',
    'mcp-lite-replay-crosses-streams',
    'tmcp-every-request-is-a-session',
    'tmcp-bad-version-header-served',
    'tmcp-one-counter-of-questions-for-all-sessions',
    'fastmcp-foreign-origin-allowed-with-a-star',
    'python-fastmcp-rate-limit-in-a-200',
    'go-sdk-origin-check-off',
    'conformance-tool-does-not-start-on-node-20',
    'validator-sends-a-misspelt-initialize'
  ],
  needs: [
    'need-sessions-survive-restarts',
    'need-no-leak-when-clients-vanish',
    'need-no-sticky-sessions',
    'need-existing-routes-as-tools',
    'need-safe-against-rebinding-by-default',
    'need-streams-live-through-proxies',
    'need-host-cors-and-headers-on-streams',
    'need-cancel-and-disconnect-told-apart',
    'need-progress-arrives-and-keeps-the-call-alive',
    'need-elicitation-without-deadlock',
    'need-typed-tool-errors-without-leaks',
    'need-plain-schema-that-clients-accept',
    'need-limits-by-tool-and-caller',
    'need-health-drain-logs-and-traces',
    'need-tests-without-a-model',
    'need-tool-lists-by-caller',
    'need-several-endpoints-in-one-process',
    'need-request-headers-in-handlers',
    'need-subscriptions-that-deliver',
    'need-clean-stdout',
    'need-tools-longer-than-a-minute',
    'need-auth-on-the-endpoint-alone',
    'need-discovery-that-clients-follow',
    'need-static-token-beside-oauth',
    'need-registration-that-is-not-abused',
    'need-session-bound-to-its-owner'
  ]
} as const

export type TrapId = (typeof trapIds)[keyof typeof trapIds][number]

/** The rows of one place: a missing or a foreign id does not compile. */
export type TrapsOf<Place extends keyof typeof trapIds> = Readonly<Record<(typeof trapIds)[Place][number], Trap>>
