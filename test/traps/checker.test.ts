/** Traps about checkers: what they send themselves must be right, or they find faults that are their own. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { corpusDirectory } from '../../src/conform/fixture.ts'
import { conform } from '../../src/conform/index.ts'
import type { TappedFrame } from '../../src/protocol/ports.ts'
import { compileJsonSchema } from '../../src/protocol/schema.ts'
import { listening } from '../support/listening.ts'

const official = JSON.parse(readFileSync(new URL('schema-2025-06-18.json', corpusDirectory), 'utf8'))
const fits = (definition: string) =>
  compileJsonSchema({ $ref: `#/definitions/${definition}`, definitions: official.definitions })

test('every initialize that the runner sends for a sound case is that of the official schema', async () => {
  const frames: TappedFrame[] = []
  const { app } = await listening({ realTime: true, plugin: { onFrame: (frame) => void frames.push(frame) } })
  const report = await conform(app, { only: ['ping/answer/*', 'session/isolation/same-ids'] })
  expect(report.results.filter(({ outcome }) => outcome === 'fail' || outcome === 'error')).toEqual([])
  const sent = frames.filter(({ direction, frame }) => direction === 'in' && frame?.includes('"initialize"') === true)
  expect(sent.length).toBeGreaterThan(3)
  for (const { frame } of sent) {
    const message = JSON.parse(frame as string)
    expect(fits('InitializeRequest')(message)).toBe(true)
    expect(Object.keys(message.params).sort()).toEqual(['capabilities', 'clientInfo', 'protocolVersion'])
  }
})
