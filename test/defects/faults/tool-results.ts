/** Faults of what tools give: content, structured content, and how calls fail. */
import { at } from '../../../src/conform/json.ts'
import { type Fault, must, should } from '../fault.ts'
import { answersTo, errors, grants, incoming, instead, outgoing, results, takes, toolResults } from '../hooks.ts'
import { edit, errorTo, idOf, type Members, type Message, put, remove, rename, toolOf } from '../message.ts'
import { call } from './tools.ts'

const failed = (text: string): Members => ({ content: [{ type: 'text', text }], isError: true })
const unknownTool = (message: Message): boolean => !String(toolOf(message)).startsWith('test_')

export const toolResultFaults: Fault[] = [
  must(
    'content-is-text',
    'TOOLS-09',
    'content of a result is a string.',
    call(edit('/result/content', (found) => at('/0/text', found) ?? ''))
  ),
  must(
    'content-is-an-object',
    'TOOLS-09',
    'content of a result is one item and no array.',
    call(edit('/result/content', (found) => at('/0', found) ?? {}))
  ),
  must(
    'content-is-missing',
    'TOOLS-09',
    'The result of a call has no content.',
    call(rename('/result/content', 'output'))
  ),
  must('is-error-is-text', 'TOOLS-09', 'isError of a result is a string.', call(put('/result/isError', 'false'))),
  must(
    'content-of-an-unknown-type',
    'TOOLS-19',
    'Text content is of type markdown.',
    call(edit('/result/content/*/type', (type) => (type === 'text' ? 'markdown' : undefined)))
  ),
  must(
    'text-is-a-number',
    'TOOLS-20',
    'text of a text item is a number.',
    toolResults('test_simple_text', put('/result/content/0/text', 42))
  ),
  must(
    'text-is-missing',
    'TOOLS-20',
    'A text item has its text as content.',
    toolResults('test_simple_text', rename('/result/content/0/text', 'content'))
  ),
  must(
    'image-without-type',
    'TOOLS-21',
    'An image has no mimeType.',
    toolResults('test_image_content', remove('/result/content/0/mimeType'))
  ),
  must(
    'image-is-a-data-uri',
    'TOOLS-21',
    'The data of an image is a data URI.',
    toolResults(
      'test_image_content',
      edit('/result/content/0/data', (data) => `data:image/png;base64,${data}`)
    )
  ),
  must(
    'image-is-an-address',
    'TOOLS-21',
    'An image has a url in place of data.',
    toolResults(
      'test_image_content',
      put('/result/content/0/url', 'https://example.org/red.png'),
      remove('/result/content/0/data')
    )
  ),
  must(
    'image-is-hexadecimal',
    'TOOLS-21',
    'The data of an image is hexadecimal with colons.',
    toolResults('test_image_content', put('/result/content/0/data', '89:50:4e:47'))
  ),
  must(
    'image-in-base64url',
    'TOOLS-21',
    'The data of an image is base64 in the alphabet for addresses.',
    toolResults(
      'test_image_content',
      edit('/result/content/0/data', () => '-_-_')
    )
  ),
  must(
    'sound-without-type',
    'TOOLS-22',
    'A sound has no mimeType.',
    toolResults('test_audio_content', remove('/result/content/0/mimeType'))
  ),
  must(
    'sound-has-line-ends',
    'TOOLS-22',
    'The data of a sound has line ends in it.',
    toolResults(
      'test_audio_content',
      edit('/result/content/0/data', (data) => `${String(data).slice(0, 20)}\r\n${String(data).slice(20)}`)
    )
  ),
  must(
    'link-without-name',
    'TOOLS-24',
    'A resource link has no name.',
    toolResults('test_resource_link', remove('/result/content/0/name'))
  ),
  must(
    'link-without-uri',
    'TOOLS-24',
    'A resource link has href in place of uri.',
    toolResults('test_resource_link', rename('/result/content/0/uri', 'href'))
  ),
  should(
    'embeds-without-resources',
    'TOOLS-27',
    'A server that embeds resources does not declare resources.',
    results('initialize', remove('/result/capabilities/resources'))
  ),
  must(
    'embedded-without-contents',
    'TOOLS-28',
    'An embedded resource has neither text nor blob.',
    toolResults('test_embedded_resource', remove('/result/content/0/resource/text'))
  ),
  must(
    'embedded-with-both',
    'TOOLS-28',
    'An embedded resource has text and an empty blob.',
    toolResults('test_embedded_resource', put('/result/content/0/resource/blob', ''))
  ),
  must(
    'embedded-without-uri',
    'TOOLS-28',
    'An embedded resource has no uri.',
    toolResults('test_embedded_resource', remove('/result/content/0/resource/uri'))
  ),
  must(
    'embedded-is-flat',
    'TOOLS-28',
    'An embedded resource has its members beside type.',
    toolResults(
      'test_embedded_resource',
      edit('/result/content/0', (item) => ({ type: 'resource', ...(at('/resource', item) as Members) }))
    )
  ),
  must(
    'structured-is-a-list',
    'TOOLS-29',
    'structuredContent is an array.',
    toolResults('test_structured', put('/result/structuredContent', [1]))
  ),
  must(
    'structured-is-text',
    'TOOLS-29',
    'structuredContent is JSON in a string.',
    toolResults('test_structured', put('/result/structuredContent', '{"n":1}'))
  ),
  should(
    'structured-without-mirror',
    'TOOLS-30',
    'A result with structuredContent has no content items.',
    toolResults('test_structured', put('/result/content', []))
  ),
  should(
    'structured-with-another-mirror',
    'TOOLS-30',
    'The text of a structured result says that there are structured data.',
    toolResults('test_structured', put('/result/content', [{ type: 'text', text: 'See structuredContent' }]))
  ),
  must(
    'structured-is-missing',
    'TOOLS-31',
    'A tool with an outputSchema returns no structuredContent.',
    toolResults('test_structured', remove('/result/structuredContent'))
  ),
  must(
    'structured-breaks-its-schema',
    'TOOLS-31',
    'structuredContent has a string where its schema has a number.',
    toolResults('test_structured', put('/result/structuredContent/n', 'one'))
  ),
  must(
    'structured-lacks-what-is-required',
    'TOOLS-31',
    'structuredContent lacks a required member.',
    toolResults('test_structured', put('/result/structuredContent', {}))
  ),
  must(
    'unknown-tool-is-a-tool-error',
    'TOOLS-34',
    'A call of an unknown tool gives a result with isError.',
    instead(-32602, unknownTool, (asked) => failed(`Tool ${toolOf(asked)} not found`))
  ),
  must(
    'unknown-tool-succeeds',
    'TOOLS-34',
    'A call of an unknown tool succeeds and says so in its text.',
    instead(-32602, unknownTool, () => ({
      content: [{ type: 'text', text: 'No such tool' }]
    }))
  ),
  should(
    'unknown-tool-is-an-unknown-method',
    'TOOLS-49 TOOLS-34',
    'A call of an unknown tool gives -32601.',
    outgoing(
      (message, talk) => at('/error/code', message) === -32602 && unknownTool(talk.asked.get(idOf(message)) ?? {}),
      put('/error/code', -32601)
    )
  ),
  should(
    'tool-names-in-any-case',
    'TOOLS-34',
    'Names of tools are compared without regard to case.',
    takes(
      'tools/call',
      edit('/params/name', (name) => (typeof name === 'string' ? name.toLowerCase() : undefined))
    )
  ),
  should(
    'failure-is-a-protocol-error',
    'TOOLS-36',
    'A tool that throws is answered with -32603.',
    incoming(
      (message) => toolOf(message) === 'test_error_handling',
      (message) => ({ answers: [errorTo(message, -32603, 'Internal error')] })
    )
  ),
  should(
    'failure-looks-like-success',
    'TOOLS-36',
    'A tool that throws gives a result without isError.',
    toolResults('test_error_handling', remove('/result/isError'))
  ),
  should(
    'failure-says-nothing',
    'TOOLS-36',
    'A tool that throws gives an error without content.',
    toolResults('test_error_handling', put('/result/content', []))
  ),
  should(
    'success-is-an-error',
    'TOOLS-37',
    'Results of successful calls are marked as errors.',
    toolResults('test_simple_text', put('/result/isError', true))
  ),
  should(
    'failure-shows-its-stack',
    'TOOLS-38',
    'The error of a tool holds a stack trace.',
    toolResults(
      'test_error_handling',
      edit(
        '/result/content/0/text',
        (text) =>
          `${text}\n    at Tool.handler (file:///srv/app/src/tools.js:41:11)\n    at process.processTicksAndRejections`
      )
    )
  ),
  should(
    'failure-is-null',
    'TOOLS-36 TOOLS-09',
    'A tool that throws has the result null.',
    grants((message) => toolOf(message) === 'test_error_handling', null)
  ),
  must('results-are-repeated', 'RPC-23 TOOLS-09', 'Every call is answered twice.', () => ({
    sent: (message, talk) => (answersTo('tools/call')(message, talk) ? [message, structuredClone(message)] : [message])
  })),
  must(
    'errors-name-no-tool',
    'RPC-27',
    'Errors of calls have an empty object as error.',
    errors('tools/call', put('/error', {}))
  ),
  must(
    'prototypes-are-tools',
    'TOOLS-39 TOOLS-34',
    'Names that every object inherits are taken for tools.',
    grants(
      (message) => ['constructor', 'toString', '__proto__', 'hasOwnProperty'].includes(String(toolOf(message))),
      failed('TypeError: tool.handler is not a function')
    )
  )
]
