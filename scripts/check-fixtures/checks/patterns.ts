/** What no meta-schema can tell of a pattern: its expressions compile, and its definitions are there. */
import type { Fixture } from '../../../src/conform/fixture.ts'
import type { Json } from '../../../src/conform/json.ts'
import { isObject } from '../../../src/protocol/frame.ts'
import { type Corpus, fileOf } from '../corpus.ts'
import { type Finding, fault } from '../finding.ts'
import { judgedBy } from '../step.ts'

export function expressionsCompile({ fixtures }: Corpus): Finding[] {
  return fixtures.flatMap((fixture) =>
    operandsOf('$re', fixture).flatMap((expression) => {
      try {
        new RegExp(expression, 'u')
        return []
      } catch (error) {
        return [fault(fileOf(fixture), (error as Error).message, 'mend the expression; it is compiled with the flag u')]
      }
    })
  )
}

export function definitionsExist({ fixtures, definitions }: Corpus): Finding[] {
  return fixtures.flatMap((fixture) =>
    operandsOf('$def', fixture)
      .filter((name) => !definitions.has(name))
      .map((name) =>
        fault(fileOf(fixture), `there is no definition ${name}`, 'take a name from schema-2025-06-18.json, definitions')
      )
  )
}

/** What stands beside a matcher, wherever in the patterns of a case. */
function operandsOf(matcher: string, { steps }: Fixture): string[] {
  const found: string[] = []
  const look = (pattern: Json): void => {
    if (Array.isArray(pattern)) for (const item of pattern) look(item)
    else if (isObject(pattern)) {
      for (const [key, operand] of Object.entries(pattern)) {
        if (key === matcher) found.push(operand as string)
        else if (key !== '$lit') look(operand as Json)
      }
    }
  }
  for (const step of steps) for (const { patterns } of judgedBy(step)) for (const pattern of patterns) look(pattern)
  return found
}
