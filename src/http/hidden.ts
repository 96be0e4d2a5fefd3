/** What routes of ours say to `@fastify/swagger`: they are no operations of the API that they stand in. */
import type { FastifySchema } from 'fastify'

export const hidden = { hide: true } as FastifySchema
