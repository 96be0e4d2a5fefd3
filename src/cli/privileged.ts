/** What the reference server offers beyond its contract when it knows its callers: the items that ask for a scope. */
import { Type } from '@sinclair/typebox'
import type { Mcp } from '../http/index.ts'

/** The scope that everything here asks for. */
export const privilege = 'privileged'
const scopes = [privilege]

/** Plugs in everything. The server has to verify somebody. */
export function offerPrivileged(mcp: Pick<Mcp, 'tool' | 'resource' | 'prompt'>): void {
  mcp.tool('test_privileged', { description: 'Returns a text, to those who may have it.', scopes }, () => 'classified')
  mcp.resource('test://privileged', { name: 'privileged', description: 'For few.', scopes }, () => 'classified')
  mcp.prompt(
    'test_privileged_prompt',
    {
      description: 'For few.',
      scopes,
      arguments: Type.Object({ value: Type.String() }),
      complete: { value: () => ['classified'] }
    },
    ({ value }) => value
  )
}
