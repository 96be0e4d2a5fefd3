/** Faults of what every structure may carry: _meta, annotations, titles and members that are not there. */
import type { Json } from '../../../src/conform/json.ts'
import { type Fault, must, should } from '../fault.ts'
import { both, type Makes, membersAt, refuses, results, sends, takes } from '../hooks.ts'
import { edit, put, rename } from '../message.ts'

const metaIs = (meta: Json): Makes =>
  both(
    ...['tools/list', 'resources/list', 'prompts/list', 'tools/call', 'initialize'].map((name) =>
      results(name, put('/result/_meta', meta))
    )
  )

const annotated = (annotations: Json): Makes =>
  both(
    results('resources/list', put('/result/resources/*/annotations', annotations)),
    results('resources/templates/list', put('/result/resourceTemplates/*/annotations', annotations)),
    results('tools/call', put('/result/content/*/annotations', annotations)),
    results('prompts/get', put('/result/messages/*/content/annotations', annotations))
  )

export const meta: Fault[] = [
  must(
    'meta-prefix-begins-with-a-digit',
    'META-04',
    'A _meta key has a label that begins with a digit.',
    metaIs({ '1example.org/trace': 1 })
  ),
  must(
    'meta-prefix-has-two-slashes',
    'META-03',
    'A _meta key has a prefix with two slashes.',
    metaIs({ 'example.org/own/trace': 1 })
  ),
  must(
    'meta-name-begins-with-a-dash',
    'META-06',
    'A _meta key has a name that begins with a dash.',
    metaIs({ 'example.org/-trace': 1 })
  ),
  must('meta-is-a-list', 'META-09', '_meta of a result is an array.', metaIs(['trace'])),
  must('meta-is-null', 'META-09 BASE-04', '_meta of a result is null.', metaIs(null)),
  must(
    'unknown-meta-is-refused',
    'META-08',
    'A request with an unknown key in _meta is refused.',
    refuses(
      (message) => Object.keys(membersAt('/params/_meta', message)).some((name) => name !== 'progressToken'),
      -32602,
      'Unrecognized key'
    )
  ),
  must(
    'missing-members-are-null',
    'BASE-04 PAGE-03 TOOLS-09',
    'Optional members without a value are null.',
    both(
      results(
        'tools/list',
        edit('/result/nextCursor', (found) => found ?? null),
        edit('/result/tools/*/annotations', (found) => found ?? null)
      ),
      results(
        'tools/call',
        edit('/result/isError', (found) => found ?? null)
      )
    )
  ),
  must(
    'prompt-arguments-are-null',
    'BASE-04 PROMPT-05',
    'A prompt without arguments has null in their place.',
    results(
      'prompts/list',
      edit('/result/prompts/*/arguments', (found) => found ?? null)
    )
  ),
  must(
    'meta-label-ends-with-a-dash',
    'META-04',
    'A _meta key has a label that ends with a dash.',
    metaIs({ 'example-.org/trace': 1 })
  ),
  must(
    'meta-prefix-has-an-empty-label',
    'META-03 META-04',
    'A _meta key has a prefix with two dots in a row.',
    metaIs({ 'example..org/trace': 1 })
  ),
  must(
    'meta-name-ends-with-an-underscore',
    'META-06',
    'A _meta key has a name that ends with an underscore.',
    metaIs({ 'example.org/trace_': 1 })
  ),
  must(
    'meta-of-tools-is-text',
    'META-13 META-09',
    'Listed tools carry a string as _meta.',
    results('tools/list', put('/result/tools/*/_meta', 'x'))
  ),
  must(
    'meta-of-resources-is-null',
    'META-13 META-09',
    'Listed resources carry null as _meta.',
    results('resources/list', put('/result/resources/*/_meta', null))
  ),
  must(
    'meta-of-notifications-is-a-list',
    'META-09',
    'Log messages carry an array as _meta.',
    sends('notifications/message', put('/params/_meta', []))
  ),
  must(
    'annotations-are-a-list',
    'META-12',
    'annotations of resources, templates and content are arrays.',
    annotated(['user'])
  ),
  must('audience-is-a-word', 'META-12 RES-28', 'audience in annotations is a string.', annotated({ audience: 'user' })),
  must(
    'audience-is-a-stranger',
    'META-12 RES-28',
    'audience in annotations names a role that does not exist.',
    annotated({ audience: ['system'] })
  ),
  must('priority-is-ten', 'META-12 RES-29', 'priority in annotations is 10.', annotated({ priority: 10 })),
  must('priority-is-a-word', 'META-12 RES-29', 'priority in annotations is "high".', annotated({ priority: 'high' })),
  must(
    'last-modified-is-a-number',
    'META-12',
    'lastModified in annotations counts milliseconds.',
    annotated({ lastModified: 1_750_000_000_000 })
  ),
  should(
    'last-modified-is-no-time-stamp',
    'RES-30',
    'lastModified in annotations is no ISO 8601 time stamp.',
    annotated({ lastModified: 'yesterday' })
  ),
  must(
    'tool-annotations-are-null',
    'TOOLS-52 BASE-04',
    'annotations of tools are null.',
    results('tools/list', put('/result/tools/*/annotations', null))
  ),
  must(
    'tool-hints-are-words',
    'TOOLS-52',
    'The hints of tools are strings.',
    results('tools/list', put('/result/tools/*/annotations', { readOnlyHint: 'true' }))
  ),
  must(
    'titles-are-objects',
    'META-10',
    'The titles of tools are objects by language.',
    results(
      'tools/list',
      edit('/result/tools/*/title', (title) => ({ en: title ?? null }))
    )
  ),
  must(
    'tools-go-by-their-title',
    'META-10',
    'A tool can be called by its title.',
    takes(
      'tools/call',
      edit('/params/name', (name) => (name === 'Simple text' ? 'test_simple_text' : undefined))
    )
  ),
  must(
    'names-are-called-ids',
    'META-10 PROMPT-05',
    'Prompts have an id and no name.',
    results('prompts/list', rename('/result/prompts/0/name', 'id'))
  )
]
