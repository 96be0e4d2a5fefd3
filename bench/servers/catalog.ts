/** What every server under the bench offers: an `echo` tool and 21 others that are only listed. */

export interface Field {
  name: string
  kind: 'string' | 'number' | 'boolean'
  description: string
  optional: boolean
}

export interface CatalogTool {
  name: string
  description: string
  fields: readonly Field[]
}

const field = (name: string, kind: Field['kind'], description: string, optional = false): Field => ({
  name,
  kind,
  description,
  optional
})

const things = ['todo', 'list', 'project', 'person', 'comment', 'invoice', 'report']

const echo: CatalogTool = {
  name: 'echo',
  description: 'Returns the text it was given.',
  fields: [field('text', 'string', 'What to return')]
}

export const catalog: readonly CatalogTool[] = [
  echo,
  ...things.flatMap((thing) => [
    {
      name: `find_${thing}`,
      description: `Searches for a ${thing} by words in its title and returns the first matches, newest first.`,
      fields: [
        field('query', 'string', 'Words to look for'),
        field('limit', 'number', 'Most matches to return', true),
        field('archived', 'boolean', 'Whether archived ones count', true)
      ]
    },
    {
      name: `add_${thing}`,
      description: `Adds a ${thing} and returns the id it was given.`,
      fields: [field('title', 'string', 'Title to show'), field('notes', 'string', 'Anything else to keep', true)]
    },
    {
      name: `remove_${thing}`,
      description: `Removes a ${thing} for good.`,
      fields: [field('id', 'string', `Id of the ${thing}`), field('force', 'boolean', 'Also when it is in use', true)]
    }
  ])
]

/** The input of a tool as JSON Schema. */
export function inputSchema(tool: CatalogTool): { type: 'object' } & Record<string, unknown> {
  return {
    type: 'object',
    properties: Object.fromEntries(
      tool.fields.map(({ name, kind, description }) => [name, { type: kind, description }])
    ),
    required: tool.fields.filter(({ optional }) => !optional).map(({ name }) => name)
  }
}

/** The tools as `tools/list` shows them. */
export const listing = catalog.map((tool) => ({
  name: tool.name,
  description: tool.description,
  inputSchema: inputSchema(tool)
}))
