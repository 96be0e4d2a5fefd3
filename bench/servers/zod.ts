/** The input of a catalog tool as the official SDKs take it. */
import { z } from 'zod'
import type { CatalogTool } from './catalog.ts'

/** A raw shape: a zod type for each field. */
export function zodShape(tool: CatalogTool): Record<string, z.ZodType> {
  return Object.fromEntries(
    tool.fields.map(({ name, kind, description, optional }) => {
      const type = z[kind]().describe(description)
      return [name, optional ? type.optional() : type]
    })
  )
}
