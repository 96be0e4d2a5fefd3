/** Faults of resources: lists, reading, templates and subscriptions. */
import { at, type Json } from '../../../src/conform/json.ts'
import { extended, type Fault, must, should } from '../fault.ts'
import { errors, errorsOf, grants, instead, type Makes, method, refuses, results, takes, withholds } from '../hooks.ts'
import { edit, type Members, type Message, put, remove, rename, toolOf } from '../message.ts'

export const list = (...edits: Parameters<typeof results>[1][]): Makes => results('resources/list', ...edits)
const templates = (...edits: Parameters<typeof results>[1][]): Makes => results('resources/templates/list', ...edits)
const read = (...edits: Parameters<typeof results>[1][]): Makes => results('resources/read', ...edits)
export const capability = '/result/capabilities/resources'
export const uriOf = (message: Message | undefined): Json | undefined => at('/params/uri', message)
export const touches = (message: Message): boolean => toolOf(message) === 'test_touch_watched'
export const resources: Fault[] = [
  must(
    'resources-are-undeclared',
    'RES-01',
    'A server with resources does not declare them.',
    results('initialize', remove(capability))
  ),
  must(
    'subscribe-is-a-word',
    'RES-03 LIFE-18',
    'subscribe of the capability resources is a string.',
    results('initialize', put(`${capability}/subscribe`, 'true'))
  ),
  must(
    'subscribe-is-an-object',
    'RES-03 LIFE-18',
    'subscribe of the capability resources is an object.',
    results('initialize', put(`${capability}/subscribe`, {}))
  ),
  must(
    'resources-are-called-items',
    'RES-05',
    'resources/list answers with items.',
    list(rename('/result/resources', 'items'))
  ),
  must(
    'resources-are-addresses',
    'RES-05',
    'resources/list answers with an array of URIs.',
    list(edit('/result/resources/*', (item) => at('/uri', item)))
  ),
  must('resource-without-name', 'RES-06', 'A resource has no name.', list(remove('/result/resources/0/name'))),
  must(
    'resource-without-uri',
    'RES-06',
    'A resource has url in place of uri.',
    list(rename('/result/resources/0/uri', 'url'))
  ),
  must(
    'resource-with-a-path',
    'RES-35 RES-06',
    'The uri of a resource is a path.',
    list(put('/result/resources/0/uri', 'static text.txt'))
  ),
  must(
    'mime-type-is-null',
    'RES-06 BASE-04',
    'A resource has the mimeType null.',
    list(put('/result/resources/0/mimeType', null))
  ),
  must(
    'size-is-a-word',
    'RES-06',
    'size of a resource is a string.',
    list(put('/result/resources/0/size', '48 bytes'))
  ),
  must(
    'size-is-of-the-base64',
    'RES-24',
    'size of a binary resource counts its base64.',
    list(put('/result/resources/1/size', 92), put('/result/resources/0/size', 9))
  ),
  should(
    'resource-uris-repeat',
    'RES-23 PAGE-04',
    'A resource is listed twice.',
    list(edit('/result/resources', (found) => [...(found as Json[]), structuredClone((found as Json[])[0] as Json)]))
  ),
  must(
    'contents-is-an-object',
    'RES-07',
    'resources/read answers with one object.',
    read(edit('/result/contents', (found) => at('/0', found) ?? {}))
  ),
  must(
    'contents-is-called-content',
    'RES-07',
    'resources/read answers with content.',
    read(rename('/result/contents', 'content'))
  ),
  must('contents-without-uri', 'RES-25 RES-27', 'Contents have no uri.', read(remove('/result/contents/*/uri'))),
  should(
    'contents-of-another-uri',
    'RES-08',
    'Contents have another uri than the one that was read.',
    read(put('/result/contents/*/uri', 'test://somewhere-else'))
  ),
  must(
    'contents-of-both-kinds',
    'RES-07',
    'Text contents have null as blob.',
    read(
      edit('/result/contents/*', (item) => ({
        ...(item as Members),
        ...(at('/text', item) === undefined ? { text: null } : { blob: null })
      }))
    )
  ),
  must(
    'contents-without-either',
    'RES-07 RES-25',
    'Text contents have their text as data.',
    read(rename('/result/contents/0/text', 'data'))
  ),
  must(
    'text-is-an-object',
    'RES-25',
    'JSON text comes as an object.',
    read(
      edit('/result/contents/0/text', (text) =>
        String(text).startsWith('{') ? JSON.parse(String(text)) : { text: text ?? null }
      )
    )
  ),
  must(
    'blob-is-plain-text',
    'RES-27 RES-41',
    'The blob is no base64.',
    read(edit('/result/contents/0/blob', (blob) => (blob === undefined ? undefined : 'PNG\u0000 not base64!')))
  ),
  must(
    'blob-is-a-data-uri',
    'RES-27 RES-41',
    'The blob is a data URI.',
    read(edit('/result/contents/0/blob', (blob) => (blob === undefined ? undefined : `data:image/png;base64,${blob}`)))
  ),
  must(
    'blob-lacks-its-padding',
    'RES-27 RES-41',
    'The blob is base64 without the padding at its end.',
    read(edit('/result/contents/0/blob', (blob) => (blob === undefined ? undefined : 'iVBORw0KGg')))
  ),
  should(
    'binary-comes-as-text',
    'RES-26',
    'A picture comes as text.',
    read(
      edit('/result/contents/0', (item) => {
        const { blob, ...rest } = item as Members
        return blob === undefined
          ? undefined
          : { ...rest, text: Buffer.from(String(blob), 'base64').toString('latin1') }
      })
    )
  ),
  must(
    'templates-are-called-templates',
    'RES-11',
    'resources/templates/list answers with templates.',
    templates(rename('/result/resourceTemplates', 'templates'))
  ),
  must(
    'template-has-a-uri',
    'RES-12',
    'A template has uri in place of uriTemplate.',
    templates(rename('/result/resourceTemplates/0/uriTemplate', 'uri'))
  ),
  must(
    'template-without-name',
    'RES-12',
    'A template has no name.',
    templates(remove('/result/resourceTemplates/0/name'))
  ),
  must(
    'template-is-malformed',
    'RES-12',
    'A uriTemplate has a brace that is not closed.',
    templates(put('/result/resourceTemplates/0/uriTemplate', 'test://template/{id/data'))
  ),
  should(
    'templates-cannot-be-read',
    'RES-10',
    'A uri that matches a template is not found.',
    refuses(
      (message) => message['method'] === 'resources/read' && String(uriOf(message)).startsWith('test://template/'),
      -32002,
      'Resource not found'
    )
  ),
  should(
    'templates-are-not-filled',
    'RES-10',
    'Reading by a template leaves its variable as it is.',
    read(
      edit('/result/contents/0/text', (text) =>
        String(text)
          .replace(/"id":"[^"]*"/, '"id":"{id}"')
          .replace(/ID: [^"]*/, 'ID: {id}')
      )
    )
  ),
  should(
    'listed-resource-is-not-found',
    'RES-09',
    'A listed resource cannot be read.',
    refuses(
      (message) => message['method'] === 'resources/read' && uriOf(message) === 'test://static-text',
      -32002,
      'Resource not found'
    )
  ),
  should(
    'missing-resource-is-invalid',
    'RES-36',
    'A resource that does not exist gives -32602.',
    errorsOf(-32002, put('/error/code', -32602))
  ),
  should(
    'missing-resource-is-an-unknown-method',
    'RES-36',
    'A resource that does not exist gives -32601.',
    errorsOf(-32002, put('/error/code', -32601))
  ),
  should(
    'missing-resource-is-empty',
    'RES-36',
    'A resource that does not exist has no contents.',
    instead(-32002, method('resources/read'), () => ({ contents: [] }))
  ),
  should(
    'missing-resource-is-a-text',
    'RES-36',
    'A resource that does not exist is read as an error text.',
    instead(-32002, method('resources/read'), (asked) => ({
      contents: [{ uri: uriOf(asked) ?? '', mimeType: 'text/plain', text: 'Error: not found' }]
    }))
  ),
  must(
    'read-without-uri-is-internal',
    'RPC-06 RES-39',
    'resources/read without a uri gives -32603.',
    errors(
      'resources/read',
      edit('/error/code', (code) => (code === -32602 ? -32603 : undefined))
    )
  ),
  must(
    'read-without-uri-reads',
    'RES-39 RPC-06',
    'resources/read without a uri reads the first resource.',
    takes(
      'resources/read',
      edit('/params/uri', (uri) => (typeof uri === 'string' ? undefined : 'test://static-text'))
    )
  ),
  should(
    'templates-are-resources',
    'RES-05 RES-06',
    'Templates are listed among the resources.',
    list(
      edit('/result/resources', (found) => [
        ...(found as Json[]),
        { uri: 'test://template/{id}/data', name: 'template' }
      ])
    )
  ),
  should(
    'unknown-schemes-are-invalid',
    'RES-44',
    'A uri of an unknown scheme gives -32603.',
    refuses(
      (message) => message['method'] === 'resources/read' && !/^(test|file|https?):/.test(String(uriOf(message))),
      -32603,
      'Unsupported scheme'
    )
  ),
  must(
    'hostile-uris-are-read',
    'RES-39',
    'A uri with dots in its path leads out of the folder.',
    grants((message) => message['method'] === 'resources/read' && String(uriOf(message)).includes('..'), {
      contents: [{ uri: 'file:///etc/passwd', mimeType: 'text/plain', text: 'root:x:0:0:root:/root:/bin/sh' }]
    })
  ),
  ...extended(
    must(
      'resource-change-is-undeclared',
      'RES-14 LIFE-22',
      'A change of the list is announced though listChanged was not declared.',
      (front) => ({
        ...results('initialize', remove(`${capability}/listChanged`))(front),
        received(message, talk) {
          if (touches(message)) talk.tell({ jsonrpc: '2.0', method: 'notifications/resources/list_changed' })
          return message
        }
      })
    ),
    should(
      'resource-change-is-not-told',
      'RES-13',
      'A list of resources that changes is not announced.',
      withholds((message) => message['method'] === 'notifications/resources/list_changed')
    )
  )
]
