/** What is not called breaking breaks nothing: judged by Ajv, over many schemas and values. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../../src/conform/json.ts'
import { schemaDifferences } from '../../../src/conform/snapshot/schema-differences.ts'
import { addsNothing, keeps } from '../../../src/conform/snapshot/turn.ts'
import { compileJsonSchema } from '../../../src/protocol/schema.ts'
import { isNamed, schemaPairs, values } from './schemas.ts'

const settings = {
  seed: Number(process.env['FUZZ_SEED'] ?? 20250618),
  numRuns: 250 * Number(process.env['FUZZ_RUNS'] ?? 1)
}

/** Time for one property, in milliseconds: far more than it needs. */
const patience = 60_000 * Number(process.env['FUZZ_RUNS'] ?? 1)

const fitting = (schema: Json): Json[] => values.filter(compileJsonSchema(schema as object) as (value: Json) => boolean)

/** The values that fit one schema and not the other. */
function lost(from: Json, to: Json): Json[] {
  const fits = compileJsonSchema(to as object)
  return fitting(from).filter((value) => !fits(value))
}

test('a schema compared with itself, or with itself in another order, has no difference', () => {
  const reversed = (value: Json): Json => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, member]) => [name, reversed(member)])
    )
  }
  fc.assert(
    fc.property(schemaPairs({ unsaid: true, choices: true }), ([schema]) => {
      expect(schemaDifferences(schema, structuredClone(schema))).toEqual([])
      expect(schemaDifferences(schema, reversed(schema))).toEqual([])
    }),
    { ...settings, numRuns: 150 }
  )
})

test(
  'where nothing turns narrower every value that fitted fits still, and where nothing turns wider none is new',
  () => {
    const judged = { kept: 0, added: 0, losing: 0 }
    fc.assert(
      fc.property(schemaPairs({ unsaid: false, choices: true }), ([before, after]) => {
        const differences = schemaDifferences(before, after)
        const missed = lost(before, after)
        if (missed.length > 0) judged.losing += 1
        if (differences.every(keeps)) {
          judged.kept += 1
          expect(missed.slice(0, 3)).toEqual([])
        }
        if (differences.every(addsNothing)) {
          judged.added += 1
          expect(lost(after, before).slice(0, 3)).toEqual([])
        }
      }),
      settings
    )
    // the verdict has to be given often enough to mean something
    expect(Math.min(judged.kept, judged.added, judged.losing)).toBeGreaterThan(settings.numRuns / 10)
  },
  patience
)

test(
  'a value with none but named members that fitted fits still, where objects say nothing of other members',
  () => {
    let kept = 0
    fc.assert(
      fc.property(schemaPairs({ unsaid: true, choices: false }), ([before, after]) => {
        if (!schemaDifferences(before, after).every(keeps)) return
        kept += 1
        expect(
          lost(before, after)
            .filter((value) => isNamed(before, value))
            .slice(0, 3)
        ).toEqual([])
      }),
      settings
    )
    expect(kept).toBeGreaterThan(settings.numRuns / 10)
  },
  patience
)
