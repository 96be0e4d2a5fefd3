/** What initialize leaves: the session record, and the answer (basic/lifecycle#initialization). */
import { DeclarationError, printable } from './errors.ts'
import type { Feature } from './feature.ts'
import { negotiate } from './revisions.ts'
import type { Session } from './session.ts'
import type {
  ClientCapabilities,
  Implementation,
  InitializeParams,
  InitializeResult,
  ServerCapabilities
} from './types/index.ts'

/** What the server says of itself. Throws a DeclarationError for what no handshake could tell. */
export function serverInfo({ name, version, title }: Implementation): Implementation {
  const info = title === undefined ? { name, version } : { name, version, title }
  for (const [member, value] of Object.entries(info))
    if (typeof value !== 'string' || value === '')
      throw new DeclarationError(
        'server-info',
        `MCP: ${member} is a text that clients are told, such as '1.0.0' of a version`
      )
  return info
}

/** A fresh record. Capabilities are what is registered now; logging is always offered, because any handler may log. */
export function openSession(
  id: string,
  params: InitializeParams,
  features: readonly Feature[],
  owner?: string
): Session {
  const offered: ServerCapabilities = { logging: {} }
  for (const feature of features) Object.assign(offered, feature.capabilities())
  return {
    id,
    ...(owner === undefined ? {} : { owner }),
    revision: negotiate(params.protocolVersion),
    client: { info: implementation(params.clientInfo), capabilities: capabilities(params.capabilities) },
    offered,
    ready: false,
    level: 'info',
    subscriptions: [],
    data: {}
  }
}

/** The answer to initialize (LIFE-04). */
export function initializeResult(session: Session, info: Implementation, instructions?: string): InitializeResult {
  const result = { protocolVersion: session.revision, capabilities: session.offered, serverInfo: info }
  return instructions === undefined ? result : { ...result, instructions }
}

/** The members of clientInfo that the schema names, so that a record stays small. */
function implementation(info: Implementation): Implementation {
  const { name, version, title } = info
  return title === undefined
    ? { name: name.slice(0, 256), version: version.slice(0, 256) }
    : { name: name.slice(0, 256), version: version.slice(0, 256), title: title.slice(0, 256) }
}

/** The capabilities that the schema names; unknown ones are let through the check and not kept (LIFE-06). */
function capabilities(declared: ClientCapabilities): ClientCapabilities {
  const kept: ClientCapabilities = {}
  if (declared.roots !== undefined) kept.roots = { listChanged: declared.roots.listChanged === true }
  if (declared.sampling !== undefined) kept.sampling = {}
  if (declared.elicitation !== undefined) kept.elicitation = {}
  const { experimental } = declared
  if (experimental !== undefined && (printable(experimental)?.length ?? Number.POSITIVE_INFINITY) <= 4096) {
    kept.experimental = experimental
  }
  return kept
}
