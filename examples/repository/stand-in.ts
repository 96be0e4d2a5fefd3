/** Stands in for an issue tracker, where none is at hand: the few routes that the example calls, all in memory. */
import { type Static, Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'

const Repository = Type.Object({ owner: Type.String(), name: Type.String() })
const NewIssue = Type.Object({
  title: Type.String(),
  severity: Type.String(),
  labels: Type.Array(Type.String()),
  body: Type.Optional(Type.String())
})
type OfRepository = { Params: Static<typeof Repository> }

/** Knows repositories of the owner `acme` alone. */
export function trackerStandIn(): FastifyInstance {
  const app = Fastify()
  const issues = new Map<string, object[]>()

  app.addHook<OfRepository>('preHandler', async ({ params }, reply) => {
    if (params.owner !== 'acme') return reply.code(404).send({ message: 'no such repository' })
  })

  app.get('/repos/:owner/:name/labels', { schema: { params: Repository } }, async () => ['bug', 'crash', 'typo'])

  app.get<OfRepository>(
    '/repos/:owner/:name/issues',
    { schema: { params: Repository } },
    async ({ params: { name } }) => issues.get(name) ?? []
  )

  app.post<OfRepository & { Body: Static<typeof NewIssue> }>(
    '/repos/:owner/:name/issues',
    { schema: { params: Repository, body: NewIssue } },
    async ({ params: { owner, name }, body }, reply) => {
      const known = issues.get(name) ?? []
      const number = known.length + 1
      const issue = { number, ...body, url: `https://tracker.example/${owner}/${name}/issues/${number}` }
      issues.set(name, [...known, issue])
      return reply.code(201).send(issue)
    }
  )

  return app
}
