/** What a test client is told: how it introduces itself and answers, and what one request may ask for. */
import type { Members } from '../protocol/members.ts'
import type { ClientCapabilities, Implementation, ProgressParams } from '../protocol/types/index.ts'
import type { Answerers } from './test-client-answers.ts'

/** Options of `app.mcp.test()`. */
export interface TestOptions extends Answerers {
  /** Sent with every exchange, as `authorization` must be. */
  headers?: Record<string, string>
  /** Declared beside what follows from the answerers. */
  capabilities?: ClientCapabilities
  clientInfo?: Implementation
  /** The revision to ask for in `initialize`; 2025-06-18 by default. */
  revision?: string
  /** Path of the endpoint, where it is another than that of the scope or has parameters: `/mcp/v2`, `/tenants/acme/mcp`. */
  path?: string
  /** How long `next` waits for a notification, and `close` for streams to end; 2000 by default. */
  timeoutMs?: number
}

/** What `app.mcp.test()` takes; any other member is taken for a slip. */
export const testMembers: Members<TestOptions> = {
  headers: 'object',
  capabilities: 'object',
  clientInfo: 'object',
  revision: 'text',
  path: 'text',
  timeoutMs: 'number',
  elicit: true,
  sample: true,
  roots: true
}

/** Options of one request. */
export interface RequestOptions {
  /** Asks for progress, and is told of it. */
  onProgress?: ((step: ProgressParams) => void) | undefined
  /** Cancels the request: the server is told, then the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}
