/** The corpus is sound, and every check of it is shown to see what it is there for. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks, findingsOf } from '../scripts/check-fixtures/checks/index.ts'
import { type Corpus, CorpusError, readCorpus } from '../scripts/check-fixtures/corpus.ts'
import { choices, coverageOf } from '../scripts/check-fixtures/coverage.ts'
import { lineOf } from '../scripts/check-fixtures/finding.ts'
import { coveragePage } from '../scripts/check-fixtures/page.ts'
import type { Requirement } from '../scripts/check-fixtures/requirement.ts'
import { coverageText, summary } from '../scripts/check-fixtures/table.ts'
import { checkFixtures } from '../scripts/check-fixtures.ts'
import { corpusDirectory, type Fixture, loadFixtures, type Step } from '../src/conform/fixture.ts'

const directory = fileURLToPath(corpusDirectory)
const own = await readCorpus(directory)

describe('the corpus as it stands', () => {
  test('has no faults', () => {
    const faults = findingsOf(own).filter(({ severity }) => severity === 'fault')
    expect(faults.map(lineOf)).toEqual([])
  })

  test('has a case or a reason for every requirement that a server can be tested by', () => {
    const { rows, counts } = coverageOf(own)
    expect(rows.filter(({ state }) => state === 'missing').map(({ requirement }) => requirement.id)).toEqual([])
    expect(counts.required).toBe(310)
  })

  test('is read as the runner reads it', async () => {
    const runners = await loadFixtures(directory)
    expect(own.fixtures.map(({ id }) => id)).toEqual(runners.map(({ id }) => id))
  })
})

const ruleOf = (id: string, more: Partial<Requirement> = {}): Requirement => ({
  id,
  level: 'MUST',
  side: 'server',
  page: 'basic/index',
  anchor: 'messages',
  says: `The rule ${id} holds.`,
  observable: 'wire',
  basis: 'text',
  ...more
})

const rules = [
  ruleOf('RULE-1'),
  ruleOf('RULE-2', { level: 'SHOULD' }),
  ruleOf('RULE-3', { side: 'client' }),
  ruleOf('RULE-4', { basis: 'inferred', note: 'It would be better so.' }),
  ruleOf('RULE-5', { basis: 'inferred', note: 'From RULE-1, which says so.' }),
  ruleOf('RULE-6', { level: 'MAY' })
]

const ping: Step = { request: { id: 1, method: 'ping' }, expect: { id: 1, result: { $only: {} } } }

/** What a text reads a capture by. */
const hole = (name: string): string => `$\{${name}}`

let made = 0
/** A case in which nothing is wrong but what is given. */
const caseOf = (more: Partial<Fixture> = {}): Fixture => {
  made++
  return {
    id: `area/group/case-${made}`,
    title: `Case ${made}`,
    revision: ['2025-06-18'],
    level: 'MUST',
    kind: 'positive',
    requirements: ['RULE-1'],
    transports: ['http', 'stdio'],
    steps: [ping],
    provenance: { from: 'hand' },
    ...more
  }
}
const stepsOf = (...steps: Step[]): Fixture => caseOf({ steps })

const corpusOf = (fixtures: Fixture[], more: Partial<Corpus> = {}): Corpus => ({
  fixtures,
  requirements: rules,
  definitions: new Set(['Tool', 'Result']),
  files: new Set(fixtures.map(({ id }) => `${id}.json`)),
  profiles: [],
  profileSchema: own.profileSchema,
  unreadable: [],
  ...more
})

/** What is wrong, by one check, with some cases; and by every other check nothing is. */
const wrongBy = (check: string, corpus: Corpus): string[] => {
  for (const [name, other] of Object.entries(checks)) if (name !== check) expect(other(corpus), name).toEqual([])
  return (checks[check] as (corpus: Corpus) => { wrong: string }[])(corpus).map(({ wrong }) => wrong)
}

test('a sound case has nothing wrong', () => {
  expect(findingsOf(corpusOf([caseOf()]))).toEqual([])
})

describe('citations', () => {
  test('an id that is not in the index is a fault', () => {
    const corpus = corpusOf([caseOf({ requirements: ['RULE-1', 'RULE-77'] })])
    expect(wrongBy('knownRequirements', corpus)).toEqual(['cites RULE-77, which does not exist'])
  })

  test('an id that the index has twice is a fault', () => {
    const corpus = corpusOf([caseOf()], { requirements: [...rules, ruleOf('RULE-1')] })
    expect(wrongBy('knownRequirements', corpus)).toEqual(['RULE-1 stands there twice'])
  })

  test('a rule for clients is a fault', () => {
    const corpus = corpusOf([caseOf({ requirements: ['RULE-1', 'RULE-3'] })])
    expect(wrongBy('serverRequirements', corpus)).toEqual(['cites RULE-3, a rule for clients'])
  })

  test('a level above that of every rule is a fault', () => {
    const corpus = corpusOf([caseOf({ requirements: ['RULE-2', 'RULE-6'] })])
    expect(wrongBy('levels', corpus)).toEqual(['is a MUST but cites only RULE-2 (SHOULD), RULE-6 (MAY)'])
  })

  test('a level without any rule is a fault unless it is MAY', () => {
    const corpus = corpusOf([caseOf({ requirements: [], level: 'SHOULD' })])
    expect(wrongBy('levels', corpus)).toEqual(['is a SHOULD but cites nothing'])
    expect(findingsOf(corpusOf([caseOf({ requirements: [], level: 'MAY' })]))).toEqual([])
  })

  test('a MUST on advice alone is a fault', () => {
    const corpus = corpusOf([caseOf({ requirements: ['RULE-4', 'RULE-2'] })])
    expect(wrongBy('bases', corpus)).toEqual(['is a MUST on advice alone: RULE-4 (inferred)'])
  })

  test('a MUST on a reading that names a worded rule is none', () => {
    expect(findingsOf(corpusOf([caseOf({ requirements: ['RULE-5'] })]))).toEqual([])
  })

  test('a reason for a rule that has a case is a fault', () => {
    const corpus = corpusOf([caseOf({ id: 'area/group/one' })], {
      requirements: [ruleOf('RULE-1', { no_case: 'It cannot be seen.' })]
    })
    expect(wrongBy('reasons', corpus)).toEqual(['RULE-1 has a no_case although area/group/one cites it'])
  })

  test('a reason that says nothing is a fault', () => {
    const corpus = corpusOf([caseOf()], { requirements: [...rules, ruleOf('RULE-9', { no_case: ' ' })] })
    expect(wrongBy('reasons', corpus)).toEqual(['the no_case of RULE-9 says nothing'])
  })

  test('a rule that only milder cases test is a warning', () => {
    const corpus = corpusOf([caseOf({ id: 'area/group/mild', level: 'SHOULD' })])
    expect(wrongBy('testedInEarnest', corpus)).toEqual([
      'RULE-1 is a MUST, but its cases are milder: area/group/mild (SHOULD)'
    ])
  })
})

describe('likeness', () => {
  const pong: Step = { request: { id: 2, method: 'ping' }, expect: { id: 2 } }

  test('a title that another case has is a fault', () => {
    const corpus = corpusOf([
      caseOf({ id: 'area/group/one', title: 'It pings.' }),
      caseOf({ title: 'it pings', steps: [pong] })
    ])
    expect(wrongBy('uniqueTitles', corpus)).toEqual(['has the title of area/group/one'])
  })

  test('the steps of another case are a fault, whatever the notes say', () => {
    const corpus = corpusOf([caseOf({ id: 'area/group/one' }), caseOf({ steps: [{ ...ping, note: 'again' } as Step] })])
    expect(wrongBy('uniqueSteps', corpus)).toEqual(['does the same as area/group/one'])
  })

  test('the steps of another case are none for another client', () => {
    const other = caseOf({ client: { capabilities: { roots: {} } } })
    expect(findingsOf(corpusOf([caseOf(), other]))).toEqual([])
  })
})

describe('patterns', () => {
  test('an unknown definition is a fault, however deep it stands', () => {
    const expect_ = { result: { tools: { $each: { $any: [{ $def: 'Tool' }, { $def: 'Tulip' }] } } } }
    const corpus = corpusOf([stepsOf({ request: { id: 1, method: 'tools/list' }, expect: expect_ })])
    expect(wrongBy('definitionsExist', corpus)).toEqual(['there is no definition Tulip'])
  })

  test('an expression that does not compile with the flag u is a fault', () => {
    const corpus = corpusOf([stepsOf({ request: { id: 1, method: 'ping' }, expect: { id: { $re: '\\-' } } })])
    expect(wrongBy('expressionsCompile', corpus)).toEqual([expect.stringContaining('Invalid regular expression')])
  })

  test('what stands in a literal is no matcher', () => {
    const literal = { result: { $lit: { $def: 'Tulip', $re: '(' } } }
    expect(findingsOf(corpusOf([stepsOf({ request: { id: 1, method: 'ping' }, expect: literal })]))).toEqual([])
  })
})

describe('captures', () => {
  const list = (id: number, expect_: object): Step => ({
    request: { id, method: 'tools/list' },
    expect: expect_ as never
  })
  const cursor = (name: string): Step => ({
    request: { id: 9, method: 'tools/list', params: { cursor: { $get: name } } }
  })
  const unset = (name: string, verb = 'request'): string[] => [
    expect.stringMatching(`step \\d \\(${verb}\\) reads ${name}, which nothing remembers before`)
  ]
  const unsure = (name: string): string[] => [
    expect.stringContaining(`reads ${name}, which not every way to it remembers`)
  ]

  test('what is sent before anything was remembered is a fault', () => {
    expect(wrongBy('capturesAreSet', corpusOf([stepsOf(cursor('next'))]))).toEqual(unset('next'))
  })

  test('a text that is sent is looked into', () => {
    const step: Step = { http: { method: 'GET', headers: { 'last-event-id': `x${hole('last')}` } } }
    const corpus = corpusOf([caseOf({ transports: ['http'], steps: [step] })])
    expect(wrongBy('capturesAreSet', corpus)).toEqual(unset('last', 'http'))
  })

  test('a pattern that reads what only a later member remembers is a fault', () => {
    const step = list(1, { result: { one: { $get: 'it' }, two: { $set: 'it' } } })
    expect(wrongBy('capturesAreSet', corpusOf([stepsOf(step)]))).toEqual(unset('it'))
  })

  test('nothing is remembered inside $not, where and never', () => {
    const steps: Step[] = [
      list(1, { result: { $not: { x: { $set: 'a' } } } }),
      { collect: { where: { x: { $set: 'b' } } }, match: { $len: [0, null] } },
      { never: { message: { x: { $set: 'c' } } } },
      { expect: { message: { a: hole('a'), b: hole('b'), c: hole('c') } } }
    ]
    const wrong = wrongBy('capturesAreSet', corpusOf([stepsOf(...steps)]))
    expect(wrong).toEqual(['a', 'b', 'c'].flatMap((name) => unset(name, 'expect')))
  })

  test('what only one alternative remembers is a fault', () => {
    const step = list(1, { result: { $any: [{ nextCursor: { $set: 'next' } }, { tools: [] }] } })
    expect(wrongBy('capturesAreSet', corpusOf([stepsOf(step, cursor('next'))]))).toEqual(unsure('next'))
  })

  test('what only one graded alternative remembers is a fault', () => {
    const step: Step = {
      request: { id: 1, method: 'tools/list' },
      accept: [
        { match: { result: { nextCursor: { $set: 'next' } } }, grade: 'ok' },
        { match: {}, grade: 'warn' }
      ]
    }
    expect(wrongBy('capturesAreSet', corpusOf([stepsOf(step, cursor('next'))]))).toEqual(unsure('next'))
  })

  test('what the elements of an array remember is a fault, as it may be empty', () => {
    const step = list(1, { result: { tools: { $each: { name: { $set: 'name' } } } } })
    const corpus = corpusOf([stepsOf(step, { expect: { message: { x: { $get: 'name' } } } })])
    expect(wrongBy('capturesAreSet', corpus)).toEqual(unsure('name'))
  })

  test('what the answer of HTTP remembers is a fault where the case runs on stdio, too', () => {
    const step: Step = { request: { id: 1, method: 'ping' }, http: { headers: { 'mcp-session-id': { $set: 'id' } } } }
    const steps = [step, { expect: { message: { x: { $get: 'id' } } } }]
    expect(wrongBy('capturesAreSet', corpusOf([stepsOf(...steps)]))).toEqual(unsure('id'))
    expect(findingsOf(corpusOf([caseOf({ transports: ['http'], steps })]))).toEqual([])
  })

  test('the address is a fault where the case runs on stdio, too', () => {
    const steps: Step[] = [{ expect: { message: { uri: `${hole('origin')}/x` } } }]
    expect(wrongBy('capturesAreSet', corpusOf([stepsOf(...steps)]))).toEqual(unsure('origin'))
    expect(findingsOf(corpusOf([caseOf({ transports: ['http'], steps })]))).toEqual([])
  })

  test('any tool is remembered where the case needs one', () => {
    const steps: Step[] = [
      {
        request: { id: 1, method: 'tools/call', params: { name: hole('tool'), arguments: { $get: 'toolArguments' } } },
        expect: { result: {} }
      }
    ]
    expect(wrongBy('capturesAreSet', corpusOf([stepsOf(...steps)]))).toHaveLength(2)
    expect(findingsOf(corpusOf([caseOf({ needs: { any: ['tool'] }, steps })]))).toEqual([])
  })

  test('what every alternative remembers may be read, also in the same pattern', () => {
    const step = list(1, {
      $any: [{ result: { $set: 'it' } }, { error: { $set: 'it' } }],
      $not: { other: { $get: 'it' } }
    })
    expect(findingsOf(corpusOf([stepsOf(step, { expect: { message: { x: { $get: 'it' } } } })]))).toEqual([])
  })
})

describe('streams and sessions', () => {
  const http = (...steps: Step[]): Corpus => corpusOf([caseOf({ transports: ['http'], steps })])
  const call: Step = { request: { id: 1, method: 'ping' }, as: 'call' }

  test.each<[string, Step]>([
    ['on', { expect: { on: 'call', message: {} } }],
    ['drop', { drop: 'call' }],
    ['end', { end: 'call' }]
  ])('a stream that nothing opened before is a fault where %s names it', (_, step) => {
    expect(wrongBy('streamsExist', http(step, call))).toEqual([
      expect.stringContaining('names the stream call, which nothing opened before')
    ])
    expect(findingsOf(http(call, step))).toEqual([])
  })

  test('a stream of another session is a fault', () => {
    const steps: Step[] = [call, { open: 'other' }, { in: 'other', expect: { on: 'call', message: {} } }]
    expect(wrongBy('streamsExist', http(...steps))).toEqual([expect.stringContaining('names the stream call')])
  })

  test('the implicit GET stream is none where the case leaves it out', () => {
    const steps: Step[] = [{ never: { on: 'listen' } }]
    expect(findingsOf(http(...steps))).toEqual([])
    const without = corpusOf([caseOf({ transports: ['http'], client: { listen: false }, steps })])
    expect(wrongBy('streamsExist', without)).toEqual([expect.stringContaining('names the stream listen')])
  })

  test('a name that is given twice is a fault', () => {
    const again: Step = { request: { id: 2, method: 'ping' }, as: 'call' }
    expect(wrongBy('streamsExist', corpusOf([stepsOf(call, again)]))).toEqual([
      'step 2 (request) opens a stream call although there is one'
    ])
  })

  test('waiting for the end of a stream that the case dropped is a fault', () => {
    expect(wrongBy('streamsExist', http(call, { drop: 'call' }, { end: 'call' }))).toEqual([
      'step 3 (end) waits for the end of call, which the case dropped'
    ])
  })

  test('a session that no step opened before is a fault', () => {
    expect(wrongBy('sessionsExist', http({ ...call, in: 'other' }, { open: 'other' }))).toEqual([
      'step 1 (request) speaks in other, which no step opened before'
    ])
  })

  test('a session that is opened twice is a fault', () => {
    expect(wrongBy('sessionsExist', http({ open: 'other' }, { open: 'other' }))).toEqual([
      'step 2 (open) opens other a second time'
    ])
  })
})

describe('request ids', () => {
  const requestOf = (id: never): Step => ({ request: { id, method: 'ping' } })

  test('an id that is used again is a fault', () => {
    expect(wrongBy('requestIds', corpusOf([stepsOf(ping, requestOf(1 as never))]))).toEqual([
      'step 2 (request) uses the id 1 again'
    ])
  })

  test('an id that is used again in a line is a fault', () => {
    const steps: Step[] = [ping, { line: '{"jsonrpc":"2.0","id":1,"method":"ping"}' }]
    expect(wrongBy('requestIds', corpusOf([caseOf({ transports: ['stdio'], steps })]))).toEqual([
      'step 2 (line) uses the id 1 again'
    ])
  })

  test('an id that is used again is none in another session, or where the client breaks a rule on purpose', () => {
    const elsewhere = caseOf({
      transports: ['http'],
      steps: [ping, { open: 'other' }, { ...requestOf(1 as never), in: 'other' }]
    })
    const negative = caseOf({ kind: 'negative', steps: [ping, requestOf(1 as never)] })
    expect(findingsOf(corpusOf([elsewhere, negative]))).toEqual([])
  })

  test('an id that is neither string nor integer is a fault', () => {
    expect(wrongBy('requestIds', corpusOf([stepsOf(requestOf(1.5 as never), requestOf(null as never))]))).toEqual([
      'step 1 (request) uses the id 1.5',
      'step 2 (request) uses the id null'
    ])
  })

  test('an id that the runner takes for itself is a fault', () => {
    expect(wrongBy('requestIds', corpusOf([stepsOf(requestOf(999_001 as never))]))).toEqual([
      'step 1 (request) uses the id 999001'
    ])
  })
})

describe('needs', () => {
  const ask = (method: string, params: object, more: object = {}): Step =>
    ({ request: { id: 1, method, params }, expect: { id: 1, result: {} }, ...more }) as Step

  test.each<[string, Step, string]>([
    ['a tool', ask('tools/call', { name: 'echo' }), 'echo'],
    ['a prompt', ask('prompts/get', { name: 'greet' }), 'greet'],
    ['a resource', ask('resources/read', { uri: 'test://it' }), 'test://it'],
    ['a resource to watch', ask('resources/subscribe', { uri: 'test://it' }), 'test://it'],
    ['a prompt to complete', ask('completion/complete', { ref: { type: 'ref/prompt', name: 'greet' } }), 'greet'],
    ['a template to complete', ask('completion/complete', { ref: { type: 'ref/resource', uri: 't://{i}' } }), 't://{i}']
  ])('%s that the case does not need is a fault', (_, step, name) => {
    expect(wrongBy('callsAreNeeded', corpusOf([stepsOf(step)]))).toEqual([
      `step 1 (request) names ${name}, which it does not need`
    ])
  })

  test('a need, a template it comes from, or any that serves makes it none', () => {
    const cases = [
      caseOf({ needs: { tools: ['echo'] }, steps: [ask('tools/call', { name: 'echo' })] }),
      caseOf({ needs: { templates: ['t://{i}/x'] }, steps: [ask('resources/read', { uri: 't://7/x' })] }),
      caseOf({ needs: { any: ['prompt'] }, steps: [ask('prompts/get', { name: hole('prompt') })] })
    ]
    expect(findingsOf(corpusOf(cases))).toEqual([])
  })

  test('a URI that the template cannot make is a fault', () => {
    const odd = caseOf({ needs: { templates: ['t://{i}/x'] }, steps: [ask('resources/read', { uri: 't://7/y' })] })
    const positive = corpusOf([caseOf({ ...odd, needs: { resources: ['t://7/y'] }, steps: [ping, ...odd.steps] }), odd])
    expect(checks['callsAreNeeded']?.(positive)).toHaveLength(1)
  })

  test('a step that takes an error for an answer, or skips, may call what it likes', () => {
    const cases = [
      stepsOf(ask('tools/call', { name: 'none' }, { expect: { error: { code: { $is: 'integer' } } } })),
      stepsOf(ask('resources/read', { uri: 'test://none' }, { expect: { error: { code: -32002 } } })),
      stepsOf(ask('tools/call', { name: 'other' }, { orSkip: 'it has none' }))
    ]
    expect(findingsOf(corpusOf(cases))).toEqual([])
  })

  test('a case that breaks a rule on purpose may call what no case needs, and nothing else', () => {
    const needing = caseOf({ needs: { tools: ['echo'] }, steps: [ask('tools/call', { name: 'echo' })] })
    const negative = (name: string, ...more: Step[]): Fixture =>
      caseOf({ kind: 'negative', steps: [ask('tools/call', { name }), ...more] })
    expect(findingsOf(corpusOf([needing, negative('nobody')]))).toEqual([])
    expect(wrongBy('callsAreNeeded', corpusOf([needing, negative('echo', ping)]))).toEqual([
      'step 1 (request) names echo, which it does not need'
    ])
  })
})

describe('transports', () => {
  test('a verb that an offered transport lacks is a fault', () => {
    const cases = [stepsOf({ listen: 'more' }), stepsOf({ eof: true })]
    expect(wrongBy('verbsFit', corpusOf(cases))).toEqual([
      'offers stdio, which has no listen',
      'offers http, which has no eof'
    ])
  })

  test('messages alone on one transport are a warning', () => {
    const corpus = corpusOf([caseOf({ transports: ['http'] })])
    expect(wrongBy('bothTransports', corpus)).toEqual(['speaks in messages alone but offers only http'])
  })

  test.each<[string, Partial<Fixture>]>([
    ['a note of the provenance', { provenance: { from: 'hand', note: 'the twin over HTTP stands elsewhere' } }],
    ['a note of a step', { steps: [{ ...ping, note: 'on stdio all comes on one stream' } as Step] }],
    ['its title', { title: 'On stdio nothing comes' }],
    ['its area', { id: 'stdio/group/case' }]
  ])('they are none where %s says why', (_, more) => {
    expect(findingsOf(corpusOf([caseOf({ transports: ['stdio'], ...more })]))).toEqual([])
  })

  test.each<[string, Partial<Fixture>]>([
    ['a stream by its name', { steps: [{ never: { on: 'listen' } }] }],
    ['a frame', { steps: [{ expect: { sse: { id: { $is: 'string' } } } }] }],
    ['the head of an answer', { steps: [{ ...ping, http: { status: 200 } } as Step] }],
    ['frames', { steps: [{ collect: { field: 'sse' }, match: [] }] }],
    ['several sessions', { steps: [{ open: 'other' }] }],
    ['the address', { steps: [{ request: { id: 1, method: 'ping', params: { _meta: { at: hole('host') } } } }] }],
    ['a feature', { needs: { features: ['session'] } }]
  ])('they are none on HTTP where the case looks at %s', (_, more) => {
    expect(findingsOf(corpusOf([caseOf({ transports: ['http'], ...more })]))).toEqual([])
  })
})

describe('recordings', () => {
  const peer = { name: 'peer', version: '1' }
  const recorded = { from: 'recording', client: peer, server: peer } as const
  const grown = caseOf({ id: 'recordings/peer/call', provenance: recorded })

  test('a recording without its capture is a fault', () => {
    expect(wrongBy('recordings', corpusOf([grown]))).toEqual(['has no capture beside it'])
    const files = new Set(['recordings/peer/call.json', 'recordings/peer/call.jsonl'])
    expect(findingsOf(corpusOf([grown], { files }))).toEqual([])
  })

  test('a capture without its case is a fault', () => {
    const corpus = corpusOf([caseOf()], { files: new Set(['recordings/peer/lost.jsonl']) })
    expect(wrongBy('recordings', corpus)).toEqual(['is a capture without a case'])
  })

  test('a case by hand among the recordings is a fault', () => {
    const corpus = corpusOf([caseOf({ id: 'recordings/peer/made-up' })])
    expect(wrongBy('recordings', corpus)).toEqual(['lies among the recordings but was written by hand'])
  })
})

describe('profiles', () => {
  const withProfile = (profile: unknown, more: Partial<Corpus> = {}): Corpus =>
    corpusOf([caseOf({ id: 'tools/list/all', needs: { tools: ['echo'] } })], {
      profiles: [{ file: 'profiles/peer.json', profile: profile as never }],
      ...more
    })

  test('a sound one has nothing wrong', () => {
    const profile = {
      tools: { echo: { name: 'say' } },
      knownFailures: { 'tools/**': 'it is known', 'structure/Tool': 'so is this' },
      skips: { 'tools/list/all': 'it makes no sense' }
    }
    expect(findingsOf(withProfile(profile))).toEqual([])
  })

  test('one that does not fit the schema is a fault', () => {
    expect(wrongBy('profiles', withProfile({ tulips: {} }))).toEqual(['/tulips is not allowed'])
  })

  test('one that is no JSON is a fault', () => {
    expect(wrongBy('profiles', withProfile(undefined))).toEqual(['is no JSON'])
  })

  test('one without a schema is a fault', () => {
    expect(wrongBy('profiles', withProfile({}, { profileSchema: undefined }))).toEqual(['is missing or no JSON'])
  })

  test('an entry that no case is meant by is a fault', () => {
    const profile = {
      knownFailures: { 'tools/list/none': 'why' },
      skips: { 'tulips/*': 'why' },
      tools: { tulip: { name: 'x' } }
    }
    expect(wrongBy('profiles', withProfile(profile))).toEqual([
      'knownFailures has tools/list/none, which no case is called',
      'skips has tulips/*, which no case is called',
      'tools stands in for tulip, which no case needs'
    ])
  })
})

describe('the coverage', () => {
  const others = [
    ruleOf('FREE-1', { level: 'MAY' }),
    ruleOf('FREE-2', { same_as: 'RULE-1' }),
    ruleOf('FREE-3', { role: 'proxy' }),
    ruleOf('FREE-4', { observable: 'internal' }),
    ruleOf('FREE-5', { basis: 'inferred' }),
    ruleOf('FREE-6', { basis: 'lower-case' }),
    ruleOf('FREE-7', { side: 'client' })
  ]
  const index = [
    ruleOf('RULE-1', { says: 'A | bar, a <tag> and a *star*.' }),
    ruleOf('RULE-2', { level: 'SHOULD', side: 'both', no_case: 'Nobody can see it.', observable: 'wire-with-help' }),
    ruleOf('RULE-3', { page: 'server/tools', level: 'SCHEMA', basis: 'schema' }),
    ruleOf('AUTH-1'),
    ruleOf('SECBP-31'),
    ruleOf('PAGE-1', { page: 'basic/authorization' }),
    ...others
  ]
  const cases = [caseOf({ id: 'area/group/one', requirements: ['RULE-1'] })]
  const coverage = coverageOf({ fixtures: cases, requirements: index })

  test('counts what has cases, a reason, waits and is missing', () => {
    expect(coverage.counts).toEqual({ required: 6, cases: 1, reason: 1, waiting: 3, missing: 1 })
    expect(summary(coverage.counts)).toBe(
      'coverage: 1 of 6 by cases, 1 with a reason, 3 wait for authorization, 1 missing'
    )
  })

  test('requires none of the rules that are granted, restated, for others, hidden or advice', () => {
    const free = coverage.rows.filter(({ state }) => state === undefined)
    expect(free.map(({ requirement, beyond }) => [requirement.id, beyond])).toEqual([
      ['FREE-1', 'grants a choice'],
      ['FREE-2', 'restates RULE-1'],
      ['FREE-3', 'only for a server that is a proxy'],
      ['FREE-4', 'cannot be seen from outside'],
      ['FREE-5', 'advice (inferred)'],
      ['FREE-6', 'advice (lower-case)']
    ])
  })

  test('waits for authorization no longer than until there are cases about it', () => {
    const later = coverageOf({
      fixtures: [caseOf({ id: 'authorization/token/none', requirements: ['AUTH-1'] })],
      requirements: index
    })
    expect(later.counts).toEqual({ required: 6, cases: 1, reason: 1, waiting: 0, missing: 4 })
  })

  test('counts the choices that are taken up', () => {
    const taking = [caseOf({ level: 'MAY', requirements: ['FREE-1'] })]
    expect(choices(coverageOf({ fixtures: taking, requirements: index }))).toEqual({ granted: 1, taken: 1 })
    expect(choices(coverage)).toEqual({ granted: 1, taken: 0 })
  })

  test('is printed by page and by level, and names what is missing', () => {
    const printed = coverageText(coverage)
    expect(printed).toMatch(/^basic\/index +4 +1 +1 +2 +0$/m)
    expect(printed).toMatch(/^SCHEMA +1 +0 +0 +0 +1$/m)
    expect(printed).toMatch(/^total +6 +1 +1 +3 +1$/m)
    expect(printed).toContain('missing: RULE-3')
  })

  test('is a page with a row for every rule of the server', () => {
    const page = coveragePage(coverage)
    const rows = page.split('\n').filter((line) => /^\| (\[?(RULE|AUTH|SECBP|PAGE|FREE))/.test(line))
    expect(rows).toHaveLength(coverage.rows.length)
    expect(page).not.toContain('FREE-7')
  })

  test('is a page whose cells hold what was written', () => {
    const page = coveragePage(coverage)
    expect(page).toContain(
      '| A \\| bar, a &lt;tag&gt; and a \\*star\\*. | [area/group/one](../spec-fixtures/area/group/one.json) |'
    )
    expect(page).toContain('| no case: Nobody can see it. |')
    expect(page).toContain('| waits for authorization |')
    expect(page).toContain('| **missing** |')
    expect(page).toContain('| *restates RULE-1* |')
  })

  test('is a page that leads to the section of the specification', () => {
    const page = coveragePage(coverageOf(own))
    expect(page).toContain('[RPC-07](https://modelcontextprotocol.io/specification/2025-06-18/basic#')
  })

  test('is a page that does not depend on the order of the cases', () => {
    const forwards = coveragePage(coverageOf(own))
    const backwards = coveragePage(coverageOf({ ...own, fixtures: [...own.fixtures].reverse() }))
    expect(backwards).toBe(forwards)
  })
})

describe('a corpus on disk', () => {
  let place: string
  let page: string
  let said: { out: string[]; err: string[] }

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'handwire-corpus-'))
    page = join(place, 'docs', 'coverage.md')
  })
  afterAll(() => rm(place, { recursive: true }))

  /** Lays down a corpus of its own. */
  const lay = async (files: Record<string, unknown>): Promise<string> => {
    const root = await mkdtemp(join(place, 'corpus-'))
    const all = {
      'requirements.json': { requirements: rules.slice(0, 1) },
      'schema-2025-06-18.json': { definitions: {} },
      ...files
    }
    for (const [file, content] of Object.entries(all)) {
      await mkdir(dirname(join(root, file)), { recursive: true })
      await writeFile(join(root, file), typeof content === 'string' ? content : JSON.stringify(content))
    }
    return root
  }
  const check = async (root: string, ...words: string[]): Promise<number> => {
    said = { out: [], err: [] }
    const surroundings = {
      directory: root,
      page,
      print: (line: string) => void said.out.push(line),
      complain: (line: string) => void said.err.push(line)
    }
    return checkFixtures(words, surroundings)
  }
  const sound = caseOf({ id: 'area/group/sound' })
  const soundly = { 'area/group/sound.json': sound }

  test('that is sound and covers everything is exit 0', async () => {
    expect(await check(await lay(soundly))).toBe(0)
    expect(said.err).toEqual([])
    expect(said.out.at(-1)).toBe('coverage: 1 of 1 by cases, 0 with a reason, 0 wait for authorization, 0 missing')
  })

  test.each<[string, unknown, string]>([
    ['that is no JSON', '{', 'is no JSON'],
    ['that does not fit the meta-schema', { ...sound, tulip: 1 }, '/ must not have a member "tulip"'],
    ['whose id is not its path', { ...sound, id: 'area/group/else' }, 'its id is area/group/else']
  ])('with a case %s is exit 1', async (_, content, wrong) => {
    expect(await check(await lay({ ...soundly, 'area/group/bad.json': content }))).toBe(1)
    expect(said.err).toEqual([expect.stringContaining(`fault: area/group/bad.json: ${wrong}`)])
  })

  test('with a rule that nothing tests is exit 1', async () => {
    expect(await check(await lay({ ...soundly, 'requirements.json': { requirements: rules.slice(0, 2) } }))).toBe(1)
    expect(said.out.join('\n')).toContain('missing: RULE-2')
  })

  test('with a warning alone is exit 0', async () => {
    const root = await lay({ 'area/group/sound.json': { ...sound, transports: ['http'] } })
    expect(await check(root)).toBe(0)
    expect(said.err).toEqual([expect.stringContaining('warning: area/group/sound.json')])
  })

  test('says only faults and the last line when it is to be quiet', async () => {
    const root = await lay({ 'area/group/sound.json': { ...sound, transports: ['http'] } })
    await check(root, '--quiet')
    expect(said).toEqual({ out: [expect.stringMatching(/^coverage: /)], err: [] })
  })

  test('has its page written, and then it is fresh', async () => {
    const root = await lay(soundly)
    expect(await check(root, '--write')).toBe(0)
    expect(await readFile(page, 'utf8')).toContain('# Coverage of MCP 2025-06-18')
    expect(await check(root, '--check')).toBe(0)
  })

  test('is exit 1 when its page is stale, only if that is asked', async () => {
    await check(await lay(soundly), '--write')
    const grown = await lay({
      ...soundly,
      'area/group/two.json': caseOf({ id: 'area/group/two', steps: [{ wait: 1 }] })
    })
    expect(await check(grown)).toBe(0)
    expect(await check(grown, '--check')).toBe(1)
    expect(said.err).toEqual([expect.stringContaining('--write')])
  })

  test.each([[['--tulip']], [['--write', '--check']], [['word']]])('is not looked at for %j: exit 2', async (words) => {
    expect(await check(await lay(soundly), ...words)).toBe(2)
    expect(said.err).toEqual([expect.stringMatching(/^usage: /)])
  })

  test('without an index, or that is not there, is exit 2', async () => {
    expect(await check(await lay({ ...soundly, 'requirements.json': '{}' }))).toBe(2)
    expect(said.err).toEqual(['requirements.json has no requirements'])
    expect(await check(join(place, 'nowhere'))).toBe(2)
    await expect(readCorpus(join(place, 'nowhere'))).rejects.toThrow(CorpusError)
  })

  test('may have profiles, which are read and checked', async () => {
    const schema = await readFile(join(directory, 'profile.schema.json'), 'utf8')
    const profile = { skips: { 'tulips/*': 'why' } }
    const root = await lay({ ...soundly, 'profile.schema.json': schema, 'profiles/peer.json': profile })
    expect(await check(root, '--quiet')).toBe(1)
    expect(said.err).toEqual([expect.stringContaining('fault: profiles/peer.json: skips has tulips/*')])
  })
})
