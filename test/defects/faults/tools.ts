/** Faults of tools: the list, what calls take, what they give, and how they fail. */
import { at, type Json } from '../../../src/conform/json.ts'
import { extended, type Fault, must, should } from '../fault.ts'
import { answersTo, type Makes, outgoing, perSession, refuses, results, takes, withholds } from '../hooks.ts'
import { edit, gone, idOf, type Members, type Message, put, remove, rename, toolOf } from '../message.ts'

export const list = (...edits: Parameters<typeof results>[1][]): Makes => results('tools/list', ...edits)
export const call = (...edits: Parameters<typeof results>[1][]): Makes => results('tools/call', ...edits)
const calling = (message: Message): boolean => message['method'] === 'tools/call'
const argumentsOf = (message: Message): Json | undefined => at('/params/arguments', message)
const knows = ['test_simple_text', 'test_slow', 'test_structured', 'test_sampling', 'test_elicitation']
const knowsTool = (message: Message): boolean => knows.includes(String(toolOf(message)))
const changed = 'notifications/tools/list_changed'

/** Arguments that break the schema of test_slow are mended, as if nobody had looked. */
const unchecked: Makes = takes('tools/call', (message) => {
  if (toolOf(message) !== 'test_slow') return
  const ms = Number(at('/params/arguments/ms', message))
  put('/params/arguments', { ms: Number.isFinite(ms) ? Math.min(Math.max(Math.round(ms), 0), 50) : 0 })(message)
})

/** All strings among the arguments change. */
function strings(change: (text: string) => string): Makes {
  const through = (value: Json): Json => {
    if (typeof value === 'string') return change(value)
    if (Array.isArray(value)) return value.map(through)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, through(one)]))
  }
  return takes(
    'tools/call',
    edit('/params/arguments', (found) => (found === undefined ? undefined : through(found)))
  )
}

export const tools: Fault[] = [
  must(
    'tools-are-undeclared',
    'TOOLS-05',
    'A server with tools does not declare them.',
    results('initialize', remove('/result/capabilities/tools'))
  ),
  must(
    'tools-list-changed-is-text',
    'TOOLS-07 LIFE-18',
    'listChanged of tools is "true".',
    results('initialize', put('/result/capabilities/tools/listChanged', 'true'))
  ),
  must(
    'tools-are-an-object',
    'TOOLS-08',
    'tools/list answers with an object by name.',
    list(edit('/result/tools', (found) => Object.fromEntries((found as Members[]).map((tool) => [tool['name'], tool]))))
  ),
  must(
    'tools-are-called-items',
    'TOOLS-08',
    'tools/list answers with items in place of tools.',
    list(rename('/result/tools', 'items'))
  ),
  must(
    'tools-list-fails',
    'TOOLS-08 LIFE-20',
    'tools/list is unknown.',
    refuses((message) => message['method'] === 'tools/list', -32601, 'Method not found')
  ),
  must(
    'tools-without-schema',
    'TOOLS-16',
    'Tools without arguments have no inputSchema.',
    list(
      edit('/result/tools/*/inputSchema', (schema) =>
        Object.keys(at('/properties', schema) ?? {}).length === 0 ? gone : schema
      )
    )
  ),
  must(
    'input-schema-of-no-type',
    'TOOLS-16',
    'inputSchema has no type.',
    list(remove('/result/tools/*/inputSchema/type'))
  ),
  must(
    'input-schema-is-a-string',
    'TOOLS-16',
    'inputSchema is JSON in a string.',
    list(edit('/result/tools/*/inputSchema', (schema) => JSON.stringify(schema)))
  ),
  must(
    'schema-is-called-parameters',
    'TOOLS-16',
    'The schema of a tool is called parameters.',
    list(rename('/result/tools/0/inputSchema', 'parameters'))
  ),
  must(
    'output-schema-is-a-list',
    'TOOLS-17',
    'outputSchema is of type array.',
    list(
      edit('/result/tools/*/outputSchema', (schema) =>
        schema === undefined ? undefined : { type: 'array', items: schema }
      )
    )
  ),
  must(
    'required-is-true',
    'TOOLS-55',
    'required stands at each property.',
    list(edit('/result/tools/*/inputSchema/required', (found) => (found === undefined ? undefined : true)))
  ),
  must(
    'properties-are-names',
    'TOOLS-55',
    'properties of a schema is an array of names.',
    list(edit('/result/tools/*/inputSchema/properties', (found) => Object.keys(found ?? {})))
  ),
  must(
    'property-schema-is-a-word',
    'TOOLS-55',
    'The schema of a property is the name of its type.',
    list(edit('/result/tools/*/inputSchema/properties/*', (found) => at('/type', found) ?? 'any'))
  ),
  should(
    'tool-names-repeat',
    'TOOLS-15',
    'Two tools have the same name.',
    list(edit('/result/tools', (found) => [...(found as Json[]), structuredClone((found as Json[])[0] as Json)]))
  ),
  must('tool-without-name', 'TOOLS-08 META-10', 'A tool has no name.', list(remove('/result/tools/0/name'))),
  must(
    'tool-description-is-null',
    'TOOLS-08 BASE-04',
    'A tool has the description null.',
    list(put('/result/tools/0/description', null))
  ),
  must(
    'arguments-are-demanded',
    'TOOLS-10',
    'A call without arguments is refused.',
    refuses((message) => calling(message) && argumentsOf(message) === undefined, -32602, 'arguments: Required')
  ),
  must(
    'arguments-may-be-a-list',
    'TOOLS-11',
    'Arguments in an array count as none.',
    takes(
      'tools/call',
      edit('/params/arguments', (found) => (Array.isArray(found) ? {} : undefined))
    )
  ),
  must(
    'arguments-may-be-anything',
    'TOOLS-11',
    'Arguments that are a string or a number count as none.',
    takes(
      'tools/call',
      edit('/params/arguments', (found) => (['string', 'number', 'boolean'].includes(typeof found) ? {} : undefined))
    )
  ),
  must(
    'arguments-may-be-text',
    'TOOLS-11',
    'Arguments may be JSON in a string.',
    takes(
      'tools/call',
      edit('/params/arguments', (found) => (typeof found === 'string' ? {} : undefined))
    )
  ),
  should(
    'arguments-are-trimmed',
    'TOOLS-12',
    'Strings among the arguments lose blanks at their ends.',
    strings((text) => text.trim())
  ),
  should(
    'arguments-lose-control-characters',
    'TOOLS-12',
    'Strings among the arguments lose control characters.',
    strings((text) => text.replace(/\p{Cc}/gu, ''))
  ),
  should(
    'long-arguments-are-cut',
    'TOOLS-12',
    'Strings among the arguments are cut at 1000 characters.',
    strings((text) => text.slice(0, 1000))
  ),
  should(
    'arguments-lose-what-is-not-ascii',
    'TOOLS-12',
    'Strings among the arguments lose letters that are not ASCII.',
    strings((text) => text.replace(/[^\0-~]/g, '?'))
  ),
  should(
    'arguments-are-escaped',
    'TOOLS-12',
    'Strings among the arguments are escaped for HTML.',
    strings((text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'))
  ),
  should(
    'list-change-is-not-told',
    'TOOLS-13',
    'A list of tools that changes is not announced.',
    withholds((message) => message['method'] === changed)
  ),
  should('second-list-change-is-not-told', 'TOOLS-13', 'Only every other change of the list is announced.', () => {
    const counts = perSession(() => ({ count: 0 }))
    return {
      sent: (message, talk) => (message['method'] === changed && ++counts(talk).count % 2 === 0 ? [] : [message])
    }
  }),
  must(
    'undeclared-list-change',
    'TOOLS-14 LIFE-22',
    'A change of the list is announced though listChanged was not declared.',
    results('initialize', remove('/result/capabilities/tools/listChanged'))
  ),
  must(
    'call-without-name-is-internal',
    'RPC-06',
    'A call without a name gives -32603.',
    outgoing(
      (message, talk) =>
        at('/error/code', message) === -32602 &&
        answersTo('tools/call')(message, talk) &&
        typeof at('/params/name', talk.asked.get(idOf(message))) !== 'string',
      put('/error/code', -32603)
    )
  ),
  should('arguments-are-not-checked', 'TOOLS-35', 'Arguments that break the schema are used.', unchecked),
  should(
    'arguments-are-coerced',
    'TOOLS-35',
    'Arguments of a wrong type are converted.',
    takes(
      'tools/call',
      edit('/params/arguments/ms', (ms) =>
        typeof ms === 'string' || typeof ms === 'boolean' ? Math.round(Number(ms)) || 0 : undefined
      )
    )
  ),
  should(
    'missing-arguments-are-made-up',
    'TOOLS-35',
    'Required arguments that are missing get a value.',
    takes('tools/call', (message) => {
      if (toolOf(message) === 'test_slow' && at('/params/arguments/ms', message) === undefined)
        put('/params/arguments', { ms: 0 })(message)
      if (toolOf(message) === 'test_sampling' && at('/params/arguments/prompt', message) === undefined)
        put('/params/arguments', { prompt: '' })(message)
    })
  ),
  should(
    'additional-arguments-are-dropped',
    'TOOLS-35',
    'Arguments that the schema forbids are dropped.',
    takes('tools/call', (message) => {
      const given = argumentsOf(message)
      if (toolOf(message) === 'test_slow' && typeof given === 'object' && given !== null && !Array.isArray(given))
        put('/params/arguments', given['ms'] === undefined ? {} : { ms: given['ms'] })(message)
      if (
        toolOf(message) === 'test_simple_text' &&
        typeof given === 'object' &&
        given !== null &&
        !Array.isArray(given)
      )
        put('/params/arguments', {})(message)
    })
  ),
  should(
    'bad-arguments-are-internal',
    'TOOLS-35',
    'Arguments that break the schema give -32603.',
    outgoing(
      (message, talk) => at('/error/code', message) === -32602 && knowsTool(talk.asked.get(idOf(message)) ?? {}),
      put('/error/code', -32603)
    )
  ),
  ...extended(
    must(
      'call-is-never-answered',
      'RPC-07',
      'A tool that throws is never answered.',
      withholds(answersTo('test_crash'))
    )
  )
]
