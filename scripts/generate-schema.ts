/**
 * Writes spec-fixtures/schema-2025-06-18.json: the protocol's types as one draft-07 JSON Schema document, so that a
 * server in any language can be judged by the schemas this one is judged by. With `--check` it writes nothing and
 * exits 1 when the file is not what the types say.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { definitions } from '../src/protocol/types/definitions.ts'

type Json = null | boolean | number | string | Json[] | { [member: string]: Json }

/** Where the document lies. */
export const schemaFile = fileURLToPath(new URL('../spec-fixtures/schema-2025-06-18.json', import.meta.url))

/** The document as the file holds it: names and members in the order of the types, two spaces, a last newline. */
export function schemaDocument(): string {
  const plain = JSON.parse(JSON.stringify(definitions)) as { [name: string]: { [member: string]: Json } }
  const names = nameByText(plain)
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'MCP revision 2025-06-18. Generated from src/protocol/types by scripts/generate-schema.ts; do not edit.',
    definitions: Object.fromEntries(Object.entries(plain).map(([name, schema]) => [name, named(name, schema, names)]))
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Which definition a piece of schema is, by its text; titles keep apart those that would otherwise read alike. */
function nameByText(plain: { [name: string]: { title?: Json } }): Map<string, string> {
  const names = new Map<string, string>()
  for (const [name, schema] of Object.entries(plain)) {
    if (schema.title === undefined || schema.title === name) names.set(JSON.stringify(schema), name)
  }
  return names
}

/** One definition, with a `$ref` wherever another definition is used inside it, or it is all there is to it. */
function named(self: string, schema: Json, names: Map<string, string>): Json {
  const other = names.get(JSON.stringify(schema))
  return other === self ? members(schema, names) : referred(schema, names)
}

function referred(schema: Json, names: Map<string, string>): Json {
  const name = names.get(JSON.stringify(schema))
  return name === undefined ? members(schema, names) : { $ref: `#/definitions/${name}` }
}

function members(schema: Json, names: Map<string, string>): Json {
  if (Array.isArray(schema)) return schema.map((item) => referred(item, names))
  if (schema === null || typeof schema !== 'object') return schema
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, referred(value, names)]))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = schemaDocument()
  if (!process.argv.includes('--check')) {
    writeFileSync(schemaFile, document)
  } else if (readFileSync(schemaFile, 'utf8') !== document) {
    console.error('spec-fixtures/schema-2025-06-18.json is not what the types say; run npm run generate')
    process.exitCode = 1
  }
}
