/** Tools and resources around repositories: told once, served over HTTP and over stdio. */
import { Type } from '@sinclair/typebox'
import { type CallLimits, notFound, type Resources, type Tools } from 'handwire'
import type { Repositories } from './repositories.ts'
import { Issue, Severity, type Tracker } from './tracker.ts'

const Repository = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$',
  description: 'owner/name'
})
const Label = Type.String({ minLength: 1, maxLength: 50 })

/** Who this is. Every tool here calls the tracker, so what the tracker bears is a limit of all calls together. */
export function about(timeoutMs: number): { name: string; version: string; calls: CallLimits } {
  return { name: 'repository', version: '1.0.0', calls: { total: 8, timeoutMs } }
}

/** `mcp` is `app.mcp` of an API, or what `stdio()` returns. */
export function offerRepositories(mcp: Tools & Resources, repositories: Repositories, tracker: Tracker): void {
  mcp.tool(
    'create_issue',
    {
      description: 'Reports an issue of a repository',
      input: Type.Object({
        repository: Repository,
        title: Type.String({ minLength: 1, maxLength: 200 }),
        severity: Severity,
        body: Type.Optional(Type.String({ maxLength: 20_000, description: 'Markdown' })),
        labels: Type.Optional(Type.Array(Label, { maxItems: 10, uniqueItems: true }))
      }),
      output: Issue,
      annotations: { destructiveHint: false }
    },
    ({ repository, labels = [], ...issue }, { signal }) => tracker.create(repository, { ...issue, labels }, signal)
  )

  mcp.tool(
    'list_issues',
    {
      description: 'The issues of a repository, all or those of one severity',
      input: Type.Object({ repository: Repository, severity: Type.Optional(Severity) }),
      output: Type.Object({ issues: Type.Array(Issue) }),
      annotations: { readOnlyHint: true }
    },
    async ({ repository, severity }, { signal }) => {
      const issues = await tracker.issues(repository, signal)
      return { issues: issues.filter((issue) => severity === undefined || issue.severity === severity) }
    }
  )

  mcp.resource(
    'repo://{owner}/{name}/tree',
    {
      title: 'The files of a repository',
      mimeType: 'text/plain',
      complete: {
        owner: async (value) => beginning(await repositories.owners(), value),
        name: async (value, { arguments: { owner = '' } }) => beginning(await repositories.names(owner), value)
      }
    },
    async ({ owner, name }, { signal }) => {
      const directory = (await repositories.find(owner, name)) ?? notFound()
      return repositories.tree(directory, signal) // written to the wire as it comes
    }
  )
}

function beginning(names: string[], value: string): string[] {
  return names.filter((name) => name.startsWith(value)).sort()
}
