/** Faults of prompts: the list, what a prompt is given, and the messages it makes. */
import { at, type Json } from '../../../src/conform/json.ts'
import { extended, type Fault, must, should } from '../fault.ts'
import { errors, instead, type Makes, method, outgoing, refuses, results, takes, withholds } from '../hooks.ts'
import { edit, idOf, type Members, type Message, put, remove, rename } from '../message.ts'

const list = (...edits: Parameters<typeof results>[1][]): Makes => results('prompts/list', ...edits)
const get = (...edits: Parameters<typeof results>[1][]): Makes => results('prompts/get', ...edits)
const capability = '/result/capabilities/prompts'
const content = '/result/messages/*/content'
const nameOf = (message: Message | undefined): Json | undefined => at('/params/name', message)
const ofType = (type: string, path: string, value: (found: Json | undefined) => Json): Makes =>
  get(
    edit(content, (item) => {
      if (at('/type', item) !== type) return undefined
      const wrapped: Message = { item: structuredClone(item as Json) }
      edit(`/item${path}`, value)(wrapped)
      return wrapped['item']
    })
  )
const without = (type: string, path: string): Makes =>
  get(
    edit(content, (item) => {
      if (at('/type', item) !== type) return undefined
      const wrapped: Message = { item: structuredClone(item as Json) }
      remove(`/item${path}`)(wrapped)
      return wrapped['item']
    })
  )
const said = (text: string): Members => ({ messages: [{ role: 'assistant', content: { type: 'text', text } }] })
const refusal = (message: Message): boolean => at('/error/code', message) === -32602
const known = (message: Message): boolean => String(nameOf(message)).startsWith('test_')

/** Errors of prompts/get about a known or an unknown prompt get another code. */
const recode = (fits: (asked: Message) => boolean, code: number): Makes =>
  outgoing(
    (message, talk) => {
      const asked = talk.asked.get(idOf(message))
      return refusal(message) && asked?.['method'] === 'prompts/get' && fits(asked)
    },
    put('/error/code', code)
  )

export const prompts: Fault[] = [
  must(
    'prompts-are-undeclared',
    'PROMPT-01',
    'A server with prompts does not declare them.',
    results('initialize', remove(capability))
  ),
  must(
    'prompts-list-changed-is-a-number',
    'PROMPT-03 LIFE-18',
    'listChanged of prompts is 1.',
    results('initialize', put(`${capability}/listChanged`, 1))
  ),
  must(
    'prompts-are-an-object',
    'PROMPT-04',
    'prompts/list answers with an object by name.',
    list(edit('/result/prompts', (found) => Object.fromEntries((found as Members[]).map((one) => [one['name'], one]))))
  ),
  must(
    'prompts-are-names',
    'PROMPT-04 PROMPT-05',
    'prompts/list answers with an array of names.',
    list(edit('/result/prompts/*', (one) => at('/name', one)))
  ),
  must('prompt-without-name', 'PROMPT-05', 'A prompt has no name.', list(remove('/result/prompts/0/name'))),
  must(
    'prompt-title-is-null',
    'PROMPT-05 BASE-04',
    'A prompt has the title null.',
    list(put('/result/prompts/0/title', null))
  ),
  must(
    'prompt-arguments-are-an-object',
    'PROMPT-05 PROMPT-06',
    'The arguments of a prompt are an object by name.',
    list(
      edit('/result/prompts/*/arguments', (found) =>
        Array.isArray(found) ? Object.fromEntries((found as Members[]).map((one) => [one['name'], one])) : undefined
      )
    )
  ),
  must(
    'prompt-arguments-are-names',
    'PROMPT-06',
    'The arguments of a prompt are names.',
    list(edit('/result/prompts/*/arguments/*', (one) => at('/name', one)))
  ),
  must(
    'argument-required-is-text',
    'PROMPT-06',
    'required of an argument is a string.',
    list(put('/result/prompts/*/arguments/*/required', 'yes'))
  ),
  must(
    'argument-without-name',
    'PROMPT-06',
    'An argument has key in place of name.',
    list(
      edit('/result/prompts/*/arguments/*', (one) => {
        const { name, ...rest } = one as Members
        return { ...rest, key: name as Json }
      })
    )
  ),
  should(
    'prompt-names-repeat',
    'PROMPT-13 PAGE-04',
    'Two prompts have the same name.',
    list(edit('/result/prompts', (found) => [...(found as Json[]), structuredClone((found as Json[])[0] as Json)]))
  ),
  must('messages-are-text', 'PROMPT-07', 'prompts/get answers with a string.', get(put('/result/messages', 'hello'))),
  must(
    'messages-are-called-content',
    'PROMPT-07',
    'prompts/get answers with content.',
    get(rename('/result/messages', 'content'))
  ),
  must(
    'prompt-description-is-a-list',
    'PROMPT-07',
    'The description in the result is an array.',
    get(put('/result/description', ['a']))
  ),
  should(
    'arguments-are-not-used',
    'PROMPT-08',
    'The messages show the names of the arguments and not their values.',
    takes('prompts/get', (message) => {
      for (const name of Object.keys((at('/params/arguments', message) ?? {}) as object))
        put(`/params/arguments/${name}`, `{${name}}`)(message)
    })
  ),
  should(
    'arguments-are-cut-at-line-ends',
    'PROMPT-08',
    'Of the values of arguments the first line is used.',
    takes(
      'prompts/get',
      edit('/params/arguments/*', (value) =>
        typeof value === 'string' ? (value.split(/[\n<{$]/)[0] ?? '') : undefined
      )
    )
  ),
  should(
    'prompt-arguments-may-be-anything',
    'PROMPT-09',
    'Arguments that are no strings are converted.',
    takes(
      'prompts/get',
      edit('/params/arguments/*', (value) => (typeof value === 'string' ? undefined : JSON.stringify(value)))
    )
  ),
  should(
    'null-arguments-are-empty',
    'PROMPT-09',
    'An argument that is null counts as empty.',
    takes(
      'prompts/get',
      edit('/params/arguments/*', (value) => (value === null ? '' : undefined))
    )
  ),
  should(
    'prompts-want-arguments',
    'PROMPT-10',
    'A prompt without arguments is refused without an arguments member.',
    refuses(
      (message) =>
        message['method'] === 'prompts/get' &&
        at('/params/arguments', message) === undefined &&
        String(nameOf(message)).includes('simple'),
      -32602,
      'arguments: Required'
    )
  ),
  must('role-is-system', 'PROMPT-14', 'A message has the role system.', get(put('/result/messages/0/role', 'system'))),
  must('role-is-missing', 'PROMPT-14', 'A message has no role.', get(remove('/result/messages/0/role'))),
  must(
    'message-content-is-a-list',
    'PROMPT-15',
    'content of a message is an array.',
    get(edit(content, (item) => [item ?? null]))
  ),
  must(
    'message-content-is-text',
    'PROMPT-15',
    'content of a message is a string.',
    get(edit(content, (item) => at('/text', item) ?? ''))
  ),
  must('message-content-of-no-type', 'PROMPT-15', 'content of a message has no type.', get(remove(`${content}/type`))),
  must(
    'prompt-image-is-a-data-uri',
    'PROMPT-16',
    'The image of a prompt is a data URI.',
    ofType('image', '/data', (data) => `data:image/png;base64,${data}`)
  ),
  must(
    'prompt-image-without-type',
    'PROMPT-16',
    'The image of a prompt has no mimeType.',
    without('image', '/mimeType')
  ),
  must(
    'prompt-image-of-no-mime-type',
    'PROMPT-16',
    'The mimeType of the image of a prompt is "png".',
    ofType('image', '/mimeType', () => 'png')
  ),
  must(
    'prompt-resource-without-uri',
    'PROMPT-18',
    'The resource in a prompt has no uri.',
    without('resource', '/resource/uri')
  ),
  must(
    'prompt-resource-of-no-uri',
    'PROMPT-18',
    'The uri of the resource in a prompt is no URI.',
    ofType('resource', '/resource/uri', () => 'not a uri')
  ),
  must(
    'prompt-resource-of-another-type',
    'PROMPT-19',
    'The text resource in a prompt says that it is a picture.',
    ofType('resource', '/resource/mimeType', () => 'image/png')
  ),
  must(
    'prompt-resource-is-empty',
    'PROMPT-20',
    'The resource in a prompt has neither text nor blob.',
    without('resource', '/resource/text')
  ),
  should(
    'unknown-prompt-is-an-unknown-method',
    'PROMPT-21',
    'prompts/get with an unknown name gives -32601.',
    recode((asked) => !known(asked), -32601)
  ),
  should(
    'unknown-prompt-is-missing',
    'PROMPT-21',
    'prompts/get with an unknown name gives -32002.',
    recode((asked) => !known(asked), -32002)
  ),
  should(
    'unknown-prompt-succeeds',
    'PROMPT-21',
    'prompts/get with an unknown name gives a message that says so.',
    instead(
      -32602,
      (asked) => asked['method'] === 'prompts/get' && !known(asked),
      () => said('Unknown prompt')
    )
  ),
  should(
    'missing-argument-succeeds',
    'PROMPT-22',
    'prompts/get without a required argument gives a message that says so.',
    instead(
      -32602,
      (asked) => asked['method'] === 'prompts/get' && known(asked),
      () => said('Invalid prompt arguments')
    )
  ),
  should(
    'missing-argument-is-internal',
    'PROMPT-22',
    'prompts/get without a required argument gives -32603.',
    recode(known, -32603)
  ),
  should(
    'missing-arguments-are-empty',
    'PROMPT-22 PROMPT-24',
    'Required arguments that are missing count as empty.',
    takes('prompts/get', (message) => {
      const given = at('/params/arguments', message)
      const empty = { arg1: '', arg2: '' }
      if (
        nameOf(message) === 'test_prompt_with_arguments' &&
        !Array.isArray(given) &&
        typeof (given ?? {}) === 'object'
      )
        put('/params/arguments', { ...empty, ...(given as Members | undefined) })(message)
    })
  ),
  must(
    'prompt-without-name-is-internal',
    'RPC-06',
    'prompts/get without a name gives -32603.',
    errors(
      'prompts/get',
      edit('/error/code', () => -32603)
    )
  ),
  must(
    'prompts-list-is-unknown',
    'LIFE-20 PROMPT-04',
    'prompts/list is unknown though prompts are declared.',
    refuses(method('prompts/list'), -32601, 'Method not found')
  ),
  should(
    'inherited-names-are-prompts',
    'PROMPT-24 PROMPT-21',
    'Names that every object inherits are taken for prompts.',
    instead(
      -32602,
      (asked) => ['constructor', 'toString', '__proto__', 'hasOwnProperty'].includes(String(nameOf(asked))),
      () => ({ messages: [] })
    )
  ),
  should(
    'arguments-are-templates',
    'PROMPT-08',
    'Values of arguments are templates in turn.',
    takes(
      'prompts/get',
      edit('/params/arguments/*', (value) =>
        typeof value === 'string' ? value.replace(/\$[&$'`\d]|\{\{?\w+\}?\}|<\w+>/g, '') : undefined
      )
    )
  ),
  ...extended(
    must(
      'prompt-change-is-undeclared',
      'PROMPT-12 LIFE-22',
      'A change of the list is announced though listChanged was not declared.',
      (front) => ({
        ...results('initialize', remove(`${capability}/listChanged`))(front),
        received(message, talk) {
          if (message['method'] === 'tools/call')
            talk.tell({ jsonrpc: '2.0', method: 'notifications/prompts/list_changed' })
          return message
        }
      })
    ),
    should(
      'prompt-change-is-not-told',
      'PROMPT-11',
      'A list of prompts that changes is not announced.',
      withholds((message) => message['method'] === 'notifications/prompts/list_changed')
    )
  )
]
