/** What oidc-provider tells of its doings, as lines of the log: who and what, and never a secret. */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Logger } from '../../protocol/ports.ts'

/** Whom else it concerns. */
export interface Listeners {
  /** A grant was revoked: its tokens are good no more. */
  revoked(grant: string): void
  /** A client got a token. */
  used(client: string): Promise<void>
}

/** Writes what a provider does to the log. */
export function keepJournal(provider: Provider, log: Logger, { revoked, used }: Listeners): void {
  provider.on('grant.success', (ctx) => {
    log.info({ ...who(ctx), grant: ctx.oidc.params?.['grant_type'] }, 'token issued')
    const client = ctx.oidc.client?.clientId
    if (client === undefined) return
    used(client).catch((error: unknown) => log.warn({ err: error }, 'a client cannot be marked as used'))
  })
  provider.on('grant.error', (ctx, error) => log.info({ ...who(ctx), ...why(error) }, 'token refused'))
  provider.on('grant.revoked', (ctx, grant) => {
    revoked(grant)
    log.info(who(ctx), 'grant revoked')
  })
  provider.on('registration_create.success', (_ctx, client) =>
    log.info({ client: client.clientId }, 'client registered')
  )
  provider.on('registration_create.error', (_ctx, error) => log.info(why(error), 'client refused'))
  provider.on('authorization.accepted', (ctx) => log.info(who(ctx), 'client allowed'))
  provider.on('authorization.error', (ctx, error) => log.info({ ...who(ctx), ...why(error) }, 'authorization refused'))
}

function who({ oidc }: KoaContextWithOIDC): object {
  return { client: oidc.client?.clientId, subject: oidc.entities.Account?.accountId }
}

/** Why something was refused, in the words of the package, which tell nothing of what was sent. */
function why(error: Error): object {
  const { error_description: description, error_detail: detail } = error as Error & {
    error_description?: string
    error_detail?: string
  }
  return { reason: detail ?? description ?? error.name }
}
