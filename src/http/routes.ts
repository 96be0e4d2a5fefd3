/**
 * Routes of the API as tools and resources. A route asks for it in `config.mcp`, an endpoint with `routes`; only where both
 * do is it exposed. Calls go through the whole API: the route's hooks, validation and serializer run as for any client.
 */
import type { FastifyInstance } from 'fastify'
import { checkMembers, type Members } from '../protocol/members.ts'
import { aboutRoute, RouteBook } from './routes/book.ts'
import type { ExposedRoute, Routes, RoutesOptions } from './routes/config.ts'
import { type Declarer, declareRoute, describeRoute } from './routes/declare.ts'

export { RouteBook } from './routes/book.ts'
export type { ExposedRoute, RouteMcp, Routes, RoutesOptions } from './routes/config.ts'

const members: Members<RoutesOptions> = { filter: 'function', answerBytes: 'number', list: 'boolean' }

/** Longest answer of a route that is taken where nobody says otherwise. */
const defaultAnswerBytes = 1024 * 1024

/**
 * Keeps every route with `config.mcp` that is registered in `app` from now on, and in the scopes that it opens from now on.
 * Fastify shows nobody the routes from before; so the plugin is registered before the routes.
 * Registering a route whose `config.mcp` cannot work throws a DeclarationError.
 */
export function collectRoutes(app: FastifyInstance): RouteBook {
  const book = new RouteBook(app)
  app.addHook('onRoute', function (route) {
    book.note(this, route)
  })
  return book
}

/**
 * Exposes collected routes on an endpoint once the API is ready, when all routes and shared schemas are known. A route that
 * cannot work as a tool or a resource ends the boot with a DeclarationError that names it. The list goes to the log.
 */
export function exposeRoutes(
  book: RouteBook,
  endpoint: Declarer,
  scope: FastifyInstance,
  options: boolean | RoutesOptions = false
): Routes {
  const exposed: ExposedRoute[] = []
  if (options !== false) {
    if (options !== true) checkMembers('routes', options, members)
    const { filter, answerBytes = defaultAnswerBytes, list = false } = options === true ? {} : options
    scope.addHook('onReady', async () => {
      for (const route of book.routes) {
        const shown = describeRoute(route)
        if (filter?.(shown) === false) continue
        aboutRoute(route.method, route.url, () => declareRoute(route, shown, endpoint, book, answerBytes))
        exposed.push(shown)
      }
      report(book, exposed, scope, list)
    })
  }
  return { routes: () => [...exposed] }
}

function report({ early }: RouteBook, exposed: readonly ExposedRoute[], { log }: FastifyInstance, list: boolean): void {
  const unseen = 'routes registered before handwire are not seen'
  const hint = early ? `; ${unseen}` : ''
  if (exposed.length === 0) log.warn(`MCP: this endpoint asks for routes, and none with config.mcp was found${hint}`)
  else if (!list)
    log.info(
      { routes: exposed },
      `MCP: ${exposed.length === 1 ? '1 route is' : `${exposed.length} routes are`} exposed${hint}`
    )
  else {
    for (const route of exposed) log.info({ route }, `MCP: ${inWords(route)}`)
    if (early) log.info(`MCP: ${unseen}`)
  }
}

/** `POST /api/todos/:list is the tool add_todo, called with the credentials of the caller`. */
function inWords({ method, url, tool, resource, credentials }: ExposedRoute): string {
  const names = [tool && `the tool ${tool}`, resource && `the resource ${resource}`].filter(Boolean).join(' and ')
  return `${method} ${url} is ${names}${credentials === 'caller' ? ', called with the credentials of the caller' : ''}`
}
